"""Reports over the whole ledger: a trial balance, an account's statement, what is owed by age, months of income.

Sums in one statement each, by account first and by family of accounts after, so that a name is looked at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.ledger import chart


class TrialRow(NamedTuple):
    """Account or family, in the ledger's sign: before the span, into and out of it, and at its end."""

    account: str
    currency: str
    opening_minor: int
    into_minor: int
    out_minor: int
    closing_minor: int


class StatementRow(NamedTuple):
    """A posting of one account, with its entry and how the account stood after it."""

    entry_id: int
    line: int
    posted_at: datetime
    reference: str
    kind: str
    amount_minor: int
    balance_minor: int


class AgedRow(NamedTuple):
    """Account or family: what is open of it, by how many days ago it came (0-30, 31-60, 61-90, more)."""

    account: str
    currency: str
    to_30_minor: int
    to_60_minor: int
    to_90_minor: int
    older_minor: int


class MonthRow(NamedTuple):
    """What came into an account of income or expense in a month, in the ledger's sign."""

    month: date
    account: str
    currency: str
    amount_minor: int


def trial(session: Session, since: datetime, until: datetime) -> list[TrialRow]:
    """Every account and family at the end of a span, `until` being the first instant that is not of it."""
    found = session.execute(
        text(
            """
            WITH sums AS MATERIALIZED (
                SELECT p.account_id, p.currency,
                       coalesce(sum(p.amount_minor) FILTER (WHERE e.posted_at < :since), 0) AS opening,
                       coalesce(sum(p.amount_minor) FILTER (WHERE e.posted_at >= :since AND p.amount_minor > 0), 0)
                           AS came,
                       coalesce(sum(p.amount_minor) FILTER (WHERE e.posted_at >= :since AND p.amount_minor < 0), 0)
                           AS went
                FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
                WHERE e.posted_at < :until GROUP BY 1, 2
            )
            SELECT regexp_replace(a.name, :pattern, :name) AS family, s.currency,
                   CAST(sum(s.opening) AS bigint), CAST(sum(s.came) AS bigint), CAST(-sum(s.went) AS bigint),
                   CAST(sum(s.opening + s.came + s.went) AS bigint)
            FROM sums s JOIN ledger_accounts a ON a.id = s.account_id
            GROUP BY 1, 2 ORDER BY s.currency, family
            """
        ),
        {"since": since, "until": until, "pattern": chart.FAMILY_PATTERN, "name": chart.FAMILY_NAME},
    )
    return [TrialRow(*row) for row in found]


def opening(session: Session, account: str, currency: str, before: datetime) -> int:
    """How an account stood before an instant."""
    found = session.execute(
        text(
            """
            SELECT CAST(coalesce(sum(p.amount_minor), 0) AS bigint)
            FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id
            WHERE p.account_id = (SELECT id FROM ledger_accounts WHERE name = :account)
                AND p.currency = :currency AND e.posted_at < :before
            """
        ),
        {"account": account, "currency": currency, "before": before},
    )
    return int(found.scalar_one())


def statement(
    session: Session,
    account: str,
    currency: str,
    span: tuple[datetime, datetime],
    *,
    after: tuple[int, int, int],
    limit: int,
) -> list[StatementRow]:
    """Up to `limit` postings of an account within a span, in the order of their entries.

    `after`: entry, line and balance that the page before ended with; at first nothing and the opening balance.
    """
    found = session.execute(
        text(
            """
            WITH span AS MATERIALIZED (
                SELECT min(id) AS first, max(id) AS last FROM ledger_entries
                WHERE posted_at >= :since AND posted_at < :until
            ), rows AS (
                SELECT p.entry_id, p.line, e.posted_at, e.reference, e.kind, p.amount_minor
                FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id
                WHERE p.account_id = (SELECT id FROM ledger_accounts WHERE name = :account)
                    AND p.entry_id BETWEEN greatest((SELECT first FROM span), :entry) AND (SELECT last FROM span)
                    AND (p.entry_id, p.line) > (:entry, :line)
                    AND p.currency = :currency AND e.posted_at >= :since AND e.posted_at < :until
                ORDER BY p.entry_id, p.line LIMIT :limit
            )
            SELECT entry_id, line, posted_at, reference, kind, amount_minor,
                   CAST(:balance + sum(amount_minor) OVER (ORDER BY entry_id, line) AS bigint)
            FROM rows ORDER BY entry_id, line
            """
        ),
        {
            "account": account,
            "currency": currency,
            "since": span[0],
            "until": span[1],
            "entry": after[0],
            "line": after[1],
            "balance": after[2],
            "limit": limit,
        },
    )
    return [StatementRow(*row) for row in found]


