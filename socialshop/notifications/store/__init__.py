"""All SQL of notifications."""
