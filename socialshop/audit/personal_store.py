"""What the audit record holds of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "audit_entries",
        ("actor",),
        reads="""
            SELECT recorded_at, action, target, actor = :id AS by_you FROM audit_entries
            WHERE actor = :id OR target = :public_id ORDER BY id
        """,
        stays="Who did what is never changed or removed. A member is an id there, without a name.",
    ),
)
