"""socialshop: the open backend for social group buying."""
