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
        merges=(
            """
            INSERT INTO member_signals AS kept (kind, mark, member_number, first_seen_at, last_seen_at)
            SELECT kind, mark, :kept_number, first_seen_at, last_seen_at FROM member_signals
            WHERE member_number = :number
            ON CONFLICT (kind, mark, member_number) DO UPDATE SET
                first_seen_at = least(kept.first_seen_at, excluded.first_seen_at),
                last_seen_at = greatest(kept.last_seen_at, excluded.last_seen_at)
            """,
        ),
    ),
    Holding(
        "finding_members",
        ("member_number",),
        hidden="Whom a finding names; told, it would tell others of a ring how they were found.",
        stays="What held money, and whose: a number, without a name.",
    ),
    Holding(
        "finding_decisions",
        ("decided_by", "reason"),
        hidden="What the shop's people decided about findings is read out to them from the audit record.",
        stays="Who decided about money, and why; never changed or removed.",
    ),
    Holding(
        "findings",
        ("subject",),
        hidden="What the shop noticed about a payout request; the person reads the decision and its reason.",
        stays="Evidence of decisions about money: ids and figures, without a name.",
    ),
)
