"""All SQL of orders."""
