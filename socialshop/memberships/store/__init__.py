"""All SQL of memberships."""
