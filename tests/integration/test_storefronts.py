"""Leaders' storefronts: what stands in them, who sees them, and the link that binds."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from at_once import at_once
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop, statements
from sqlalchemy import text
from web_client import API, Person, counts, refusal, sign_up

from socialshop.deals import service as deals
from socialshop.deals.service import NewStorefront, PickRow
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def leader(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.LEADER, name="Wang")


def _keep(person: Person, *picks: str, **changed: object) -> Any:
    return person.call("POST", "/me/storefront", json={"title": "The tea corner", "picks": list(picks), **changed})


def _product() -> str:
    return to_public("prd", rows("SELECT id FROM products")[0][0])


def _picked(answer: Any) -> list[str]:
    return [(pick["deal"] or pick["product"])["id"] for pick in answer.get_json()["picks"]]


def test_a_storefront_shows_what_its_leader_picked_in_that_order_to_everybody(shop: RoomShop, leader: Person) -> None:
    assert refusal(leader.call("GET", "/me/storefront"))[:2] == (404, "not_found")
    first, second, product = to_public("deal", shop.deal()), to_public("deal", shop.deal()), _product()
    kept = _keep(leader, second, product, first, intro="What I drink myself.")
    assert (kept.status_code, _picked(kept)) == (200, [second, product, first])
    seen = shop.app.test_client().get(f"{API}/storefronts/{kept.get_json()['id']}")
    assert seen.get_json() == kept.get_json() == leader.call("GET", "/me/storefront").get_json()
    assert seen.get_json()["leader"]["display_name"] == "Wang"
    # Made anew, it is the same one with what was said last.
    anew = _keep(leader, first)
    assert (anew.get_json()["id"], _picked(anew)) == (kept.get_json()["id"], [first])


def test_its_link_binds_who_registers_and_counts_their_order(shop: RoomShop, leader: Person) -> None:
    deal = to_public("deal", shop.deal())
    front = _keep(leader, deal).get_json()["id"]
    link = leader.call("POST", "/invite-links", json={"kind": "storefront", "target_id": front}).get_json()
    client = shop.app.test_client()
    page = client.get(f"/i/{link['code']}", headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
    assert f"/storefronts/{front}" in page.text
    body = {"email": f"{secrets.token_hex(6)}@example.com", "password": "correct horse battery", "display_name": "B"}
    made = client.post(f"{API}/members", json={**body, "accept_terms": True}).get_json()
    assert made["member"]["sponsor_id"] == to_public("mbr", leader.card.member_id)
    headers = {"Authorization": f"Bearer {made['token']}", "Idempotency-Key": "a"}
    assert client.post(f"{API}/deals/{deal}/rooms", json={}, headers=headers).status_code == 201
    assert rows("SELECT link_id FROM orders") == rows("SELECT id FROM invite_links WHERE code = :c", c=link["code"])
    stats = leader.call("GET", f"/invite-links/{link['code']}/stats").get_json()
    assert (stats["kind"], stats["members"]) == ("storefront", 1)


@pytest.mark.parametrize("wrong", ["draft", "bargain", "unknown", "twice", "words"])
def test_what_cannot_stand_in_a_storefront_is_refused_and_nothing_changes(
    shop: RoomShop, leader: Person, wrong: str
) -> None:
    good = to_public("deal", shop.deal())
    terms = {"start_price_minor": 9_900, "floor_price_minor": 900, "chops": 3, "lasts_seconds": 60}
    offer = leader.call(
        "POST", "/bargain-offers", json={"sku_id": to_public("sku", shop.sku_id), "title": "Chop", **terms}
    )
    picks = {
        "draft": [to_public("deal", shop.deal(draft=True))],
        "bargain": [offer.get_json()["id"]],
        "unknown": ["prd_00000000000000000000000000"],
        "twice": [good, good],
        "words": ["room_00000000000000000000000000"],
    }[wrong]
    before = counts("storefronts", "storefront_picks")
    status, code, _ = refusal(_keep(leader, *picks))
    assert (status, code) == ((422, "invalid_value") if wrong == "twice" else (404, "not_found"))
    assert counts("storefronts", "storefront_picks") == before


def test_who_leads_no_more_has_no_storefront(shop: RoomShop, leader: Person) -> None:
    front = _keep(leader, _product()).get_json()["id"]
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE members SET role = 'member' WHERE role = 'leader'"))
    assert shop.app.test_client().get(f"{API}/storefronts/{front}").status_code == 404


def test_a_storefront_costs_the_same_however_much_stands_in_it(shop: RoomShop, leader: Person) -> None:
    counted = []
    for many in (1, 9):
        picks = [to_public("deal", shop.deal()) for _ in range(many)]
        front = _keep(leader, *picks, _product()).get_json()["id"]
        with statements() as seen:
            shop.app.test_client().get(f"{API}/storefronts/{front}")
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 5


def test_kept_twice_at_once_one_of_the_two_stays_whole(shop: RoomShop, leader: Person) -> None:
    picks = [PickRow(shop.deal(), None) for _ in range(6)]
    number = rows("SELECT number FROM members WHERE id = :id", id=leader.card.member_id)[0][0]

    class Caller:
        member_id, role = leader.card.member_id, Role.LEADER

        def __init__(self, number: int) -> None:
            self.number = number

    def keep(some: list[PickRow]) -> Any:
        def work(uow: UnitOfWork) -> None:
            deals.keep_storefront(uow, Caller(number), NewStorefront("Tea", "", some))

        return work

    assert at_once(shop.app, shop.pay_shop.clock, [keep(picks[:3]), keep(picks[3:])] * 3) == {"done": 6}
    kept = [deal for (deal,) in rows("SELECT deal_id FROM storefront_picks ORDER BY place")]
    assert kept in ([pick.deal_id for pick in picks[:3]], [pick.deal_id for pick in picks[3:]])


def test_ids_are_of_storefronts_alone(shop: RoomShop, leader: Person) -> None:
    front = _keep(leader, _product()).get_json()["id"]
    assert from_public("sfr", front)
    assert refusal(leader.call("GET", f"/storefronts/{_product()}"))[:2] == (404, "not_found")
