"""A product changes, goes off sale and comes back: what was promised stays, and nothing is half done."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from at_once import at_once
from flask import Flask
from payment_shop import rows
from room_shop import PRICE, RoomShop, faults, room_shop
from web_client import Person, counts, refusal, sign_up

from socialshop.deals import service as deals
from socialshop.deals.errors import DealNotLive, DealPaused, GoodsOffSale
from socialshop.deals.service import NewDeal, NewProduct, NewSku
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.rooms import service as rooms

ALONE = PRICE + 1000


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN)


def tea(shop: RoomShop) -> str:
    """The public id of the product."""
    return to_public("prd", rows("SELECT product_id FROM skus WHERE id = :id", id=shop.sku_id)[0][0])


def change(admin: Person, product: str, **said: object) -> Any:
    return admin.call("PATCH", f"/admin/products/{product}", json=said)


def unit(shop: RoomShop, **said: object) -> list[dict[str, object]]:
    return [{"id": to_public("sku", shop.sku_id), **said}]


def test_a_change_shows_at_once_and_what_was_bought_or_opened_stays(shop: RoomShop, admin: Person, app: Flask) -> None:
    # given a paid seat in a room, and a deal with days of its own
    product, deal = tea(shop), shop.deal(2, return_days=10)
    first = shop.open(deal)
    shop.pay(first)
    shop.settle()
    before = rows("SELECT title, price_minor, return_days FROM rooms")
    # when name, words, days and the price alone change
    said = {"title": "雨前龙井", "description": "Hand-picked", "return_days": 14}
    answer = change(admin, product, **said, skus=unit(shop, title="Tin", code="TIN", price_minor=ALONE + 500))
    # then every page says so
    told = answer.get_json()
    sku = told["skus"][0]
    assert (answer.status_code, told["title"], told["return_days"], told["on_sale"]) == (200, "雨前龙井", 14, True)
    assert (sku["title"], sku["code"], sku["price"]["amount_minor"]) == ("Tin", "TIN", ALONE + 500)
    client = app.test_client()
    assert [row["id"] for row in client.get("/api/v1/deals?q=雨前").get_json()["data"]] == [to_public("deal", deal)]
    shown = client.get(f"/api/v1/deals/{to_public('deal', deal)}").get_json()
    assert shown["price"]["amount_minor"] == PRICE
    with unit_of_work(shop.pay_shop.clock) as uow:
        seen = deals.deal(uow, deal)
    assert (seen.price_alone.amount_minor, seen.return_days) == (ALONE + 500, 14), "never fewer days than its goods"
    # and room and order are what they were
    assert rows("SELECT title, price_minor, return_days FROM rooms") == before
    assert rows("SELECT total_minor FROM orders") == [(PRICE,)]
    facts = rows("SELECT facts FROM audit_entries WHERE action = 'product.changed'")[0][0]
    assert facts["title"] == {"before": "Tea", "after": "雨前龙井"}
    assert facts[to_public("sku", shop.sku_id)]["price_minor"] == {"before": ALONE, "after": ALONE + 500}
    # said once more it is no change
    assert change(admin, product, **said).status_code == 200
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'product.changed'") == [(1,)]
    assert faults(shop) == []


def test_a_price_alone_stays_above_what_stands(shop: RoomShop, admin: Person) -> None:
    product, sku = tea(shop), to_public("sku", shop.sku_id)
    deal = shop.deal(2)
    said = unit(shop, price_minor=PRICE)
    refused = change(admin, product, title="Other", skus=said)
    assert refusal(refused) == (422, "invalid_value", "skus.0.price_minor")
    assert "end that deal first" in refused.get_json()["detail"]
    assert rows("SELECT title FROM products") == [("Tea",)], "nothing of it was kept"
    opening = {"open_to": "all", "floor_price_minor": PRICE + 10, "supply_price_minor": PRICE + 5}
    assert admin.call("POST", f"/admin/skus/{sku}/opening", json=opening).status_code == 200
    admin.call("POST", f"/deals/{to_public('deal', deal)}/end", key="end")
    floor = change(admin, product, skus=unit(shop, price_minor=PRICE + 10))
    assert refusal(floor) == (422, "invalid_value", "skus.0.price_minor")
    assert change(admin, product, skus=unit(shop, price_minor=PRICE + 11)).status_code == 200


def test_a_code_is_one_units_alone_also_when_two_take_it_at_once(shop: RoomShop, admin: Person) -> None:
    unit_of = {"title": "box", "price_minor": 900, "stock": 1}
    made = admin.call("POST", "/admin/products", key="a", json={"title": "A", "skus": [{**unit_of, "code": "A-1"}]})
    other = made.get_json()["id"]
    again = admin.call("POST", "/admin/products", key="b", json={"title": "B", "skus": [{**unit_of, "code": "A-1"}]})
    assert refusal(again) == (422, "invalid_value", "skus.0.code")
    assert refusal(change(admin, tea(shop), skus=unit(shop, code="A-1"))) == (422, "invalid_value", "skus.0.code")
    theirs = {"id": made.get_json()["skus"][0]["id"], "title": "x"}
    assert refusal(change(admin, tea(shop), skus=[theirs])) == (404, "not_found", "skus.0.id")
    assert change(admin, other, skus=[{"id": theirs["id"], "code": "A-1"}]).status_code == 200, "one's own stays"
    assert counts("products") == {"products": 2}

    new = NewProduct("C", "", 7, [NewSku("NEW", "box", 900, 1)])
    takes = [lambda uow: deals.add_product(uow, uuid.uuid4(), new, "CNY")] * 4
    assert at_once(shop.app, shop.pay_shop.clock, takes) == {"done": 1, "invalid_value": 3}


def test_off_sale_opens_no_room_and_no_deal_and_open_rooms_fill(shop: RoomShop, admin: Person, app: Flask) -> None:
    # given a room that waits, a deal to come, one of whose own end is near, two that are paused and a draft
    now = shop.pay_shop.clock.now()
    product, deal = tea(shop), shop.deal(2)
    later = shop.deal(2, starts_at=now + timedelta(hours=1))
    short = shop.deal(2, ends_at=now + timedelta(hours=2), ttl=600)
    paused, gone, draft = shop.deal(2), shop.deal(2), shop.deal(2, draft=True)
    for each in (paused, gone):
        admin.call("POST", f"/deals/{to_public('deal', each)}/pause", key=to_public("deal", each))
    waiting = shop.open(deal)
    shop.pay(waiting)
    path = f"/admin/products/{product}"
    # when the goods go off sale, twice
    assert admin.call("POST", f"{path}/off-sale", key="1").get_json()["on_sale"] is False
    assert admin.call("POST", f"{path}/off-sale", key="2").status_code == 200
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'product.off_sale'") == [(1,)]
    client = app.test_client()
    assert client.get("/api/v1/products").get_json()["data"] == []
    assert client.get("/api/v1/deals").get_json()["data"] == []
    assert client.get(f"/api/v1/products/{product}").get_json()["on_sale"] is False
    # then there is no new room and no new deal
    with pytest.raises(DealNotLive):
        shop.open(deal)
    new = NewDeal(shop.sku_id, "Tea", 2, PRICE, timedelta(hours=1))
    with pytest.raises(GoodsOffSale), unit_of_work(shop.pay_shop.clock) as uow:
        deals.open_deal(uow, uuid.uuid4(), shop.member(uow).number, new)
    refused = admin.call("POST", f"/deals/{to_public('deal', draft)}/publish", key="d")
    assert refusal(refused) == (409, "goods_off_sale", "deal_id")
    # and the room that waits fills
    shop.pay(shop.join(waiting.room.id))
    shop.settle()
    assert shop.seats(waiting.room.id)[0] == "filled"
    # one of the deals is ended for good meanwhile; the short one's time passes
    ended = admin.call("POST", f"/deals/{to_public('deal', gone)}/end", key="e")
    assert ended.status_code == 200
    shop.pay_shop.clock.advance(timedelta(hours=3))
    # when they come back
    back = admin.call("POST", f"{path}/on-sale", key="3")
    assert back.get_json()["on_sale"] is True
    status = dict(rows("SELECT id, ended_at IS NULL FROM deals WHERE NOT draft"))
    assert status == {deal: True, later: True, short: False, paused: True, gone: False}
    # and what was paused before is so again, until its leader goes on with it
    with pytest.raises(DealPaused):
        shop.open(paused)
    admin.call("POST", f"/deals/{to_public('deal', paused)}/resume", key="r")
    shop.open(paused)
    shop.open(deal)
    shop.open(later)
    assert rows("SELECT count(*) FROM deals WHERE off_sale") == [(0,)]
    assert faults(shop) == []


def test_no_deal_slips_past_goods_that_go_off_sale(shop: RoomShop, admin: Person) -> None:
    product = from_public("prd", tea(shop))
    leader, new = shop.member(), NewDeal(shop.sku_id, "Tea", 2, PRICE, timedelta(hours=1))

    def make(uow: UnitOfWork) -> object:
        return deals.open_deal(uow, uuid.uuid4(), leader.number, new)

    works = [make, make, lambda uow: deals.take_off_sale(uow, uuid.uuid4(), product), make, make]
    ends = at_once(shop.app, shop.pay_shop.clock, works)
    assert ends.keys() <= {"done", "goods_off_sale"}
    assert rows("SELECT count(*) FROM deals WHERE ended_at IS NULL") == [(0,)]
    for (deal_id,) in rows("SELECT id FROM deals"):
        with pytest.raises(DealNotLive), unit_of_work(shop.pay_shop.clock) as uow:
            rooms.open_room(uow, leader, deal_id)
