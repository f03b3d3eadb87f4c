"""Wire shapes of payouts. The account in full is in none of them: the last four characters, at most."""
