"""All SQL of rooms."""
