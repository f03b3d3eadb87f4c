"""What journal entries are of, in words beside their references."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext

from socialshop.ledger import chart
from socialshop.pages.admin.section import admin

KINDS = {
    "accrual": lazy_gettext("Commissions of a sale"),
    "capture": lazy_gettext("A payment arrived"),
    "clawback": lazy_gettext("Commissions taken back"),
    "coupon_returned": lazy_gettext("A coupon came back with a refund"),
    "disallowance": lazy_gettext("Counts struck out"),
    "dispute": lazy_gettext("A bank took a payment back"),
    "dispute_lost": lazy_gettext("A dispute was lost"),
    "dispute_won": lazy_gettext("A dispute was won"),
    "fill": lazy_gettext("An order was sold"),
    "forfeit": lazy_gettext("What an erased member left"),
    "merge": lazy_gettext("Two accounts became one"),
    "payout_cancelled": lazy_gettext("A payout was called off"),
    "payout_failed": lazy_gettext("A payout failed"),
    "payout_paid": lazy_gettext("A payout went to the bank"),
    "payout_rejected": lazy_gettext("A payout was refused"),
    "payout_reserved": lazy_gettext("A payout was asked for"),
    "payout_returned": lazy_gettext("A payout came back"),
    "plan_cut": lazy_gettext("A paid membership was cut short"),
    "plan_revenue": lazy_gettext("Days of paid memberships earned"),
    "points_price_returned": lazy_gettext("Points of a price came back"),
    "refund": lazy_gettext("A refund went out"),
    "refund_shipping": lazy_gettext("Shipping given back"),
    "reversal": lazy_gettext("An entry reversed"),
    "sale": lazy_gettext("A sale paid elsewhere"),
    "settlement": lazy_gettext("Commissions settled"),
    "subsidy": lazy_gettext("The shop filled a room"),
    "tally": lazy_gettext("Clicks and views paid"),
}
_FAMILY = re.compile(chart.FAMILY_PATTERN)


@admin.app_template_global()
def entry_words(kind: str) -> str:
    """What an entry of this kind is of; points in one sentence, and a kind that has no words here by its own name."""
    return str(KINDS.get(kind) or (lazy_gettext("Points moved") if kind.startswith("points_") else kind))


@admin.app_template_global()
def family_of(account: str) -> str:
    """The family that an account is summed in."""
    return _FAMILY.sub(chart.FAMILY_NAME, account)
