"""Pages of members: from the link to the payout."""

from __future__ import annotations

from socialshop.pages.shopper import (
    account,
    calendar,
    earnings,
    invites,
    mailed,
    me,
    membership,
    missions,
    notices,
    orders,
    passkeys,
    paying,
    phones,
    points,
    posts,
    privacy,
    rooms,
    shop,
    signing,
    wallet,
)
from socialshop.pages.shopper.section import shopper

__all__ = [
    "account",
    "calendar",
    "earnings",
    "invites",
    "mailed",
    "me",
    "membership",
    "missions",
    "notices",
    "orders",
    "passkeys",
    "paying",
    "phones",
    "points",
    "posts",
    "privacy",
    "rooms",
    "shop",
    "shopper",
    "signing",
    "wallet",
]
