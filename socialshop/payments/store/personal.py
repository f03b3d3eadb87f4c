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
    Holding(
        "payment_disputes",
        ("provider_ref", "reason"),
        reads="""
            SELECT d.provider, d.provider_ref, d.amount_minor, d.currency, d.reason, d.status, d.opened_at, d.closed_at
            FROM payment_disputes d JOIN payments p ON p.id = d.payment_id WHERE p.payer = :number ORDER BY d.id
        """,
        stays="The law asks for proof of every payment; `reason` is one of the bank's few words.",
    ),
)
