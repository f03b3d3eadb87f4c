"""Reading balances. Every read is one statement, hence one snapshot: the sealer cannot move between its parts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.ledger import chart

# What folded accounts were given since the last seal. Entries wait in the queue until they are sealed.
_UNSEALED = """
    SELECT p.account_id, p.currency, p.amount_minor
    FROM ledger_seal_queue q
    JOIN ledger_postings p ON p.entry_id = q.entry_id
    JOIN ledger_accounts f ON f.id = p.account_id AND f.folded
"""


def rows_of(session: Session, names: Sequence[str], currency: str) -> dict[str, int]:
    """The balances of accounts that are not folded; those that never moved are left out."""
    found = session.execute(
        text(
            """
            SELECT a.name, b.amount_minor FROM ledger_accounts a JOIN ledger_balances b ON b.account_id = a.id
            WHERE a.name = ANY(CAST(:names AS text[])) AND b.currency = :currency
            """
        ),
        {"names": list(names), "currency": currency},
    )
    return dict(found.all())


def current(session: Session, name: str, currency: str) -> int:
    """The balance of any account: its row, and for a folded one what is not sealed yet."""
    found = session.execute(
        text(
            f"""
            SELECT CAST(coalesce(sum(amount_minor), 0) AS bigint) FROM (
                SELECT account_id, currency, amount_minor FROM ledger_balances UNION ALL {_UNSEALED}
            ) parts
            WHERE account_id = (SELECT id FROM ledger_accounts WHERE name = :name) AND currency = :currency
            """  # noqa: S608 - a constant of this module
        ),
        {"name": name, "currency": currency},
    )
    return int(found.scalar_one())


def by_family(session: Session) -> list[tuple[str, str, int]]:
    """Account or family of accounts, currency, sum of balances; those of zero too."""
    found = session.execute(
        text(
            f"""
            SELECT regexp_replace(a.name, :pattern, :name) AS family, parts.currency,
                   CAST(sum(parts.amount_minor) AS bigint)
            FROM (SELECT account_id, currency, amount_minor FROM ledger_balances UNION ALL {_UNSEALED}) parts
            JOIN ledger_accounts a ON a.id = parts.account_id
            GROUP BY 1, 2 ORDER BY 1, 2
            """  # noqa: S608 - a constant of this module
        ),
        {"pattern": chart.FAMILY_PATTERN, "name": chart.FAMILY_NAME},
    )
    return [(family, currency, amount) for family, currency, amount in found]


def standing(session: Session, account_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """The balances of accounts that are not folded, by account id and currency."""
    found = session.execute(
        text(
            "SELECT account_id, currency, amount_minor FROM ledger_balances"
            " WHERE account_id = ANY(CAST(:ids AS bigint[]))"
        ),
        {"ids": list(account_ids)},
    )
    return {(account_id, currency): amount for account_id, currency, amount in found}


def debts(session: Session, numbers: Collection[int]) -> dict[tuple[int, str], int]:
    """What is owed by whom, above zero. Only receivables have sign -1, and few members ever have one.

    Materialized: no plan may read a number out of the name of an account that is no member's.
    """
    found = session.execute(
        text(
            """
            WITH owed AS MATERIALIZED (
                SELECT CAST(split_part(a.name, ':', 2) AS bigint) AS number, b.currency, -b.amount_minor AS amount_minor
                FROM ledger_balances b JOIN ledger_accounts a ON a.id = b.account_id
                WHERE b.sign = -1 AND b.amount_minor < 0
            )
            SELECT number, currency, amount_minor FROM owed WHERE number = ANY(CAST(:numbers AS bigint[]))
            """
        ),
        {"numbers": list(numbers)},
    )
    return {(number, currency): amount for number, currency, amount in found}
