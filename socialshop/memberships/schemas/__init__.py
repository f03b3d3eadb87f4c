"""Wire shapes of tiers and plans."""
