"""All SQL of invites."""
