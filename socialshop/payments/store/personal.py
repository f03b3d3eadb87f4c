"""What payments hold of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "payments",
        ("payer", "provider_ref"),
        reads="""
            SELECT id, order_id, provider, provider_ref, amount_minor, currency, status, captured_minor,
                   refunded_minor, created_at
            FROM payments WHERE payer = :number ORDER BY id
        """,
        ids={"id": "pay", "order_id": "ord"},
        stays="The law asks for proof of every payment; `provider_ref` is the provider's own number of it.",
    ),
)
