"""Wire shapes of community."""
