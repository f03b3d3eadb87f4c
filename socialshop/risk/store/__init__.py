"""All SQL of risk, a module a subject: what rules look at, and their versions."""
