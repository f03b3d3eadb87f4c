"""Memberships: tiers climbed by growth, and the benefits that they give."""
