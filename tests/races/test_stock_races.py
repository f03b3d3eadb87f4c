"""Deltas of stock beside claims: nothing is lost or negative; a stock that is read and then written is seen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from at_once import at_once, together
from flask import Flask
from room_shop import RoomShop, faults, room_shop
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals import service as deals
from socialshop.deals import stock_store
from socialshop.deals.service import NewMove, StockReason
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.rooms import service as rooms

ADMIN = uuid.UUID("01890000-0000-7000-8000-00000000ad01")
STOCK, CLAIMS, MOVES, GONE, CAME = 20, 12, 6, 3, 2


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        found.stock_tea(STOCK)
        yield found


def moving(shop: RoomShop, quantity: int) -> Callable[[UnitOfWork], object]:
    reason = StockReason.COUNTED
    return lambda uow: deals.move_stock(uow, ADMIN, shop.sku_id, NewMove(reason, quantity))


def claiming(shop: RoomShop, deal: uuid.UUID) -> Callable[[UnitOfWork], object]:
    member = shop.member()
    return lambda uow: rooms.open_room(uow, member, deal)


def test_claims_and_deltas_at_once_leave_what_follows_from_both(app: Flask, shop: RoomShop) -> None:
    deal = shop.deal(2)
    claims = [claiming(shop, deal) for _ in range(CLAIMS)]
    moves = [moving(shop, quantity) for quantity in (*[-GONE] * MOVES, CAME)]
    ended = at_once(app, shop.pay_shop.clock, [*claims, *moves])
    # Thirty are wanted of twenty-two at most: somebody is told so, and the rest is there to the unit.
    assert ended["out_of_stock"] + ended["stock_short"] > 0
    assert sum(ended.values()) == CLAIMS + MOVES + 1 == ended["done"] + ended["out_of_stock"] + ended["stock_short"]
    assert shop.left() >= 0
    assert faults(shop) == []


def test_a_stock_that_is_read_and_then_written_is_seen(
    app: Flask, shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    @together
    def read(session: Session) -> int:
        return int(session.execute(text("SELECT stock FROM skus WHERE id = :id"), {"id": shop.sku_id}).scalar_one())

    def careless(session: Session, move_id: uuid.UUID, values: dict[str, object]) -> bool:
        left = read(session) + int(str(values["quantity"]))
        session.execute(text("UPDATE skus SET stock = :left WHERE id = :id"), {"left": left, "id": shop.sku_id})
        session.execute(
            text(
                "INSERT INTO stock_moves (id, sku_id, reason, quantity, note, moved_at)"
                " VALUES (:move_id, :sku_id, :reason, :quantity, :note, :at)"
            ),
            {**values, "move_id": move_id},
        )
        return True

    monkeypatch.setattr(stock_store, "move", careless)
    at_once(app, shop.pay_shop.clock, [moving(shop, -GONE), moving(shop, CAME)])
    with unit_of_work() as uow:
        (found,) = deals.stock_differences(uow)
    assert (found.id, found.expected) == (shop.sku_id, STOCK - GONE + CAME)
    assert found.found in (STOCK - GONE, STOCK + CAME)
