"""The bench of what is due at one moment: 10,000 holds that lapse, rooms whose time is over, parcels taken as received.

The rooms lie in the tables as joins would have left them: the host has paid, a guest has not. The schedule gives each
job to one worker at a time, so its steps are run here one after the other: how long until the last is done is how late
the last member hears of it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import text

from socialshop.bench import market
from socialshop.infra.clock import ManualClock, SystemClock
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.orders import service as orders
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined

DUE = 10_000
_SIZE = 3
_PARCELS_AFTER = timedelta(days=14)

# Rows like one that there is, but for what is said: whatever other columns its table has.
_LIKE = """
    INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object({changed}))).*
    FROM {table} one, generate_series(1, CAST(:many AS int)) AS n WHERE one.id = :like
"""
_ROOM = "md5('room' || n)::uuid"


def due(app: Flask) -> dict[str, Any]:
    """Seconds until DUE lapsed holds, DUE rooms whose time is over, and DUE overdue parcels have been dealt with."""
    with app.app_context():
        clock = ManualClock(SystemClock().now())
        _plant(clock)
        market.analyze()
        clock.advance(timedelta(minutes=16))
        holds = _timed(clock, rooms.release_lapsed_holds)
        clock.advance(timedelta(hours=2))
        ended = _timed(clock, rooms.expire_due)
        clock.advance(_PARCELS_AFTER)
        parcels = _timed(clock, lambda uow: orders.receive_overdue(uow, _PARCELS_AFTER))
        found = in_unit_of_work(_came_of_it)
    return {
        "due": DUE,
        "holds_seconds": holds,
        "rooms_seconds": ended,
        "parcels_seconds": parcels,
        **found,
        "aim": "holds = rooms = parcels = due, each in a few seconds",
    }


def _timed(clock: ManualClock, step: Callable[[UnitOfWork], bool]) -> float:
    began = time.perf_counter()
    while in_unit_of_work(step, clock):
        pass
    return round(time.perf_counter() - began, 2)


def _came_of_it(uow: UnitOfWork) -> Mapping[str, int]:
    found = uow.session.execute(
        text(
            """
            SELECT (SELECT count(*) FROM seats WHERE status = 'released' AND paid_at IS NULL) AS holds,
                (SELECT count(*) FROM rooms WHERE status = 'expired') AS rooms,
                (SELECT count(*) FROM orders WHERE status = 'received') AS parcels
            """
        )
    )
    return dict(found.mappings().one())


def _plant(clock: ManualClock) -> None:
    """DUE rooms with two seats each, and DUE orders that were shipped."""
    host, guest = market.signed_in(2)
    deal = market.a_deal(host, _SIZE)
    # The deal begins when it was made, by the system's clock.
    clock.advance(timedelta(minutes=1))
    opened = in_unit_of_work(lambda uow: rooms.open_room(uow, host, deal), clock)
    joined = in_unit_of_work(lambda uow: rooms.join(uow, guest, opened.room.id), clock)
    in_unit_of_work(partial(_copy, opened=opened, joined=joined), clock)


def _copy(uow: UnitOfWork, *, opened: Joined, joined: Joined) -> None:
    session, now = uow.session, uow.now
    session.execute(
        text("UPDATE skus SET stock = stock - :reserved FROM rooms r WHERE skus.id = r.sku_id AND r.id = :room"),
        {"reserved": 2 * DUE, "room": opened.room.id},
    )
    _rows(uow, "rooms", opened.room.id, {"id": _ROOM, "seats_paid": "1"}, {})
    paid = {"status": "'authorized'", "provider_ref": "'bench' || n"}
    for who, one, order, payment, seat in (
        ("host", opened, {"status": "'paid'"}, paid, {"status": "'paid'", "paid_at": "CAST(:now AS timestamptz)"}),
        ("guest", joined, {}, {}, {}),
    ):
        ids = {name: f"md5('{who} {name}' || n)::uuid" for name in ("order", "line", "payment", "seat")}
        (line,) = session.execute(text("SELECT id FROM order_lines WHERE order_id = :id"), {"id": one.order.id}).one()
        _rows(uow, "orders", one.order.id, {"id": ids["order"], "room_id": _ROOM, **order}, {})
        _rows(uow, "order_lines", line, {"id": ids["line"], "order_id": ids["order"]}, {})
        _rows(uow, "payments", one.payment.id, {"id": ids["payment"], "order_id": ids["order"], **payment}, {})
        seated = {"id": ids["seat"], "room_id": _ROOM, "order_id": ids["order"], "payment_id": ids["payment"], **seat}
        _rows(uow, "seats", one.seat.id, seated, {"now": now})
    shipped = {"id": "md5('parcel' || n)::uuid", "status": "'shipped'", "shipped_at": "CAST(:now AS timestamptz)"}
    _rows(uow, "orders", opened.order.id, shipped, {"now": now})


def _rows(uow: UnitOfWork, table: str, like: uuid.UUID, changed: Mapping[str, str], values: Mapping[str, Any]) -> None:
    pairs = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    statement = text(_LIKE.format(table=table, changed=pairs))
    uow.session.execute(statement, {"many": DUE, "like": like, **values})
