"""A deal's life after it is published: paused, resumed, ended; what becomes of its rooms, and who may do it."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import HOUR, RoomShop, faults, room_shop, statements
from web_client import Person, refusal, sign_up

from socialshop.deals import service as deals
from socialshop.deals.errors import DealNotLive, DealPaused
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.invites.errors import InviteCodeUnknown
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Attribution


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def leader(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.LEADER)


def _deal(shop: RoomShop, leader: Person, **changed: object) -> str:
    terms = {"title": "Tea", "group_size": 2, "price_minor": 9900, "room_ttl_seconds": HOUR, **changed}
    made = leader.call("POST", "/deals", json={"sku_id": to_public("sku", shop.sku_id), **terms})
    assert made.status_code == 201, made.text
    return str(made.get_json()["id"])


def _step(person: Person, deal: str, step: str) -> Any:
    return person.call("POST", f"/deals/{deal}/{step}", json={})


def _status(shop: RoomShop, deal: str) -> str:
    return str(shop.app.test_client().get(f"/api/v1/deals/{deal}").get_json()["status"])


def _listed(shop: RoomShop) -> list[str]:
    return [deal["id"] for deal in shop.app.test_client().get("/api/v1/deals").get_json()["data"]]


def _acts(deal: str) -> list[str]:
    query = "SELECT action FROM audit_entries WHERE target = :target ORDER BY id"
    return [action for (action,) in rows(query, target=deal)]


def _open(person: Person, deal: str) -> Any:
    return person.call("POST", f"/deals/{deal}/rooms", key=secrets.token_hex(8), json={})


def _join(person: Person, room: str) -> Any:
    return person.call("POST", f"/rooms/{room}/seats", key=secrets.token_hex(8), json={})


# --- pausing --------------------------------------------------------------------------------------------------------


def test_while_a_deal_is_paused_nobody_opens_or_joins_a_room_and_nothing_is_taken(
    shop: RoomShop, leader: Person
) -> None:
    deal, host, guest = _deal(shop, leader, quota=5), sign_up(shop.app), sign_up(shop.app)
    room = _open(host, deal).get_json()["room"]["id"]
    paused = _step(leader, deal, "pause")
    assert (paused.status_code, paused.get_json()["status"]) == (200, "paused")
    before = (shop.left(), shop.seats(from_public("room", room)), rows("SELECT taken FROM deals"))
    assert refusal(_open(guest, deal)) == (409, "deal_paused", None)
    assert refusal(_join(guest, room)) == (409, "deal_paused", None)
    assert refusal(_join(host, room)) == (409, "already_seated", None)
    assert (shop.left(), shop.seats(from_public("room", room)), rows("SELECT taken FROM deals")) == before
    assert _listed(shop) == []
    assert _step(leader, deal, "resume").get_json()["status"] == "live"
    assert _join(guest, room).status_code == 201
    assert _listed(shop) == [deal]
    assert faults(shop) == []


def test_a_deal_that_ends_between_its_offer_and_the_claim_opens_no_room(
    shop: RoomShop, leader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = from_public("deal", _deal(shop, leader, quota=5))
    read = deals.offer

    def offer_and_end(uow: UnitOfWork, deal_id: uuid.UUID, **how: timedelta) -> deals.DealOffer:
        found = read(uow, deal_id, **how)
        with shop.app.app_context():
            _step(leader, to_public("deal", deal), "end")
        return found

    before = (shop.left(), rows("SELECT taken FROM deals"))
    monkeypatch.setattr(deals, "offer", offer_and_end)
    with pytest.raises(DealNotLive):
        in_unit_of_work(lambda uow: rooms.open_room(uow, shop.member(uow), deal, 1), shop.pay_shop.clock)
    assert (shop.left(), rows("SELECT taken FROM deals")) == before
    assert rows("SELECT count(*) FROM rooms") == [(0,)]


def test_who_has_a_seat_in_a_paused_deal_pays_and_the_room_fills(shop: RoomShop, leader: Person) -> None:
    deal = _deal(shop, leader)
    host = shop.open(from_public("deal", deal))
    guest = shop.join(host.room.id)
    _step(leader, deal, "pause")
    shop.pay(host)
    shop.pay(guest)
    shop.settle()
    assert shop.seats(host.room.id)[0] == "filled"
    assert faults(shop) == []


def test_an_unknown_code_is_told_before_the_pause(shop: RoomShop, leader: Person) -> None:
    deal = from_public("deal", _deal(shop, leader))
    _step(leader, to_public("deal", deal), "pause")
    nobody = Attribution(code="NOSUCHCODE")
    with pytest.raises(InviteCodeUnknown):
        in_unit_of_work(lambda uow: rooms.open_room(uow, shop.member(uow), deal, 1, nobody), shop.pay_shop.clock)


def test_a_deal_that_was_announced_can_be_paused_and_is_announced_again(shop: RoomShop, leader: Person) -> None:
    soon = (shop.pay_shop.clock.now() + timedelta(hours=1)).isoformat()
    deal = _deal(shop, leader, starts_at=soon)
    assert _step(leader, deal, "pause").get_json()["status"] == "paused"
    assert _step(leader, deal, "resume").get_json()["status"] == "scheduled"
    _step(leader, deal, "pause")
    shop.pay_shop.clock.advance(timedelta(hours=1))
    assert _status(shop, deal) == "paused"
    assert _step(leader, deal, "resume").get_json()["status"] == "live"


def test_a_pause_ends_with_its_deal_and_open_rooms_are_joined_again(shop: RoomShop, leader: Person) -> None:
    ends = (shop.pay_shop.clock.now() + timedelta(minutes=10)).isoformat()
    deal = _deal(shop, leader, ends_at=ends)
    room = shop.open(from_public("deal", deal)).room.id
    _step(leader, deal, "pause")
    with pytest.raises(DealPaused):
        shop.join(room)
    shop.pay_shop.clock.advance(timedelta(minutes=10))
    assert _status(shop, deal) == "ended"
    assert shop.join(room).room.seats_taken == 2
    assert refusal(_step(leader, deal, "resume"))[:2] == (409, "deal_not_live")
    assert faults(shop) == []


# --- ending ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paused_before", [False, True])
def test_an_ended_deal_opens_no_rooms_and_its_open_rooms_live_on(
    shop: RoomShop, leader: Person, paused_before: bool
) -> None:
    deal = _deal(shop, leader)
    host = shop.open(from_public("deal", deal))
    if paused_before:
        _step(leader, deal, "pause")
    ended = _step(leader, deal, "end").get_json()
    assert ended["status"] == "ended"
    assert ended["ends_at"] is not None
    with pytest.raises(DealNotLive):
        shop.open(from_public("deal", deal))
    guest = shop.join(host.room.id)
    shop.pay(host)
    shop.pay(guest)
    shop.settle()
    assert shop.seats(host.room.id)[0] == "filled"
    assert (_listed(shop), _status(shop, deal), faults(shop)) == ([], "ended", [])


def test_a_deal_may_be_ended_before_it_has_begun(shop: RoomShop, leader: Person) -> None:
    soon = (shop.pay_shop.clock.now() + timedelta(hours=1)).isoformat()
    deal = _deal(shop, leader, starts_at=soon)
    assert _step(leader, deal, "end").get_json()["status"] == "ended"
    shop.pay_shop.clock.advance(timedelta(hours=1))
    assert _status(shop, deal) == "ended"


def test_every_step_is_recorded_once_and_repeating_it_changes_nothing(shop: RoomShop, leader: Person) -> None:
    deal, admin = _deal(shop, leader), sign_up(shop.app, role=Role.ADMIN)
    for person, step in ((leader, "pause"), (admin, "resume"), (admin, "end")):
        first = _step(person, deal, step).get_json()
        assert _step(person, deal, step).status_code in (200, 409)
        assert shop.app.test_client().get(f"/api/v1/deals/{deal}").get_json() == first
    assert _acts(deal) == ["deal.opened", "deal.paused", "deal.resumed", "deal.ended"]


def test_what_is_over_or_a_draft_is_neither_paused_nor_resumed(shop: RoomShop, leader: Person) -> None:
    draft, over = _deal(shop, leader, draft=True), _deal(shop, leader)
    _step(leader, over, "end")
    for deal, steps in ((draft, ("pause", "resume", "end")), (over, ("pause", "resume"))):
        for step in steps:
            assert refusal(_step(leader, deal, step))[:2] == (409, "deal_not_live"), (deal, step)
    assert rows("SELECT count(*) FROM deals WHERE paused_at IS NOT NULL") == [(0,)]
    assert _step(leader, draft, "publish").get_json()["status"] == "live"


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["pause", "resume", "end"])
def test_another_leaders_deal_is_not_there_to_be_moved(shop: RoomShop, leader: Person, step: str) -> None:
    deal, other = _deal(shop, leader), sign_up(shop.app, role=Role.LEADER)
    assert refusal(_step(other, deal, step))[:2] == (404, "not_found")
    assert (_status(shop, deal), _acts(deal)) == ("live", ["deal.opened"])


def test_a_draft_is_read_by_its_leader_admins_and_finance_alone(shop: RoomShop, leader: Person) -> None:
    draft = _deal(shop, leader, draft=True)
    readers = {leader: 200} | {sign_up(shop.app, role=role): 200 for role in (Role.ADMIN, Role.FINANCE)}
    readers |= {sign_up(shop.app, role=role): 404 for role in (Role.LEADER, Role.MEMBER)}
    for reader, status in readers.items():
        assert reader.call("GET", f"/deals/{draft}").status_code == status
    assert shop.app.test_client().get(f"/api/v1/deals/{draft}").status_code == 404
    wrong = {"Authorization": "Bearer wrong"}
    assert shop.app.test_client().get(f"/api/v1/deals/{draft}", headers=wrong).status_code == 404


def test_deals_of_a_leader_are_theirs_alone_and_found_by_index(shop: RoomShop, leader: Person) -> None:
    other = sign_up(shop.app, role=Role.LEADER)
    mine, theirs = {_deal(shop, leader), _deal(shop, leader, draft=True)}, _deal(shop, other)
    numbers = dict(rows("SELECT id, number FROM members"))
    with unit_of_work() as uow, statements() as seen:
        found = deals.deals_of(uow, numbers[leader.card.member_id], None, 10)
        own = deals.deals_of(uow, numbers[other.card.member_id], None, 10)
        uow.session.rollback()
    assert {to_public("deal", deal.id) for deal in found} == mine
    assert [to_public("deal", deal.id) for deal in own] == [theirs]
    assert len(seen) == 2
    rows_of = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_deals_opened_by'"
    assert "(opened_by, id)" in rows(rows_of)[0][0]


# --- terms ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "status"), [(10_899, 201), (10_900, 422), (10_901, 422)])
def test_a_group_pays_less_than_who_buys_alone(shop: RoomShop, leader: Person, price: int, status: int) -> None:
    terms = {"title": "Tea", "group_size": 2, "price_minor": price, "room_ttl_seconds": HOUR}
    answer = leader.call("POST", "/deals", json={"sku_id": to_public("sku", shop.sku_id), **terms})
    assert answer.status_code == status
    if status == 422:
        assert refusal(answer) == (422, "invalid_value", "price_minor")
    assert rows("SELECT count(*) FROM deals") == [(int(status == 201),)]


def test_a_pause_and_an_end_at_once_leave_one_ended_deal(shop: RoomShop, leader: Person) -> None:
    deal, admin = _deal(shop, leader), sign_up(shop.app, role=Role.ADMIN)
    gate = threading.Barrier(2)

    def step(person: Person, name: str) -> None:
        gate.wait()
        assert _step(person, deal, name).status_code in (200, 409)

    threads = [threading.Thread(target=step, args=pair) for pair in ((leader, "pause"), (admin, "end"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _status(shop, deal) == "ended"
    assert rows("SELECT paused_at FROM deals") == [(None,)]
