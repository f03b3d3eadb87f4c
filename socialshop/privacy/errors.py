"""What privacy refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class MoneyLeft(DomainError):
    """The member would leave money in the wallet; said so, it is given up."""

    code = "money_left"
    kind = Kind.CONFLICT


class PayoutUnderway(DomainError):
    """Money of the member is on its way out: it is waited for."""

    code = "payout_underway"
    kind = Kind.CONFLICT
