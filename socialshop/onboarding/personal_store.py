"""What imports and applications to lead hold of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "leader_applications",
        ("member", "words", "channels", "reason"),
        reads="""
            SELECT id, words, channels, status, reason, made_at, decided_at
            FROM leader_applications WHERE member = :number ORDER BY id
        """,
        ids={"id": "lap"},
        erases=("DELETE FROM leader_applications WHERE member = :number",),
    ),
    Holding(
        "member_imports",
        ("member_number",),
        reads="SELECT true AS imported FROM member_imports WHERE member_number = :number",
        stays="A hash of the line that an import brought; it tells nothing without the line.",
    ),
)
