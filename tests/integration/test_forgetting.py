"""What was told and counted long ago is forgotten by the schedule; what is open, and money, is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from socialshop.infra.uow import unit_of_work
from socialshop.rooms import service as rooms
from workers import schedule

_LONG = timedelta(days=401)


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def _count(table: str) -> int:
    return int(rows(f"SELECT count(*) FROM {table}")[0][0])


def _forget(shop: RoomShop) -> bool:
    with unit_of_work(shop.pay_shop.clock) as uow:
        return schedule.forget(uow)


def _an_old_and_an_open_one_of_each(shop: RoomShop) -> None:
    """A mail that ended and one that waits, a click that counts and one not judged, a webhook applied and one open."""
    values = {"now": shop.pay_shop.clock.now(), "member": shop.member().number}
    with unit_of_work(shop.pay_shop.clock) as uow:
        for statement in (
            "INSERT INTO mails (id, member, kind, subject, facts, status, due_at, created_at, ended_at) SELECT"
            " gen_random_uuid(), :member, 'payout_paid', s, '{}', s, :now, :now,"
            " CASE s WHEN 'sent' THEN CAST(:now AS timestamptz) END FROM unnest(ARRAY['sent', 'queued']) s",
            "INSERT INTO invite_clicks (link_id, visitor, bot, clicked_at, verdict) SELECT gen_random_uuid(),"
            " decode(repeat('00', 32), 'hex'), false, :now, v FROM unnest(ARRAY['counted', NULL]) v",
            "INSERT INTO invite_visitors (visitor, member_id, seen_at) SELECT decode(repeat('01', 32), 'hex'), id, :now"
            " FROM members WHERE number = :member",
            "INSERT INTO payment_notices (id, provider, event_id, ref, kind, received_at, due_at, applied_at, outcome)"
            " SELECT gen_random_uuid(), 'elsewhere', coalesce(o, 'open'), 'x', 'x', :now, :now,"
            " CASE WHEN o IS NOT NULL THEN CAST(:now AS timestamptz) END, o FROM unnest(ARRAY['applied', NULL]) o",
        ):
            uow.session.execute(text(statement), values)


def test_what_is_long_over_is_forgotten_and_what_is_open_or_money_is_kept(shop: RoomShop) -> None:
    """Given what is 401 days old, when the schedule forgets, then the open of it stays, and all that is about money."""
    over = shop.open(shop.deal(size=2))
    shop.pay(over)
    shop.pay(shop.join(over.room.id))
    shop.settle()
    _an_old_and_an_open_one_of_each(shop)
    before = {table: _count(table) for table in ("seats", "orders", "payments", "payment_calls", "ledger_postings")}
    assert all(before.values())
    assert _count("notices") > 0
    shop.pay_shop.clock.advance(timedelta(days=399))
    told = _count("room_events"), _count("notices"), _count("mails")
    _forget(shop)
    assert (_count("room_events"), _count("notices"), _count("mails")) == told
    shop.pay_shop.clock.advance(_LONG - timedelta(days=399))
    waiting = shop.open(shop.deal(size=2))
    assert _count("invite_visitors") == 1
    assert _forget(shop) is False
    assert _count("invite_visitors") == 0
    assert rows("SELECT DISTINCT room_id FROM room_events") == [(waiting.room.id,)]
    assert _count("notices") == 0
    assert rows("SELECT DISTINCT status FROM mails WHERE subject IN ('sent', 'queued')") == [("queued",)]
    assert rows("SELECT verdict FROM invite_clicks") == [(None,)]
    assert rows("SELECT event_id FROM payment_notices") == [("open",)]
    assert {table: _count(table) for table in ("payments", "payment_calls", "ledger_postings")} == {
        "payments": before["payments"] + 1,
        "payment_calls": before["payment_calls"],
        "ledger_postings": before["ledger_postings"],
    }
    assert not shop.pay_shop.differences()
    with unit_of_work() as uow:
        assert rooms.events_after(uow, over.room.id, 0, lambda _: None).complete


def test_what_happened_in_a_room_is_still_never_changed(shop: RoomShop) -> None:
    shop.open(shop.deal(size=2))
    with pytest.raises(DBAPIError, match=r"permission denied|append-only"), unit_of_work() as uow:
        uow.session.execute(text("UPDATE room_events SET kind = 'filled', member = NULL"))
