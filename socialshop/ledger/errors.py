"""What the books refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, InvalidValue, Kind, NotFound


class InvalidEntry(InvalidValue):
    """An entry that is no double entry: too few postings, an amount of zero, a name with control characters."""

    code = "invalid_entry"


class UnbalancedEntry(InvalidValue):
    """An entry whose postings do not sum to zero in each currency."""

    code = "unbalanced_entry"


class UnknownAccount(InvalidValue):
    """A name that the chart of accounts does not spell."""

    code = "unknown_account"


class UnknownEntry(NotFound):
    """No entry was posted under this reference."""

    code = "unknown_entry"


class EntryConflict(DomainError):
    """The reference was used already, for something else."""

    code = "entry_conflict"
    kind = Kind.CONFLICT


class AlreadyReversed(DomainError):
    """The entry was reversed before, under another reference."""

    code = "already_reversed"
    kind = Kind.CONFLICT


class InsufficientBalance(DomainError):
    """An account would pass zero that may not; nothing was posted."""

    code = "insufficient_balance"
    kind = Kind.CONFLICT


class ProofRunning(DomainError):
    """Somebody else's proof over HTTP has not ended: two at once would leave no worker for the members."""

    code = "proof_running"
    kind = Kind.LIMITED


class DayNotOver(DomainError):
    """A day of the books is closed once it is over by the shop's clock."""

    code = "day_not_over"
    kind = Kind.CONFLICT


class DaysOpen(DomainError):
    """A month is closed once each of its days is."""

    code = "days_open"
    kind = Kind.CONFLICT


class MonthOutOfTurn(DomainError):
    """Months are closed one after another."""

    code = "month_out_of_turn"
    kind = Kind.CONFLICT


class DifferencesOpen(DomainError):
    """A provider's records disagree with the books, and nobody has said why."""

    code = "differences_open"
    kind = Kind.CONFLICT


class ProofWanted(DomainError):
    """A month is closed over books that were proved since its last day was closed, and agree."""

    code = "proof_wanted"
    kind = Kind.CONFLICT
