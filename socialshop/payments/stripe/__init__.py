"""Stripe as a payment provider: its amounts and states as the shop's (amounts, shapes), what it is asked (gateway)."""
