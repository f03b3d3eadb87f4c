"""What there is of each unit: moved by deltas, reserved with seats, recomputed by a check, told of when it is low."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, faults, room_shop
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from web_client import Person, counts, refusal, sign_up

from socialshop.cli import main
from socialshop.deals import service as deals
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.screening import service as screening
from workers import jobs, relay


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN)


@pytest.fixture
def console(database_url: str, redis_url: str, tmp_path: Path) -> Callable[..., str]:
    """What a command says on this test's shop."""
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SOCIALSHOP_DATA_DIR": str(tmp_path)}
    return lambda *arguments: CliRunner(env=environment).invoke(main, arguments).stdout


def sku(shop: RoomShop) -> str:
    return to_public("sku", shop.sku_id)


def move(shop: RoomShop, admin: Person, reason: str, quantity: int, **more: object) -> Any:
    body = {"reason": reason, "quantity": quantity, **more}
    return admin.call("POST", f"/admin/skus/{sku(shop)}/stock-moves", json=body)


def moves(shop: RoomShop, admin: Person) -> list[tuple[str, int, int]]:
    """(reason, what it adds, units), the oldest first."""
    found = admin.call("GET", f"/admin/skus/{sku(shop)}/stock-moves").get_json()["data"]
    return [(each["reason"], each["quantity"], each["units"]) for each in reversed(found)]


def told(kind: str) -> list[tuple[Any, ...]]:
    return list(rows("SELECT member, facts FROM notices WHERE kind = :kind ORDER BY id", kind=kind))


def test_stock_is_moved_by_deltas_with_a_reason_and_seats_are_moves_too(shop: RoomShop, admin: Person) -> None:
    assert move(shop, admin, "received", 200, note="note 4411").get_json()["stock"] == 1_200
    # a filled room sells three, a seat that is left returns two, one is held
    filled = shop.open(shop.deal(2), quantity=2)
    joined = shop.join(filled.room.id)
    left, waiting = shop.member(), shop.open(shop.deal(3))
    shop.join(waiting.room.id, left, 2)
    shop.leave(waiting.room.id, left)
    for seat in (filled, joined):
        shop.pay(seat)
    shop.settle()
    assert move(shop, admin, "damaged", -6).get_json()["stock"] == 1_200 - 2 - 1 - 1 - 6
    assert (
        move(shop, admin, "counted", -1).get_json()["stock"]
        == move(shop, admin, "corrected", 4).get_json()["stock"] - 4
    )
    found = moves(shop, admin)
    assert found == [
        ("first", 1_000, 1_000),
        ("received", 200, 200),
        ("sold", -2, 2),
        ("sold", -1, 1),
        ("reserved", -1, 1),
        ("returned", 0, 2),
        ("damaged", -6, 6),
        ("counted", -1, 1),
        ("corrected", 4, 4),
    ]
    assert sum(adds for _, adds, _ in found) == shop.left() == 1_193
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'stock.moved' AND target = :t", t=sku(shop)) == [
        (4,)
    ]
    assert faults(shop) == []


def test_what_is_refused_moves_nothing(shop: RoomShop, admin: Person) -> None:
    shop.open(shop.deal(2), quantity=7)
    before = (shop.left(), counts("stock_moves", "audit_entries"))
    for reason, quantity in (("received", -1), ("damaged", 1), ("counted", 0)):
        assert refusal(move(shop, admin, reason, quantity)) == (422, "invalid_value", "quantity")
    # of a thousand seven are in a seat: they are not there to be taken away
    short = move(shop, admin, "counted", -994)
    assert (refusal(short), short.get_json()["left"]) == ((409, "stock_short", "quantity"), 993)
    assert refusal(sign_up(shop.app).call("GET", "/admin/stock"))[0] == 403
    gone = f"/admin/skus/{to_public('sku', new_id())}/stock-moves"
    assert admin.call("POST", gone, json={"reason": "received", "quantity": 1}).status_code == 404
    assert (shop.left(), counts("stock_moves", "audit_entries")) == before
    assert move(shop, admin, "counted", -993).get_json()["standing"] == "sold_out"
    with pytest.raises(DBAPIError, match="stock_moves"), unit_of_work() as uow:
        uow.session.execute(text("UPDATE stock_moves SET quantity = 1"))
    shop.tick(901)
    assert shop.left() == 7
    assert faults(shop) == []


