"""Tiers, plans, and what plans are given and shared by, over HTTP."""
