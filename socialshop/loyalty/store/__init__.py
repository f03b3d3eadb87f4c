"""All SQL of loyalty."""
