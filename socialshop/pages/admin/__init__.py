"""Pages of an admin: payouts with their evidence, plans, orders, the proof of the books."""

from __future__ import annotations

from socialshop.pages.admin import (
    batches,
    books,
    campaigns,
    health,
    keys,
    mails,
    members,
    missions,
    orders,
    overview,
    payouts,
    plans,
    points,
    posts,
    products,
    record,
    refunds,
    tiers,
    words,
)
from socialshop.pages.admin.section import admin

__all__ = [
    "admin",
    "batches",
    "books",
    "campaigns",
    "health",
    "keys",
    "mails",
    "members",
    "missions",
    "orders",
    "overview",
    "payouts",
    "plans",
    "points",
    "posts",
    "products",
    "record",
    "refunds",
    "tiers",
    "words",
]
