"""What rooms hold of a person: numbers."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "rooms",
        (
            "circle_of",
            "host",
        ),
        reads="SELECT id, title, status, opened_at, closed_at FROM rooms WHERE host = :number ORDER BY id",
        ids={"id": "room"},
        stays="A room of several people; the host is a number.",
    ),
    Holding(
        "seats",
        ("member",),
        reads="""
            SELECT id, room_id, order_id, quantity, status, claimed_at, paid_at, ended_at
            FROM seats WHERE member = :number ORDER BY id
        """,
        ids={"id": "seat", "room_id": "room", "order_id": "ord"},
        stays="Which number bought in which room: the order rests on it.",
    ),
    Holding(
        "bargains",
        ("member", "per_member_limit", "device"),
        reads="""
            SELECT id, title, start_minor, price_minor, currency, status, started_at, expires_at
            FROM bargains WHERE member = :number ORDER BY id
        """,
        ids={"id": "brg"},
        erases=("UPDATE bargains SET device = NULL WHERE member = :number AND device IS NOT NULL",),
    ),
    Holding(
        "bargain_chops",
        ("member", "device", "network"),
        reads="""
            SELECT bargain_id, amount_minor, newcomer, at FROM bargain_chops WHERE member = :number ORDER BY at
        """,
        ids={"bargain_id": "brg"},
        erases=(
            "UPDATE bargain_chops SET device = NULL, network = NULL"
            " WHERE member = :number AND (device IS NOT NULL OR network IS NOT NULL)",
        ),
    ),
    Holding(
        "room_events",
        ("member",),
        reads="""
            SELECT e.room_id, e.kind, e.at FROM seats s
            JOIN room_events e ON e.room_id = s.room_id AND e.member = s.member
            WHERE s.member = :number ORDER BY e.id
        """,
        ids={"room_id": "room"},
        stays="What happened in a room, by number, until it is forgotten.",
    ),
)
