"""Memberships: tiers climbed by growth, paid plans, and the benefits that a member has by both."""
