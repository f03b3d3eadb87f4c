"""Pages of members: from the link to the payout."""

from __future__ import annotations

from socialshop.pages.shopper import (
    account,
    earnings,
    invites,
    mailed,
    me,
    membership,
    notices,
    orders,
    paying,
    phones,
    points,
    privacy,
    rooms,
    shop,
    signing,
    wallet,
)
from socialshop.pages.shopper.section import shopper

__all__ = [
    "account",
    "earnings",
    "invites",
    "mailed",
    "me",
    "membership",
    "notices",
    "orders",
    "paying",
    "phones",
    "points",
    "privacy",
    "rooms",
    "shop",
    "shopper",
    "signing",
    "wallet",
]
