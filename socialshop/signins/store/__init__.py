"""All SQL of signing in otherwise than by password."""
