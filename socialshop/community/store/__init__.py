"""All SQL of community."""
