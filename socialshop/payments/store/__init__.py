"""All SQL of payments: the payments themselves, the calls made about them, the notices received."""
