"""What paid memberships post: money that waits becomes revenue as its days pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter

from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting
from socialshop.memberships.store.terms import Closed, Earned

TERM_PREFIX = "plt"
_TERMS_PER_ENTRY = 1_000


def of_days(earned: Sequence[Earned]) -> Iterator[Entry]:
    """What terms earned by the days that passed: an entry a thousand terms of a currency.

    It is named by its first term and that term's first day, which passes once.
    """
    worth = sorted((each for each in earned if each.earned_minor), key=attrgetter("currency", "term_id"))
    for currency, group in groupby(worth, key=attrgetter("currency")):
        while chunk := list(islice(group, _TERMS_PER_ENTRY)):
            first = chunk[0]
            taken = [Posting(chart.PLAN_REVENUE_DEFERRED, -each.earned_minor, currency, each.term_id) for each in chunk]
            given = Posting(chart.PLAN_REVENUE, sum(each.earned_minor for each in chunk), currency, first.term_id)
            name = f"plan_revenue:{to_public(TERM_PREFIX, first.term_id)}:{first.from_day.isoformat()}"
            yield Entry(name, "plan_revenue", [*taken, given])


def of_cuts(closed: Sequence[Closed]) -> Iterator[Entry]:
    """What terms that were cut short earn more, or less, than they had earned by then."""
    for each in closed:
        if each.more_minor:
            postings = (
                Posting(chart.PLAN_REVENUE_DEFERRED, -each.more_minor, each.currency, each.term_id),
                Posting(chart.PLAN_REVENUE, each.more_minor, each.currency, each.term_id),
            )
            yield Entry(f"plan_cut:{to_public(TERM_PREFIX, each.term_id)}", "plan_cut", postings)
