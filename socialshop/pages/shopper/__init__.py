"""Pages of members: from the link to the payout."""

from __future__ import annotations

from socialshop.pages.shopper import (
    account,
    boards,
    calendar,
    earnings,
    invites,
    mailed,
    me,
    membership,
    missions,
    notices,
    orders,
    paying,
    phones,
    points,
    posts,
    privacy,
    rooms,
    shop,
    signing,
    surveys,
    wallet,
)
from socialshop.pages.shopper.section import shopper

__all__ = [
    "account",
    "boards",
    "calendar",
    "earnings",
    "invites",
    "mailed",
    "me",
    "membership",
    "missions",
    "notices",
    "orders",
    "paying",
    "phones",
    "points",
    "posts",
    "privacy",
    "rooms",
    "shop",
    "shopper",
    "signing",
    "surveys",
    "wallet",
]