def test_a_planted_difference_is_a_finding_told_once_and_named_by_the_proof(
    shop: RoomShop, admin: Person, console: Callable[..., str]
) -> None:
    deal = shop.deal(3, quota=9)
    shop.open(deal, quantity=2)
    assert in_unit_of_work(deals.reconcile_stock) is False
    assert told("stock_differs") == []
    assert json.loads(console("prove", "--json"))["stock_ok"] is True
    planted = (
        ("UPDATE skus SET stock = stock + 1", "sku", shop.sku_id, 999, 998),
        ("UPDATE deals SET taken = taken - 1", "deal", deal, 1, 2),
    )
    for number, (fault, prefix, key, found, expected) in enumerate(planted, 1):
        with unit_of_work() as uow:
            uow.session.execute(text(fault))
        for _ in range(2):
            in_unit_of_work(deals.reconcile_stock)
        public = to_public(prefix, key)
        with unit_of_work() as uow:
            (finding,) = screening.findings_about(uow, [public])
        evidence = {"what": public, "found": found, "expected": expected}
        assert (finding.code, finding.evidence) == ("stock_differs", evidence)
        assert [facts for _, facts in told("stock_differs")][-1] == evidence
        assert len(told("stock_differs")) == number
        said = json.loads(console("prove", "--json"))
        assert said["stock_ok"] is False
        if number == 1:
            assert said["first_difference"] == f"the stock of {public} is 999, its moves come to 998"
    assert faults(shop) != []


def test_the_hourly_check_counts_rooms_at_rest_once_and_sees_a_planted_fault_ever_after(shop: RoomShop) -> None:
    deal = shop.deal(2, quota=50)

    def pay_for_three() -> None:
        host = shop.open(deal, quantity=2)
        for seat in (host, shop.join(host.room.id)):
            shop.pay(seat)

    def check() -> int:
        """How many differences were found so far."""
        in_unit_of_work(deals.reconcile_stock, shop.pay_shop.clock)
        return int(rows("SELECT count(*) FROM findings WHERE code = 'stock_differs'")[0][0])

    def resting() -> list[Any]:
        return [row[0] for row in rows("SELECT units FROM stock_at_rest")]

    def plant(units: int) -> None:
        with unit_of_work() as uow:
            uow.session.execute(text("UPDATE skus SET stock = stock + :units"), {"units": units})

    pay_for_three()
    shop.settle()
    assert (check(), resting()) == (0, [])
    shop.pay_shop.clock.advance(timedelta(days=31))
    pay_for_three()
    shop.settle()
    # Counted once, however often it is checked; what is newer is read, and what is open.
    assert (check(), check(), resting()) == (0, 0, [3])
    shop.pay_shop.clock.advance(timedelta(minutes=1))
    pay_for_three()
    while rows("SELECT count(*) FROM rooms WHERE status = 'filled'") == [(2,)]:
        relay.relay()
        for job in ("make_payment_call", "pay_seats"):
            jobs.drain(job)
    # Its money was never taken: it is not at rest, however long ago it filled.
    shop.pay_shop.clock.advance(timedelta(days=31))
    assert (check(), resting()) == (0, [6])
    assert (check(), resting()) == (0, [6])
    # A counter that somebody wrote to is seen, and while it stands nothing more is taken for counted.
    plant(1)
    shop.settle()
    shop.pay_shop.clock.advance(timedelta(days=31))
    through = rows("SELECT through FROM stock_rest")
    assert (check(), rows("SELECT through FROM stock_rest")) == (1, through)
    plant(-1)
    assert (check(), rows("SELECT through FROM stock_rest") > through) == (1, True)
    assert rows("SELECT CAST(sum(quantity) AS bigint) FROM seats WHERE status = 'confirmed'") == [tuple(resting())]
    assert faults(shop) == []


def test_admins_hear_once_that_a_unit_is_low_and_again_when_it_came_to_be_low_again(
    shop: RoomShop, admin: Person
) -> None:
    def look() -> list[tuple[Any, ...]]:
        while in_unit_of_work(deals.tell_low_stock, shop.pay_shop.clock):
            pass
        return [(facts["left"], facts.get("say")) for _, facts in told("stock_low")]

    assert look() == []
    low = f"/admin/skus/{sku(shop)}/low-stock"
    assert admin.call("POST", low, json={"low_stock_at": 998}).get_json()["standing"] == "in_stock"
    shop.open(shop.deal(3), quantity=2)
    assert (look(), look()) == ([(998, None)],) * 2
    shop.tick(901)
    assert look() == [(998, None)]
    move(shop, admin, "damaged", -1_000)
    assert (look(), look()) == ([(998, None), (0, "gone")],) * 2
    notice = admin.call("GET", "/me/notices", headers={"Accept-Language": "en"}).get_json()["data"][0]
    assert (notice["text"], notice["target"]) == ("“Tea”, box, is sold out.", sku(shop))
    listed = admin.call("GET", "/admin/stock").get_json()["data"]
    assert [(unit["stock"], unit["low_stock_at"], unit["standing"]) for unit in listed] == [(0, 998, "sold_out")]
