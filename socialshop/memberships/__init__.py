"""Memberships: tiers climbed by growth, plans that are bought, and the benefits that they give."""
