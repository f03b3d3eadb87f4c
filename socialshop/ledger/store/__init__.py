"""All SQL of the books, a module a subject: posting, balances, sealing, proof, exports."""
