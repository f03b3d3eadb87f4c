"""All SQL of payouts, a module a subject: destinations, requests, batches."""