# What is still open of an account is what came last: whatever went from it paid what came first.
_AGED = """
    WITH wanted AS MATERIALIZED (
        SELECT id, name, CASE WHEN sign = -1 THEN -1 ELSE 1 END AS way FROM ledger_accounts
        WHERE name ~ ANY(CAST(:patterns AS text[]))
    ), moved AS MATERIALIZED (
        SELECT p.account_id, p.currency, e.posted_at, p.entry_id, p.line, w.way * p.amount_minor AS amount
        FROM wanted w
        JOIN ledger_postings p ON p.account_id = w.id AND p.currency <> 'PTS'
        JOIN ledger_entries e ON e.id = p.entry_id AND e.posted_at < :until
    ), standing AS (
        SELECT account_id, currency, sum(amount) AS owed FROM moved GROUP BY 1, 2 HAVING sum(amount) > 0
    ), laid AS (
        SELECT m.account_id, m.currency, m.posted_at, m.amount,
               s.owed - sum(m.amount) OVER (
                   PARTITION BY m.account_id, m.currency ORDER BY m.posted_at DESC, m.entry_id DESC, m.line DESC
               ) + m.amount AS left_over
        FROM moved m JOIN standing s USING (account_id, currency) WHERE m.amount > 0
    ), open AS (
        SELECT account_id, currency, least(amount, left_over) AS amount,
               width_bucket(:until - posted_at, ARRAY[interval '31 days', interval '61 days', interval '91 days'])
                   AS bucket
        FROM laid WHERE left_over > 0
    )
    SELECT {account} AS account, o.currency,
           CAST(coalesce(sum(o.amount) FILTER (WHERE bucket = 0), 0) AS bigint),
           CAST(coalesce(sum(o.amount) FILTER (WHERE bucket = 1), 0) AS bigint),
           CAST(coalesce(sum(o.amount) FILTER (WHERE bucket = 2), 0) AS bigint),
           CAST(coalesce(sum(o.amount) FILTER (WHERE bucket = 3), 0) AS bigint)
    FROM open o JOIN wanted w ON w.id = o.account_id
"""
_FAMILIES = _AGED.format(account="regexp_replace(w.name, :pattern, :name)") + " GROUP BY 1, 2 ORDER BY 1, 2"
# The sums of all, without a name, before the largest one by one.
_ACCOUNTS = (
    _AGED.format(account="w.name")
    + """ GROUP BY GROUPING SETS ((w.name, o.currency), (o.currency))
    ORDER BY grouping(w.name) DESC, sum(o.amount) DESC, w.name, o.currency LIMIT :limit"""
)
# Sorted in memory, not on the disk; given back with the transaction.
_MEMORY = "SELECT set_config('work_mem', '64MB', true)"


def aged_families(session: Session, patterns: Sequence[str], until: datetime) -> list[AgedRow]:
    """What is open of the accounts whose names match, by family and age at an instant."""
    session.execute(text(_MEMORY))
    values = {"pattern": chart.FAMILY_PATTERN, "name": chart.FAMILY_NAME}
    found = session.execute(text(_FAMILIES), {**values, "patterns": list(patterns), "until": until})
    return [AgedRow(*row) for row in found]


def aged_accounts(
    session: Session, patterns: Sequence[str], until: datetime, limit: int
) -> tuple[list[AgedRow], list[AgedRow]]:
    """The sums by currency, without the name of an account, and the largest accounts one by one."""
    found = session.execute(text(_ACCOUNTS), {"patterns": list(patterns), "until": until, "limit": limit})
    rows = [AgedRow(*row) for row in found]
    return [row for row in rows if row.account is None], [row for row in rows if row.account is not None]


def months(session: Session, accounts: Sequence[str], span: tuple[datetime, datetime], zone: str) -> list[MonthRow]:
    """What came into these accounts, by month of the zone's clock."""
    found = session.execute(
        text(
            """
            SELECT CAST(date_trunc('month', e.posted_at AT TIME ZONE :zone) AS date) AS month, a.name, p.currency,
                   CAST(sum(p.amount_minor) AS bigint)
            FROM ledger_accounts a
            JOIN ledger_postings p ON p.account_id = a.id AND p.currency <> 'PTS'
            JOIN ledger_entries e ON e.id = p.entry_id AND e.posted_at >= :since AND e.posted_at < :until
            WHERE a.name = ANY(CAST(:accounts AS text[]))
            GROUP BY 1, 2, 3 ORDER BY 1 DESC, 3, 2
            """
        ),
        {"accounts": list(accounts), "since": span[0], "until": span[1], "zone": zone},
    )
    return [MonthRow(*row) for row in found]
