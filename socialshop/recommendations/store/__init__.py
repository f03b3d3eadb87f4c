"""All SQL of recommendations."""
