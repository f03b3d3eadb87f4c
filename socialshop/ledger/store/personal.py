"""What the books hold of a person: accounts by number."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "ledger_accounts",
        ("name",),
        reads="""
            SELECT e.posted_at, e.kind, n.name AS account, p.amount_minor, p.currency
            FROM ledger_accounts n
            JOIN ledger_postings p ON p.account_id = n.id
            JOIN ledger_entries e ON e.id = p.entry_id
            WHERE n.name IN (SELECT concat_ws(chr(58), 'member', :number, kind)
                             FROM unnest(ARRAY['pending', 'wallet', 'reserved', 'receivable']) AS k (kind))
            ORDER BY p.entry_id, p.line
        """,
        stays="The law asks for books of years; they know a number.",
    ),
    Holding(
        "ledger_closed_days",
        ("closed_by",),
        reads="SELECT on_day, entries, closed_at FROM ledger_closed_days WHERE closed_by = :id ORDER BY on_day",
        stays="Who closed a day of the books is part of them. A member is an id there, without a name.",
    ),
    Holding(
        "ledger_closed_months",
        ("closed_by",),
        reads="SELECT month, entries, closed_at FROM ledger_closed_months WHERE closed_by = :id ORDER BY month",
        stays="Who closed a month of the books is part of what was signed. A member is an id there, without a name.",
    ),
)
