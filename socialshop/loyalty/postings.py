"""Every movement of points as a journal entry, in one place. Pure.

What members hold stands against `shop:points_liability`, which is below zero by just that much.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from socialshop.kernel.currencies import POINTS
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting

Account = Callable[[int], str]
PENDING: Account = chart.member_pending
AVAILABLE: Account = chart.member_wallet
RESERVED: Account = chart.member_reserved
OWED: Account = chart.member_receivable


def given(account: Account, member: int, points: int, subject: uuid.UUID) -> tuple[Posting, Posting]:
    """The shop gives points to a member; takes them, if `points` is below zero."""
    return (
        Posting(chart.POINTS_LIABILITY, -points, POINTS, subject),
        Posting(account(member), points, POINTS, subject),
    )


def moved(source: Account, target: Account, member: int, points: int, subject: uuid.UUID) -> tuple[Posting, Posting]:
    """From one of a member's accounts to another."""
    return Posting(source(member), -points, POINTS, subject), Posting(target(member), points, POINTS, subject)


def entry(reference: str, kind: str, postings: Sequence[Posting]) -> Entry:
    """An entry of points; `kind` without its prefix."""
    return Entry(f"points:{reference}", f"points_{kind}", postings)
