"""All SQL of the commissions room, by the use case that it serves."""
