"""A deal that is offered to a segment: who is in it is invited, told why, sees and joins it; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from market import ZONE, number, willing
from payment_shop import rows
from room_shop import RoomShop, room_shop
from sqlalchemy import text
from web_client import Person, counts, refusal, sign_up

from socialshop.deals import invitation_store
from socialshop.deals.service import offering
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.service import dealing
from socialshop.loyalty.store import segments
from socialshop.rooms import service as rooms
from socialshop.rooms.service import joining


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def in_tier(person: Person, tier: str) -> None:
    statement = """
        INSERT INTO member_standings (member, version, tier, since)
        SELECT :member, version, code, now() FROM tiers WHERE code = :tier
        ON CONFLICT (member) DO UPDATE SET tier = excluded.tier
    """
    who = number(person)
    with unit_of_work() as uow:
        uow.session.execute(text(statement), {"member": who, "tier": tier})


def rounds(shop: RoomShop, days: int = 0) -> int:
    """The rounds of the day in spans of two; returns how many steps they took."""
    shop.pay_shop.clock.advance(timedelta(days=days))
    steps = 0
    while in_unit_of_work(lambda uow: loyalty.offer_due(uow, ZONE, span=2), shop.pay_shop.clock):
        steps += 1
    return steps


def told(person: Person) -> list[tuple[str, str]]:
    query = "SELECT facts ->> 'why_en', facts ->> 'title' FROM notices WHERE kind = 'deal_offered' AND member = :m"
    return [tuple(row) for row in rows(query, m=number(person))]  # type: ignore[misc]


def listed(person: Person) -> list[str]:
    return [deal["id"] for deal in person.call("GET", "/deals").get_json()["data"]]


def a_draft(shop: RoomShop, admin: Person) -> str:
    terms = {"sku_id": to_public("sku", shop.sku_id), "title": "For some", "group_size": 3, "price_minor": 900}
    made = admin.call("POST", "/deals", json=terms | {"room_ttl_seconds": 3600, "draft": True})
    return str(made.get_json()["id"])


def test_a_deal_for_a_segment_is_seen_and_joined_by_who_is_in_it_alone(shop: RoomShop) -> None:
    """Given a draft kept for a tier and published, when the day's round is walked, then the tier alone has it."""
    admin, (lin, rui, zhu) = sign_up(shop.app, role=Role.ADMIN), willing(shop.app, 3)
    in_tier(lin, "silver")
    deal = a_draft(shop, admin)
    unknown = {"deal_id": deal, "segment": {"tiers": ["silver", "nobody"]}}
    assert refusal(admin.call("POST", "/admin/deal-offers", json=unknown)) == (422, "invalid_value", "segment.tiers")
    assert counts("deal_segments") == {"deal_segments": 0}
    offered = admin.call("POST", "/admin/deal-offers", json={"deal_id": deal, "segment": {"tiers": ["silver"]}})
    assert (offered.status_code, offered.get_json()["deal"]["invited_only"]) == (200, True)
    assert rounds(shop) == 0
    admin.call("POST", f"/deals/{deal}/publish")
    assert rounds(shop) > 2
    assert rounds(shop) == 0
    assert [listed(person) for person in (lin, rui)] == [[deal], []]
    assert [person.call("GET", f"/deals/{deal}").status_code for person in (lin, rui, admin)] == [200, 404, 200]
    assert shop.app.test_client().get(f"/api/v1/deals/{deal}").status_code == 404
    mine = [person.call("GET", "/me/deal-offers").get_json()["data"] for person in (lin, rui)]
    assert [[(one["deal"]["id"], one["because_en"]) for one in each] for each in mine] == [
        [(deal, ["because of your tier"])],
        [],
    ]
    assert [told(person) for person in (lin, rui)] == [[("because of your tier", "For some")], []]
    before = counts("rooms", "seats", "orders")
    assert refusal(rui.call("POST", f"/deals/{deal}/rooms", key="a", json={}))[:2] == (403, "invitation_required")
    assert counts("rooms", "seats", "orders") == before
    room = lin.call("POST", f"/deals/{deal}/rooms", key="b", json={}).get_json()["room"]["id"]
    assert refusal(rui.call("POST", f"/rooms/{room}/seats", key="c", json={}))[:2] == (403, "invitation_required")
    assert refusal(rui.call("POST", f"/deals/{deal}/rooms/any", key="d", json={}))[:2] == (403, "invitation_required")
    assert (shop.left(), len(rows("SELECT 1 FROM seats"))) == (shop.stock - 1, 1)
    # Of the room and its price nobody learns by its id but who is invited, and who looks after deals.
    before = counts("coupon_uses", "point_uses")
    for path in (f"/rooms/{room}", f"/rooms/{room}/events"):
        seen = [person.call("GET", path).status_code for person in (lin, rui, admin)]
        assert (path, seen) == (path, [200, 404, 200])
        assert shop.app.test_client().get(f"/api/v1{path}").status_code == 404
    tag = lin.call("GET", f"/rooms/{room}").headers["ETag"]
    again = {"If-None-Match": tag}
    assert [who.call("GET", f"/rooms/{room}", headers=again).status_code for who in (lin, rui)] == [304, 404]
    for path in (f"/deals/{deal}/quotes", f"/rooms/{room}/quotes"):
        assert refusal(rui.call("POST", path, json={}))[:2] == (404, "not_found")
    assert lin.call("POST", f"/deals/{deal}/quotes", json={}).status_code == 200
    assert refusal(lin.call("POST", f"/rooms/{room}/quotes", json={}))[1] == "already_seated"
    assert counts("coupon_uses", "point_uses") == before
    # Nor by the process that holds watchers, which knows nobody.
    with unit_of_work() as uow:
        assert rooms.events_of_rooms(uow, {from_public("room", room): 0}) == {}
    # A paused deal is told to nobody else either.
    admin.call("POST", f"/deals/{deal}/pause")
    codes = [refusal(who.call("POST", f"/deals/{deal}/quotes", json={}))[1] for who in (lin, rui)]
    assert codes == ["deal_paused", "not_found"]
    admin.call("POST", f"/deals/{deal}/resume")
    # A day later another is in it, and who was stays invited, told once; what the shop knows of them is theirs.
    in_tier(lin, "normal")
    in_tier(rui, "silver")
    rounds(shop, days=1)
    assert [len(told(person)) for person in (lin, rui, zhu)] == [1, 1, 0]
    assert rui.call("POST", f"/deals/{deal}/rooms", key="e", json={}).status_code == 201
    assert [listed(person) for person in (lin, rui, zhu)] == [[deal], [deal], []]
    shown = admin.call("GET", "/admin/deal-offers").get_json()["data"]
    assert [(one["deal"]["id"], one["invited"]) for one in shown] == [(deal, 2)]
    assert len(lin.call("GET", "/me/export").get_json()["sections"]["deal_invitations"]) == 1


