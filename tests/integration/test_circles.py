"""A leader's circle: who belongs, what it hears and how often, deals for it alone, and the first steps of a leader."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from money_people import IBAN, clock_of, number_of
from payment_shop import rows
from points_shop import BEGINNING
from room_shop import RoomShop, room_shop, statements
from sqlalchemy import text
from web_client import Person, counts, refusal, registration, sign_up

from socialshop.community import service as community
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from tests.due_work import work


@pytest.fixture
def leader(app: Flask) -> Person:
    return sign_up(app, role=Role.LEADER, name="Top")


def brought(leader: Person, name: str = "Lin") -> Person:
    """Somebody who registered through the leader's link."""
    client = leader.client.application.test_client()
    body = registration(invite_code=leader.card.invite_code, display_name=name)
    answer = client.post("/api/v1/members", json=body).get_json()
    found = sign_up(leader.client.application)
    return Person(client, found.card, answer["token"])


def mbr(person: Person) -> str:
    return str(person.call("GET", "/me").get_json()["id"])


def names(leader: Person) -> list[str | None]:
    return [row["display_name"] for row in leader.call("GET", "/me/circle").get_json()["data"]]


def heard(person: Person) -> int:
    return sum(row["kind"] == "circle_notice" for row in person.call("GET", "/me/notices").get_json()["data"])


def tell(leader: Person, words: str = "New tea.") -> Any:
    return leader.call("POST", "/me/circle/notices", key=secrets.token_hex(8), json={"text": words})


def test_whom_a_leader_brought_belongs_and_who_joins_and_either_may_leave_and_come_back(
    app: Flask, leader: Person
) -> None:
    lin, rui = brought(leader), brought(sign_up(app), name="Rui")
    path = f"/circles/{mbr(leader)}"
    assert names(leader) == ["Lin"]
    assert [one.call("GET", path).get_json()["is_member"] for one in (lin, rui)] == [True, False]
    for _ in range(2):
        assert rui.call("POST", f"{path}/join").get_json()["is_member"]
    assert sorted(str(name) for name in names(leader)) == ["Lin", "Rui"]
    for _ in range(2):
        assert not lin.call("POST", f"{path}/leave").get_json()["is_member"]
    assert names(leader) == ["Rui"]
    lin.call("POST", f"{path}/join")
    # Named is only who agreed to be.
    rui.call("POST", "/me/consents", json={"document": "names", "given": False})
    assert sorted(str(name) for name in names(leader)) == ["Lin", "None"]
    # A member leads nobody; the sponsor stays the sponsor, whoever left.
    assert refusal(lin.call("POST", f"/circles/{mbr(rui)}/join"))[:2] == (404, "not_found")
    assert counts("circle_members") == {"circle_members": 2}


def test_a_circle_hears_of_its_leader_three_times_in_seven_days_and_who_opted_out_does_not(app: Flask) -> None:
    clock = clock_of(app, BEGINNING)
    leader = sign_up(app, role=Role.LEADER)
    lin, rui, stranger = brought(leader), brought(leader), brought(sign_up(app))
    rui.call("PATCH", "/me", key="p", json={"notices": {"in_app": {"circles": False}}})
    assert [tell(leader).status_code for _ in range(3)] == [201] * 3
    work()
    work()
    assert [heard(one) for one in (lin, rui, stranger)] == [3, 0, 0]
    before = counts("circle_notices", "audit_entries", "outbox_events")
    assert refusal(tell(leader))[:2] == (429, "circle_notice_limit")
    assert counts("circle_notices", "audit_entries", "outbox_events") == before
    clock.advance(timedelta(days=7))
    assert tell(leader).status_code == 201
    # The words stand in one place: only who belongs reads them.
    path = f"/circles/{mbr(leader)}"
    assert len(lin.call("GET", path).get_json()["notices"]) == 4
    assert stranger.call("GET", path).get_json()["notices"] == []
    assert rows("SELECT count(*) FROM notices WHERE facts::text LIKE '%New tea%'") == [(0,)]
    assert refusal(lin.call("POST", "/me/circle/notices", json={"text": "x"}))[:2] == (403, "forbidden")


def test_a_large_circle_is_told_in_steps_each_of_its_members_once(app: Flask, leader: Person) -> None:
    people = [brought(leader) for _ in range(5)]
    notice = from_public("cnt", tell(leader).get_json()["id"])
    told = [{"notice_id": str(notice), "after": 0}]
    for _ in range(2):
        in_unit_of_work(lambda uow: community.on_circle_notice_posted(uow, told, span=2))
    assert [heard(one) for one in people] == [1, 1, 0, 0, 0]
    # A step that is killed tells nobody, and the step after it goes on from where it stood.
    with pytest.raises(RuntimeError):
        in_unit_of_work(lambda uow: (community.on_circle_notice_posted(uow, told, span=9), killed())[0])
    assert [heard(one) for one in people] == [1, 1, 0, 0, 0]
    work(["tell_circle"])
    assert [heard(one) for one in people] == [1] * 5


def killed() -> None:
    raise RuntimeError("killed")


