"""Wire shapes of products and deals."""
