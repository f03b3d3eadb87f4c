"""The accounts of the trial balance, in words beside their names."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext

from socialshop.kernel.currencies import POINTS
from socialshop.ledger import chart
from socialshop.pages.admin.payouts import CHANNELS
from socialshop.pages.admin.section import admin

ACCOUNTS = {
    chart.SALES: lazy_gettext("What was sold"),
    chart.SHIPPING: lazy_gettext("Shipping that buyers paid"),
    chart.SUBSIDY: lazy_gettext("What the shop added to prices"),
    chart.COMMISSION_EXPENSE: lazy_gettext("Commission that the shop owes or paid"),
    chart.POINTS_LIABILITY: lazy_gettext("Points still to be honoured"),
    chart.POINTS_EXPENSE: lazy_gettext("What points cost the shop"),
    chart.COUPON_EXPENSE: lazy_gettext("What coupons cost the shop"),
    chart.PLAN_REVENUE: lazy_gettext("Paid memberships earned"),
    chart.PLAN_REVENUE_DEFERRED: lazy_gettext("Paid memberships still to be given"),
    chart.TAX_WITHHELD: lazy_gettext("Tax withheld"),
    chart.PROVIDER_FEES: lazy_gettext("Fees of payment providers"),
    chart.BAD_DEBT: lazy_gettext("What will not come back"),
    chart.DISPUTED: lazy_gettext("Taken back by banks, not yet decided"),
    "refunds:due": lazy_gettext("What is due of refunds"),
    "member:*:pending": lazy_gettext("Members: commission not yet settled"),
    "member:*:wallet": lazy_gettext("Members: in wallets"),
    "member:*:reserved": lazy_gettext("Members: being paid out"),
    "member:*:receivable": lazy_gettext("Members: owed to the shop"),
    "room:*:escrow": lazy_gettext("Rooms: held until they fill"),
}
# The same accounts where what stands there is points.
_OF_POINTS = {
    "member:*:pending": lazy_gettext("Members: points on their way"),
    "member:*:wallet": lazy_gettext("Members: points to be used"),
    "member:*:reserved": lazy_gettext("Members: points set aside for orders"),
    "member:*:receivable": lazy_gettext("Members: points owed to the shop"),
}


@admin.app_template_global()
def account_words(name: str, currency: str = "") -> str:
    """What stands on an account or a family of them; empty for one that has no words here."""
    if currency == POINTS and name in _OF_POINTS:
        return str(_OF_POINTS[name])
    if name in ACCOUNTS:
        return str(ACCOUNTS[name])
    whose, _, rest = name.partition(":")
    place = rest.removesuffix(":clearing")
    if whose == "provider":
        return str(gettext("Taken by the payment provider %(name)s, on its way", name=place))
    if whose == "payout":
        return str(gettext("Payouts by %(channel)s, on their way", channel=CHANNELS.get(place, place)))
    return ""
