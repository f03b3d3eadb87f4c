"""What payments hold of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "payments",
        ("payer", "provider_ref"),
        reads="""
            SELECT id, order_id, charge_id, provider, provider_ref, amount_minor, currency, status, captured_minor,
                   refunded_minor, created_at
            FROM payments WHERE payer = :number ORDER BY id
        """,
        ids={"id": "pay", "order_id": "ord", "charge_id": "chg"},
        stays="The law asks for proof of every payment; `provider_ref` is the provider's own number of it.",
    ),
    Holding(
        "payment_mandates",
        ("payer", "provider_ref"),
        reads="""
            SELECT provider, provider_ref, given_at, ended_at FROM payment_mandates WHERE payer = :number ORDER BY id
        """,
        erases=("UPDATE payment_mandates SET ended_at = coalesce(ended_at, now()) WHERE payer = :number",),
    ),
)