def test_who_declined_is_not_invited_and_what_is_published_or_unknown_is_not_kept(shop: RoomShop) -> None:
    admin, (lin,) = sign_up(shop.app, role=Role.ADMIN), willing(shop.app, 1)
    lin.call("POST", "/me/consents", json={"document": "personalisation", "given": False})
    deal = a_draft(shop, admin)
    newcomers = {"newcomer_days": 30}
    for wrong in ({"deal_id": "deal_x", "segment": newcomers}, {"deal_id": deal, "segment": {}}):
        assert admin.call("POST", "/admin/deal-offers", json=wrong).status_code == 422
    unknown = {"deal_id": to_public("deal", shop.sku_id), "segment": newcomers}
    assert admin.call("POST", "/admin/deal-offers", json=unknown).status_code == 404
    admin.call("POST", "/admin/deal-offers", json={"deal_id": deal, "segment": newcomers})
    admin.call("POST", f"/deals/{deal}/publish")
    rounds(shop)
    assert rows("SELECT count(*) FROM deal_invitations") == [(0,)]
    public = a_draft(shop, admin)
    admin.call("POST", f"/deals/{public}/publish")
    refused = admin.call("POST", "/admin/deal-offers", json={"deal_id": public, "segment": newcomers})
    assert refusal(refused)[:2] == (409, "deal_published")
    assert rows("SELECT count(*) FROM deal_segments") == [(1,)]
    # No storefront shows it to everybody.
    leader = sign_up(shop.app, role=Role.LEADER)
    front = {"title": "Mine", "picks": [deal]}
    assert leader.call("POST", "/me/storefront", json=front).status_code == 404


def test_each_guard_of_a_deal_for_some_is_needed(shop: RoomShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted faults: without each guard somebody sees, prices, joins or is invited to what is not for them."""
    admin, (lin, rui, zhu) = sign_up(shop.app, role=Role.ADMIN), willing(shop.app, 3)
    zhu.call("POST", "/me/consents", json={"document": "personalisation", "given": False})
    for person in (lin, zhu):
        in_tier(person, "silver")
    deal = a_draft(shop, admin)
    admin.call("POST", "/admin/deal-offers", json={"deal_id": deal, "segment": {"tiers": ["silver"]}})
    admin.call("POST", f"/deals/{deal}/publish")
    rounds(shop)
    room = lin.call("POST", f"/deals/{deal}/rooms", key="a", json={}).get_json()["room"]["id"]
    invited = "SELECT member FROM deal_invitations ORDER BY member"
    assert rows(invited) == [(number(lin),)]

    def statuses() -> list[int]:
        seen = [rui.call("GET", path).status_code for path in (f"/deals/{deal}", f"/rooms/{room}")]
        return [
            *seen,
            *(rui.call("POST", f"{at}/quotes", json={}).status_code for at in (f"/deals/{deal}", f"/rooms/{room}")),
        ]

    assert statuses() == [404] * 4
    with monkeypatch.context() as planted:
        for module in (invitation_store, offering):
            planted.setattr(module, "is_invited", lambda *_: True)
        assert statuses() == [200] * 4
    with monkeypatch.context() as planted:
        planted.setattr(joining, "check_member", lambda *_: None)
        assert rui.call("POST", f"/rooms/{room}/seats", key="b", json={}).status_code == 201
    # A round that asks no segment, and a segment that asks no consent.
    with monkeypatch.context() as planted:
        willing_or_not = str(segments._MATCHING).replace("consent_stands(m.id, 'personalisation')", "true")
        planted.setattr(segments, "_MATCHING", text(willing_or_not))
        rounds(shop, days=1)
    assert rows(invited) == [(number(person),) for person in (lin, zhu)]
    with monkeypatch.context() as planted:
        planted.setattr(dealing, "in_segment", lambda uow, segment, members, day: members)
        rounds(shop, days=1)
    assert (number(rui),) in rows(invited)
