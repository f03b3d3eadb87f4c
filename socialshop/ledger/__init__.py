"""The books: journal entries, postings, balances, sealing and proof. The door is `service`."""
