"""What findings hold of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "member_signals",
        ("member_number",),
        reads="""
            SELECT kind, first_seen_at, last_seen_at FROM member_signals WHERE member_number = :number
            ORDER BY first_seen_at, kind
        """,
        erases=("DELETE FROM member_signals WHERE member_number = :number",),
    ),
    Holding(
        "findings",
        ("subject",),
        hidden="What the shop noticed about a payout request; the person reads the decision and its reason.",
        stays="Evidence of decisions about money: ids and figures, without a name.",
    ),
)
