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


class MergeRefused(DomainError):
    """The two accounts cannot become one now; `reasons` names why."""

    code = "merge_refused"
    kind = Kind.CONFLICT


class MergeNeedsAnother(DomainError):
    """Who asked for a merge does not decide about it."""

    code = "merge_needs_another"
    kind = Kind.FORBIDDEN


class MergeDecided(DomainError):
    """The merge was decided before."""

    code = "merge_decided"
    kind = Kind.CONFLICT
