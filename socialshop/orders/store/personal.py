"""What orders hold of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "orders",
        ("buyer", "host", "uplines", "external_id", "carrier", "tracking"),
        reads="""
            SELECT o.id, o.external_id, o.status, o.currency, o.total_minor, o.refunded_minor, o.ordered_at,
                   o.shipped_at, o.received_at, o.carrier, o.tracking, o.room_id,
                   (SELECT coalesce(json_agg(json_build_object('title', l.title, 'quantity', l.quantity,
                        'amount_minor', l.amount_minor) ORDER BY l.line), '[]')
                    FROM order_lines l WHERE l.order_id = o.id) AS lines
            FROM orders o WHERE o.buyer = :number ORDER BY o.ordered_at, o.id
        """,
        ids={"id": "ord", "room_id": "room"},
        stays="The law asks for proof of every sale and of its delivery; the buyer is a number.",
        # What is on its way or may be sent back still goes to the person; before its address is erased.
        merges=(
            """
            UPDATE orders SET buyer = :kept_number
            WHERE buyer = :number AND source = 'room' AND status IN ('confirmed', 'shipped', 'received')
            """,
        ),
    ),
    Holding(
        "refunds",
        ("buyer", "reason", "decision_reason"),
        reads="""
            SELECT id, order_id, reason, amount_minor, currency, status, requested_at, decided_at, decision_reason,
                   refunded_at
            FROM refunds WHERE buyer = :number ORDER BY id
        """,
        ids={"id": "rfd", "order_id": "ord"},
        # The words are the person's own. The trigger lets exactly this pass, whatever the status.
        erases=("UPDATE refunds SET reason = '' WHERE buyer = :number AND reason <> ''",),
        stays="The sums, and the shop's words when it decided.",
    ),
    Holding(
        "member_addresses",
        ("member", "recipient", "phone", "region", "street", "postcode"),
        reads="""
            SELECT id, recipient, phone, region, street, postcode, is_default, created_at FROM member_addresses
            WHERE member = :number ORDER BY id
        """,
        ids={"id": "adr"},
        erases=("DELETE FROM member_addresses WHERE member = :number",),
    ),
    Holding(
        "order_addresses",
        ("recipient", "phone", "region", "street", "postcode"),
        reads="""
            SELECT a.order_id, a.recipient, a.phone, a.region, a.street, a.postcode, a.chosen_at
            FROM orders o JOIN order_addresses a ON a.order_id = o.id WHERE o.buyer = :number ORDER BY o.id
        """,
        ids={"order_id": "ord"},
        erases=("DELETE FROM order_addresses a USING orders o WHERE o.id = a.order_id AND o.buyer = :number",),
    ),
)
