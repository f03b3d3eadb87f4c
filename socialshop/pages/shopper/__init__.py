"""Pages of members: from the link to the payout."""

from __future__ import annotations

from socialshop.pages.shopper import earnings, invites, me, orders, shop, signing
from socialshop.pages.shopper.section import shopper

__all__ = ["earnings", "invites", "me", "orders", "shop", "shopper", "signing"]
