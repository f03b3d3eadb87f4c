"""What recommendations hold of a person: what is suggested to whom, worked out anew every night."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "suggestions",
        ("member",),
        reads="""
            SELECT p.title AS product, s.kind, b.title AS because_of, s.people FROM suggestions s
            JOIN products p ON p.id = s.product_id LEFT JOIN products b ON b.id = s.because_id
            WHERE s.member = :number ORDER BY s.kind, s.score DESC, p.id
        """,
        erases=("DELETE FROM suggestions WHERE member = :number",),
    ),
)