def test_of_many_notices_at_once_three_are_posted(app: Flask, leader: Person) -> None:
    me, number = leader.card.member_id, number_of(leader)
    gate, ended = threading.Barrier(6), []

    def run() -> None:
        with app.app_context():
            gate.wait()
            try:
                in_unit_of_work(lambda uow: community.post_circle_notice(uow, me, number, "New tea."))
                ended.append("done")
            except DomainError as refused:
                ended.append(refused.code)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["circle_notice_limit"] * 3 + ["done"] * 3


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def test_a_deal_for_a_circle_is_joined_by_the_circle_alone(shop: RoomShop) -> None:
    leader = sign_up(shop.app, role=Role.LEADER)
    lin, rui, stranger = brought(leader), brought(leader), brought(sign_up(shop.app))
    terms = {"sku_id": to_public("sku", shop.sku_id), "title": "Ours", "group_size": 3, "price_minor": 900}
    made = leader.call("POST", "/deals", json=terms | {"room_ttl_seconds": 3600, "circle_only": True}).get_json()
    assert made["circle_only"] is True
    before = counts("rooms", "seats", "orders")
    refused = stranger.call("POST", f"/deals/{made['id']}/rooms", key="a", json={})
    assert refusal(refused)[:2] == (403, "circle_required")
    assert counts("rooms", "seats", "orders") == before
    room = lin.call("POST", f"/deals/{made['id']}/rooms", key="b", json={}).get_json()["room"]["id"]
    assert refusal(stranger.call("POST", f"/rooms/{room}/seats", key="c", json={}))[:2] == (403, "circle_required")
    assert rui.call("POST", f"/rooms/{room}/seats", key="d", json={}).status_code == 201
    # The room keeps what it was opened on.
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE deals SET circle_only = false"))
    assert refusal(stranger.call("POST", f"/rooms/{room}/seats", key="e", json={}))[:2] == (403, "circle_required")
    stranger.call("POST", f"/circles/{mbr(leader)}/join")
    assert stranger.call("POST", f"/rooms/{room}/seats", key="f", json={}).status_code == 201
    assert shop.left() == shop.stock - 3


def test_a_room_for_everybody_asks_for_no_circle(shop: RoomShop) -> None:
    room = shop.open(shop.deal(5)).room.id
    member = shop.member()
    shop.join(room)
    with statements() as seen:
        shop.join(room, member)
    assert [one for one in seen if "in_circle" in one] == []


def test_the_first_steps_are_seen_from_what_happened(shop: RoomShop) -> None:
    leader = sign_up(shop.app, role=Role.LEADER)

    def done() -> list[str]:
        steps = leader.call("GET", "/me/first-steps").get_json()["data"]
        assert len(steps) == 5
        return [row["step"] for row in steps if row["done_at"]]

    assert done() == []
    leader.call("POST", "/me/behaviour-rules", json={"version": 1})
    place = {"channel": "bank", "holder": "Top", "account": IBAN}
    leader.call("POST", "/me/payout-destinations", json=place)
    assert done() == ["read_rules", "payout_destination"]
    terms = {"sku_id": to_public("sku", shop.sku_id), "title": "Ours", "group_size": 2, "price_minor": 900}
    deal = leader.call("POST", "/deals", json=terms | {"room_ttl_seconds": 3600, "draft": True}).get_json()["id"]
    assert done() == ["read_rules", "payout_destination"]
    leader.call("POST", f"/deals/{deal}/publish")
    leader.call("POST", "/invite-links", json={"kind": "deal", "target_id": deal})
    assert done() == ["read_rules", "payout_destination", "opened_deal", "shared_link"]
    lin, rui = sign_up(shop.app), sign_up(shop.app)
    opened = lin.call("POST", f"/deals/{deal}/rooms", key="o", json={}).get_json()
    joined = rui.call("POST", f"/rooms/{opened['room']['id']}/seats", key="j", json={}).get_json()
    for who, taken in ((lin, opened), (rui, joined)):
        who.call("POST", f"/sandbox/payments/{taken['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.settle()
    assert done() == ["read_rules", "payout_destination", "opened_deal", "shared_link", "filled_room"]
    admin = sign_up(shop.app, role=Role.ADMIN)
    admin.call("POST", "/admin/behaviour-rules", json={"text_zh": "一", "text_en": "One"})
    assert "read_rules" not in done()


def test_who_leaves_the_shop_leaves_circles_and_takes_the_words_along(app: Flask, leader: Person) -> None:
    lin = brought(leader)
    tell(leader, "Kanari tea.")
    path = f"/circles/{mbr(leader)}"
    assert lin.call("GET", path).get_json()["notices"][0]["text"] == "Kanari tea."
    export = leader.call("GET", "/me/export").get_json()["sections"]
    assert [row["body"] for row in export["circle_notices"]] == ["Kanari tea."]
    assert leader.call("DELETE", "/me").status_code == 200
    assert rows("SELECT body FROM circle_notices") == [("",)]
    assert (
        rows("SELECT count(*) FROM idempotency_answers WHERE position('Kanari' IN convert_from(content, 'UTF8')) > 0")[
            0
        ][0]
        == 0
    )
