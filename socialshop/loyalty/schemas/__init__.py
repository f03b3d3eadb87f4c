"""Wire shapes of loyalty."""
