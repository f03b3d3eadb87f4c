"""Catalogue, stock and deals: what can be bought together, and for how much."""
