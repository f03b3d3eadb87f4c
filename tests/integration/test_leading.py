"""Becoming a leader, and the goods that leaders make deals of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from at_once import at_once
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop
from web_client import Person, counts, refusal, sign_up

from socialshop.identity import service as identity
from socialshop.identity.service import Limit
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import from_public, new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from socialshop.onboarding import applying

WISH = {"reason": "My neighbours ask me for tea.", "channels": "A group of 200"}


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def admin(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.ADMIN)


def _apply(person: Person) -> str:
    asked = person.call("POST", "/me/leader-applications", json=WISH)
    assert asked.status_code == 201, asked.text
    return str(asked.get_json()["id"])


def _decide(admin: Person, application: str, decision: str, reason: str = "Welcome.") -> Any:
    return admin.call("POST", f"/admin/leader-applications/{application}/{decision}", json={"reason": reason})


def _deal(shop: RoomShop, person: Person, **changed: object) -> Any:
    terms = {"title": "Tea", "group_size": 2, "price_minor": 9_000, "room_ttl_seconds": 3_600, **changed}
    return person.call("POST", "/deals", json={"sku_id": to_public("sku", shop.sku_id), **terms})


def _open(shop: RoomShop, admin: Person, **said: object) -> Any:
    return admin.call("POST", f"/admin/skus/{to_public('sku', shop.sku_id)}/opening", json=said)


def _told(person: Person) -> list[str]:
    return [notice["kind"] for notice in person.call("GET", "/me/notices").get_json()["data"]]


def test_who_is_approved_leads_at_once_and_has_first_steps(shop: RoomShop, admin: Person) -> None:
    member = sign_up(shop.app)
    assert refusal(_deal(shop, member))[:2] == (403, "forbidden")
    application = _apply(member)
    assert [row["id"] for row in admin.call("GET", "/admin/leader-applications").get_json()["data"]] == [application]
    approved = _decide(admin, application, "approve")
    assert (approved.status_code, approved.get_json()["status"]) == (200, "approved")
    assert _deal(shop, member).status_code == 201
    assert member.call("GET", "/me/first-steps").status_code == 200
    assert _told(member) == ["leading_approved"]
    assert refusal(member.call("POST", "/me/leader-applications", json=WISH))[:2] == (409, "already_leads")
    # Decided once more: the same way changes nothing, the other way is refused.
    assert _decide(admin, application, "approve").status_code == 200
    assert refusal(_decide(admin, application, "reject"))[:2] == (409, "application_decided")
    assert _told(member) == ["leading_approved"]


def test_who_is_refused_reads_why_and_may_apply_again(shop: RoomShop, admin: Person) -> None:
    member = sign_up(shop.app)
    application = _apply(member)
    assert refusal(member.call("POST", "/me/leader-applications", json=WISH))[:2] == (409, "application_waits")
    assert _decide(admin, application, "reject", "Tell us more.").status_code == 200
    assert rows("SELECT role FROM members WHERE id = :id", id=member.card.member_id) == [("member",)]
    own = member.call("GET", "/me/leader-applications").get_json()["data"][0]
    assert (own["status"], own["decision_reason"]) == ("rejected", "Tell us more.")
    _apply(member)


def test_what_was_decided_is_forgotten_in_time_and_what_waits_is_not(shop: RoomShop, admin: Person) -> None:
    _decide(admin, _apply(sign_up(shop.app)), "reject", "Not yet.")
    waits = _apply(sign_up(shop.app))
    decided = rows("SELECT decided_at FROM leader_applications WHERE status = 'rejected'")[0][0]
    for before, left in ((decided, 2), (decided + timedelta(days=400), 1)):
        assert not in_unit_of_work(partial(applying.forget_applications, before=before), shop.pay_shop.clock)
        assert counts("leader_applications") == {"leader_applications": left}
    assert rows("SELECT id FROM leader_applications") == [(from_public("lap", waits),)]


def test_two_admins_at_once_decide_once(shop: RoomShop, admin: Person) -> None:
    member = sign_up(shop.app)
    application = from_public("lap", _apply(member))

    def approve(uow: UnitOfWork) -> None:
        applying.approve(uow, admin.card.member_id, application, "Yes.")

    def reject(uow: UnitOfWork) -> None:
        applying.reject(uow, admin.card.member_id, application, "No.")

    ended = at_once(shop.app, shop.pay_shop.clock, [approve, reject] * 3)
    assert ended == {"done": 3, "application_decided": 3}
    role, status = rows("SELECT m.role, a.status FROM leader_applications a JOIN members m ON m.number = a.member")[0]
    assert (role == "leader") == (status == "approved")
    assert len(_told(member)) == 1


def test_goods_are_open_to_all_until_the_shop_says_otherwise(shop: RoomShop, admin: Person) -> None:
    chosen, other = (sign_up(shop.app, role=Role.LEADER) for _ in range(2))
    assert _deal(shop, other).status_code == 201
    public = to_public("mbr", chosen.card.member_id)
    opened = _open(shop, admin, open_to="chosen", leader_ids=[public])
    none = {"floor_price_minor": None, "supply_price_minor": None, "margin_bps": None}
    assert opened.get_json() == {"open_to": "chosen", "leader_ids": [public], **none}
    before = counts("deals")
    assert refusal(_deal(shop, other)) == (403, "goods_not_open", "sku_id")
    assert counts("deals") == before
    assert _deal(shop, chosen).status_code == 201
    _open(shop, admin, open_to="none")
    assert refusal(_deal(shop, chosen))[:2] == (403, "goods_not_open")
    assert _deal(shop, admin).status_code == 201


def test_no_leader_sells_below_the_floor_by_any_kind_of_deal(shop: RoomShop, admin: Person) -> None:
    leader = sign_up(shop.app, role=Role.LEADER)
    _open(shop, admin, open_to="all", floor_price_minor=9_000)
    below = _deal(shop, leader, price_minor=8_999)
    assert (refusal(below), below.get_json()["floor_minor"]) == ((422, "below_floor_price", "price_minor"), 9_000)
    assert _deal(shop, leader, price_minor=9_000).status_code == 201
    steps = [{"size": 2, "price_minor": 9_500}, {"size": 5, "price_minor": 8_999}]
    ladder = {"sku_id": to_public("sku", shop.sku_id), "title": "Tea", "group_size": 5, "room_ttl_seconds": 3_600}
    assert refusal(leader.call("POST", "/deals", json={**ladder, "price_steps": steps}))[:2] == (
        422,
        "below_floor_price",
    )
    bargain = {"start_price_minor": 9_900, "floor_price_minor": 8_999, "chops": 3, "lasts_seconds": 60}
    terms = {"sku_id": to_public("sku", shop.sku_id), "title": "Chop", **bargain}
    answer = leader.call("POST", "/bargain-offers", json=terms)
    assert refusal(answer) == (422, "below_floor_price", "floor_price_minor")
    assert _deal(shop, admin, price_minor=1).status_code == 201


def test_a_draft_is_published_by_what_the_shop_says_then_and_not_when_it_was_made(
    shop: RoomShop, admin: Person
) -> None:
    leader = sign_up(shop.app, role=Role.LEADER)
    perk = {"kind": "percentage", "rate_bps": 1_000}
    draft = _deal(shop, leader, draft=True, price_minor=9_000, host_perk=perk).get_json()["id"]
    plain = _deal(shop, leader, draft=True, price_minor=9_000).get_json()["id"]

    def publish(person: Person, deal: str) -> Any:
        return person.call("POST", f"/deals/{deal}/publish")

    # A floor that was said since holds for it, of what the host's perk leaves too; so does to whom goods are open.
    _open(shop, admin, open_to="all", floor_price_minor=8_101)
    refused = publish(leader, draft)
    assert (refusal(refused), refused.get_json()["floor_minor"]) == ((422, "below_floor_price", "deal_id"), 8_101)
    _open(shop, admin, open_to="none")
    assert refusal(publish(leader, draft)) == (403, "goods_not_open", "deal_id")
    # Nor does it help to have a session or an admin publish it: who answers for the deal is asked for.
    ends_at = to_text(shop.pay_shop.clock.now() + timedelta(hours=2))
    session = {"brand": "Tea", "title": "Tea", "ends_at": ends_at, "picks": [{"id": plain}]}
    for person in (leader, admin):
        assert refusal(person.call("POST", "/flash-sessions", json=session)) == (403, "goods_not_open", "picks")
    assert refusal(publish(admin, draft)) == (403, "goods_not_open", "deal_id")
    decision, until = new_id(), shop.pay_shop.clock.now() + timedelta(days=1)
    number = rows("SELECT number FROM members WHERE id = :id", id=leader.card.member_id)[0][0]
    limit = partial(identity.limit_member, decision_id=decision, number=number, limit=Limit.LIMITED, ends_at=until)
    in_unit_of_work(limit, shop.pay_shop.clock)
    for person in (leader, admin):
        assert refusal(publish(person, plain))[:2] == (403, "standing_limited")
    assert rows("SELECT count(*) FROM deals WHERE draft") == [(2,)]
    assert counts("flash_sessions", "flash_session_picks") == {"flash_sessions": 0, "flash_session_picks": 0}
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'deal.published'") == [(0,)]
    # Within what the shop says it is published, with the margin of now.
    in_unit_of_work(partial(identity.lift_limit, decision_id=decision), shop.pay_shop.clock)
    _open(shop, admin, open_to="all", supply_price_minor=8_000, margin_bps=2_500)
    assert publish(leader, draft).get_json()["status"] == "live"
    assert rows("SELECT leader_margin FROM deals WHERE id = :id", id=from_public("deal", draft)) == [
        ({str(shop.sku_id): {"supply_minor": 8_000, "share_bps": 2_500}},)
    ]


@pytest.mark.parametrize(
    ("perk", "is_above"),
    [
        ({"kind": "free_seat"}, False),
        ({"kind": "percentage", "rate_bps": 1_002}, False),
        ({"kind": "percentage", "rate_bps": 1_000}, True),
        ({"kind": "commission", "rate_bps": 1_002}, False),
        ({"kind": "commission", "fixed_minor": 991}, False),
        ({"kind": "commission", "fixed_minor": 990}, True),
    ],
)
def test_no_leader_goes_below_the_floor_by_a_perk_of_the_host(
    shop: RoomShop, admin: Person, perk: dict[str, Any], is_above: bool
) -> None:
    leader = sign_up(shop.app, role=Role.LEADER)
    _open(shop, admin, open_to="all", floor_price_minor=8_910)
    before = counts("deals")
    answer = _deal(shop, leader, price_minor=9_900, host_perk=perk)
    if is_above:
        assert answer.status_code == 201
    else:
        assert refusal(answer) == (422, "below_floor_price", "host_perk")
        assert counts("deals") == before
    assert _deal(shop, admin, price_minor=9_900, host_perk=perk).status_code == 201


def test_a_fixed_commission_is_at_most_half_of_the_least_price(shop: RoomShop) -> None:
    """Else whoever makes a deal writes any sum into the own wallet for the sale of one unit."""
    leader = sign_up(shop.app, role=Role.LEADER)
    steps = [{"size": 2, "price_minor": 9_900}, {"size": 3, "price_minor": 8_001}]
    terms = {"sku_id": to_public("sku", shop.sku_id), "title": "Tea", "group_size": 3, "room_ttl_seconds": 3_600}
    most, before = {"kind": "commission", "fixed_minor": 4_000}, counts("deals")
    for too_much in (4_001, 10**12):
        wish = {**terms, "price_steps": steps, "host_perk": {**most, "fixed_minor": too_much}}
        assert refusal(leader.call("POST", "/deals", json=wish))[::2] == (422, "host_perk")
    assert counts("deals") == before
    wish = {**terms, "price_steps": steps, "host_perk": most}
    assert leader.call("POST", "/deals", json=wish).status_code == 201


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"open_to": "all", "floor_price_minor": 10_900}, "floor_price_minor"),
        ({"open_to": "chosen"}, "leader_ids"),
        ({"open_to": "some"}, "open_to"),
    ],
)
def test_an_opening_that_cannot_be_is_refused_by_name(
    shop: RoomShop, admin: Person, said: dict[str, object], field: str
) -> None:
    assert refusal(_open(shop, admin, **said)) == (422, "invalid_value", field)
    assert counts("leader_goods") == {"leader_goods": 0}


def test_only_leaders_are_chosen(shop: RoomShop, admin: Person) -> None:
    member = to_public("mbr", sign_up(shop.app).card.member_id)
    assert refusal(_open(shop, admin, open_to="chosen", leader_ids=[member]))[:2] == (404, "not_found")
