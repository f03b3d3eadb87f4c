"""Notices: who is told what, once, at how many statements, in whose words; and that they are nobody else's."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from due_work import work
from flask import Flask
from payment_shop import rows
from room_shop import Member, RoomShop, room_shop, statements
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from web_client import Person, counts, refusal, registration, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.notifications import service as notifications
from socialshop.notifications.rules import KINDS
from socialshop.notifications.sentences import SENTENCES, Reader, code_of, say
from socialshop.notifications.service import Channel, Told, Topic
from socialshop.orders import service as orders
from socialshop.rooms import service as rooms
from tests.after_sales import ADMIN
from tests.money_people import IBAN, earn, number_of
from tests.sample_sales import LONG_AGO, a_plan
from tests.unit.test_letters import FACTS, kind_of
from workers import handlers
from workers.handlers import Handler


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def told(member: Member | int) -> list[str]:
    number = member if isinstance(member, int) else member.number
    return [kind for (kind,) in rows("SELECT kind FROM notices WHERE member = :m ORDER BY id", m=number)]


def inbox(person: Person, query: str = "", **headers: str) -> Any:
    answer = person.call("GET", f"/me/notices{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def follow_again(shop: RoomShop) -> None:
    """Every handler that tells, run once more over every event that there was."""
    for handler in handlers.HANDLERS:
        if isinstance(handler, Handler) and handler.name.startswith("tell_"):
            payloads = [row[0] for row in rows("SELECT payload FROM outbox_events WHERE name = :n", n=handler.event)]
            if payloads:
                run = handler.run
                in_unit_of_work(lambda uow, run=run, told=payloads: run(uow, told), shop.pay_shop.clock)


# --- who is told what ---------------------------------------------------------------------------------------------


def test_a_room_tells_its_host_who_joined_and_everybody_that_it_filled(shop: RoomShop) -> None:
    host = shop.open(shop.deal(2))
    guest = shop.join(host.room.id)
    shop.pay(host)
    shop.pay(guest)
    shop.settle()
    assert told(host.order.buyer) == ["seat_joined", "room_filled"]
    assert told(guest.order.buyer) == ["room_filled"]


def test_a_room_that_expires_tells_everybody_and_whoever_paid_that_the_money_is_back(shop: RoomShop) -> None:
    host = shop.open(shop.deal(3))
    guest = shop.join(host.room.id)
    shop.pay(host)
    shop.work()
    shop.pay_shop.clock.advance(timedelta(hours=1))
    in_unit_of_work(rooms.expire_due, shop.pay_shop.clock)
    shop.settle()
    assert told(host.order.buyer) == ["seat_joined", "room_expired", "money_back"]
    assert told(guest.order.buyer) == ["room_expired"]
    said = dict(rows("SELECT member, facts ->> 'say' FROM notices WHERE kind = 'room_expired'"))
    assert said == {host.order.buyer: "paid", guest.order.buyer: None}


def test_a_room_whose_host_never_paid_tells_who_was_in_it_that_it_was_cancelled(shop: RoomShop) -> None:
    host = shop.open(shop.deal(3, hold=60))
    shop.tick(61)
    shop.work()
    assert told(host.order.buyer) == ["room_cancelled"]
    assert shop.seats(host.room.id)[0] == "cancelled"


def test_an_order_tells_its_way_from_shipment_to_refund_and_its_commission(shop: RoomShop) -> None:
    with unit_of_work(shop.pay_shop.clock) as uow:
        commissions.publish_plan(uow, a_plan({"kind": "host", "rate_bps": 500}), country="CN", effective_at=LONG_AGO)
    host = shop.open(shop.deal(2))
    guest = shop.join(host.room.id)
    for joined in (host, guest):
        shop.pay(joined)
    shop.settle()
    with unit_of_work(shop.pay_shop.clock) as uow:
        orders.ship(uow, ADMIN, guest.order.id, "SF", "SF1")
    refund = _refund(shop, guest.order.buyer, guest.order.id, amount_minor=900)
    shop.settle()
    assert told(guest.order.buyer) == ["room_filled", "order_shipped", "refund_approved", "refund_paid"]
    assert told(host.order.buyer) == ["seat_joined", "room_filled", "commission_accrued", "commission_clawed_back"]
    facts = dict(rows("SELECT kind, facts FROM notices WHERE member = :m", m=host.order.buyer))
    assert facts["commission_accrued"] == {"amount_minor": 495, "currency": "CNY"}
    assert facts["commission_clawed_back"] == {"amount_minor": 45, "currency": "CNY"}
    assert rows("SELECT subject FROM notices WHERE kind = 'refund_paid'") == [(str(refund),)]


def _refund(shop: RoomShop, buyer: int, order_id: Any, **what: Any) -> Any:
    with unit_of_work(shop.pay_shop.clock) as uow:
        refund = orders.request_refund(uow, buyer, order_id, "broken", **what)
    with unit_of_work(shop.pay_shop.clock) as uow:
        orders.approve_refund(uow, ADMIN, refund.id, None)
    return refund.id


def test_what_settles_of_a_rooms_sale_is_told_as_one_sum_and_imported_sales_wake_nobody(shop: RoomShop) -> None:
    with unit_of_work(shop.pay_shop.clock) as uow:
        commissions.publish_plan(uow, a_plan({"kind": "host", "rate_bps": 500}), country="CN", effective_at=LONG_AGO)
    host = shop.open(shop.deal(2))
    for joined in (host, shop.join(host.room.id)):
        shop.pay(joined)
    shop.settle()
    rows_before = counts("notices")
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE accruals SET matures_at = :t"), {"t": LONG_AGO})
        uow.session.execute(text("INSERT INTO accrual_maturities SELECT :t, id FROM accruals"), {"t": LONG_AGO})
    with unit_of_work(shop.pay_shop.clock) as uow:
        assert commissions.settle_due(uow, LONG_AGO) == 1
    shop.work()
    assert told(host.order.buyer)[-1] == "commission_settled"
    facts = rows("SELECT facts FROM notices WHERE kind = 'commission_settled'")
    assert facts == [({"amount_minor": 495, "currency": "CNY"},)]
    assert counts("notices")["notices"] == rows_before["notices"] + 1


def test_a_payout_tells_each_decision_and_its_end(app: Flask) -> None:
    member, first, second = sign_up(app), sign_up(app, role=Role.ADMIN), sign_up(app, role=Role.ADMIN)
    earn(number_of(member), 1000)
    place = member.call(
        "POST", "/me/payout-destinations", json={"channel": "bank", "holder": "Lin", "account": IBAN}
    ).get_json()
    asked = member.call(
        "POST",
        "/payout-requests",
        key=secrets.token_hex(8),
        json={"amount_minor": 500, "destination_id": place["id"]},
    ).get_json()
    at = f"/admin/payout-requests/{asked['id']}"
    for verb, body in (("hold", {"reason": "we_ask_you", "note": "new face"}), ("approve", {}), ("approve", {})):
        assert first.call("POST", f"{at}/{verb}", json=body).status_code == 200
    batch = second.call("POST", "/admin/payout-batches", key=secrets.token_hex(8), json={"channel": "bank"}).get_json()
    third = sign_up(app, role=Role.ADMIN)
    base = f"/admin/payout-batches/{batch['id']}"
    assert third.call("POST", f"{base}/release", key=secrets.token_hex(8), json={}).status_code == 200
    result = {"results": [{"request_id": asked["id"], "outcome": "paid"}]}
    assert third.call("POST", f"{base}/results", json=result).status_code == 200
    work()
    assert told(number_of(member)) == ["payout_held", "payout_approved", "payout_paid"]
    texts = [notice["text"] for notice in inbox(member, **{"Accept-Language": "en"})["data"]]
    assert texts == [
        "Your payout of CN¥5.00 was paid.",
        "Your payout of CN¥5.00 was approved.",
        "Your payout of CN¥5.00 is on hold: we have a question for you and will write to you.",
    ]
    assert {notice["target"] for notice in inbox(member)["data"]} == {asked["id"]}


def test_who_came_by_my_link_is_told_me_by_name(app: Flask) -> None:
    owner = sign_up(app, name="Mei")
    body = registration(invite_code=owner.card.invite_code, display_name="Xiao")
    assert app.test_client().post("/api/v1/members", json=body).status_code == 201
    work()
    (notice,) = inbox(owner)["data"]
    assert (notice["kind"], notice["text"], notice["target"]) == ("member_invited", "Xiao 通过你的链接加入了。", None)
    # The name is read, not stored: once it is gone, the notice is about somebody.
    with unit_of_work() as uow:
        uow.session.execute(text("DELETE FROM member_profiles WHERE display_name = 'Xiao'"))
    assert inbox(owner)["data"][0]["text"] == "一位会员 通过你的链接加入了。"


# --- once, and at how many statements -----------------------------------------------------------------------------


def test_handlers_that_run_again_tell_nobody_twice(shop: RoomShop) -> None:
    host = shop.open(shop.deal(3))
    guest = shop.join(host.room.id)
    shop.join(host.room.id)
    shop.pay(host)
    shop.pay(guest)
    shop.settle()
    shop.tick(3601)
    shop.settle()
    before = rows("SELECT id, member, kind, subject, created_at FROM notices ORDER BY id")
    assert len(before) == 7
    follow_again(shop)
    follow_again(shop)
    assert rows("SELECT id, member, kind, subject, created_at FROM notices ORDER BY id") == before


def test_the_number_of_statements_does_not_grow_with_the_members_told(shop: RoomShop) -> None:
    seen = {}
    for size in (2, 12):
        host = shop.open(shop.deal(size))
        for joined in (host, *(shop.join(host.room.id) for _ in range(size - 1))):
            shop.pay(joined)
        shop.settle()
        with unit_of_work() as uow:
            uow.session.execute(text("DELETE FROM notices"))
        with unit_of_work() as uow, statements() as ran:
            notifications.on_room_filled(uow, [{"room_id": str(host.room.id)}])
        seen[size] = len(ran)
        assert counts("notices") == {"notices": size}
    assert seen == {2: 2, 12: 2}


# --- reading ------------------------------------------------------------------------------------------------------


def _tell(person: Person, count: int = 1, kind: str = "room_filled", **facts: Any) -> None:
    number = number_of(person)
    with unit_of_work() as uow:
        notifications.tell(
            uow, [Told(number, kind, secrets.token_hex(8), None, None, {"title": "茶", **facts}) for _ in range(count)]
        )


def test_notices_come_page_by_page_newest_first_with_the_unread_count(app: Flask) -> None:
    member = sign_up(app)
    _tell(member, 5)
    first = inbox(member, "?limit=3")
    rest = inbox(member, f"?limit=3&cursor={first['next_cursor']}")
    ids = [notice["id"] for notice in first["data"] + rest["data"]]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), first["unread"], rest["next_cursor"]) == (5, 5, None)
    assert member.call("POST", "/me/notices/read", json={"ids": ids[:2]}).get_json() == {"unread": 3}
    assert [notice["id"] for notice in inbox(member, "?unread=true")["data"]] == ids[2:]
    read_at = inbox(member)["data"][0]["read_at"]
    assert read_at is not None
    assert member.call("POST", "/me/notices/read", json={}).get_json() == {"unread": 0}
    assert inbox(member)["data"][0]["read_at"] == read_at


def test_another_members_notices_are_neither_seen_nor_marked(app: Flask) -> None:
    owner, other = sign_up(app), sign_up(app, role=Role.ADMIN)
    _tell(owner, 2)
    _tell(other)
    (mine, theirs) = inbox(other)["data"], inbox(owner)["data"]
    assert len(mine) == 1
    for ids in ([theirs[0]["id"]], [mine[0]["id"], theirs[0]["id"]], [to_public("ntc", new_id())], ["ntc_x"]):
        assert refusal(other.call("POST", "/me/notices/read", json={"ids": ids}))[:2] == (404, "not_found")
    assert rows("SELECT count(*) FROM notices WHERE read_at IS NOT NULL") == [(0,)]


def test_a_notice_is_in_the_language_asked_for_else_in_the_members_own(app: Flask) -> None:
    member = sign_up(app)
    _tell(member, kind="money_back", amount_minor=123450, currency="CNY")
    assert inbox(member)["data"][0]["text"] == "「茶」的 ¥1,234.50 已退还给你。"
    english = "CN¥1,234.50 for “茶” went back to you."
    assert inbox(member, **{"Accept-Language": "en-GB"})["data"][0]["text"] == english
    assert member.call("PATCH", "/me", json={"locale": "en"}).status_code == 200
    assert inbox(member)["data"][0]["text"] == english


def test_every_kind_has_its_sentences_in_both_languages_with_the_facts_it_is_given() -> None:
    facts: Mapping[str, Any] = {
        **FACTS,
        "title": "T",
        "brand": "B",
        "name": "N",
        "reason": "R",
        "carrier": "C",
        "tracking": "1",
        "left": 2,
        "amount_minor": 100,
        "points": 80,
        "currency": "CNY",
        "until": "2026-01-31T12:00:00Z",
        "tier_en": "Gold",
        "tier_zh": "金卡会员",
        "growth": 1,
        "missing": 2,
        "threshold": 3,
        "endpoint": "whk_1",
        "plan_en": "VIP card",
        "plan_zh": "会员卡",
        "next_en": "Basic card",
        "next_zh": "基础卡",
        "why_en": "because of your tier",
        "why_zh": "因为你的会员等级",
        "vouchers": 1,
    }
    assert {kind_of(code) for code in SENTENCES} == set(KINDS)
    for code in SENTENCES:
        kind = kind_of(code)
        variant = {} if code == kind else {"say": code.removeprefix(f"{kind}_")}
        assert code_of(kind, {**facts, **variant}) == code
        for language in ("en", "zh"):
            said = say(kind, {**facts, **variant}, Reader(language, "Asia/Shanghai"))
            assert said
            assert "{" not in said


# --- choosing -----------------------------------------------------------------------------------------------------


def test_what_a_member_does_not_want_is_not_told_and_money_always_is(app: Flask) -> None:
    member = sign_up(app)
    number = number_of(member)
    with unit_of_work() as uow:
        notifications.choose(uow, number, {(Channel.IN_APP, Topic.ROOMS): False, (Channel.EMAIL, Topic.ROOMS): False})
    _tell(member)
    _tell(member, kind="refund_paid", amount_minor=1, currency="CNY")
    assert told(number) == ["refund_paid"]
    assert rows("SELECT kind FROM mails WHERE member = :m", m=number) == [("refund_paid",)]
    with unit_of_work() as uow:
        notifications.choose(uow, number, {(Channel.IN_APP, Topic.ROOMS): True})
        choices, _ = notifications.wishes_of(uow, number)
    assert [choice for choice, wanted in choices.items() if not wanted] == [(Channel.EMAIL, Topic.ROOMS)]
    assert all(topic not in (Topic.MONEY, Topic.SECURITY) for _, topic in choices)
    _tell(member)
    assert told(number) == ["refund_paid", "room_filled"]


def test_the_database_keeps_no_opt_out_of_money(app: Flask) -> None:
    number = number_of(sign_up(app))
    with pytest.raises(IntegrityError, match="ck_notice_opt_outs_topic"), unit_of_work() as uow:
        notifications.choose(uow, number, {(Channel.EMAIL, Topic.MONEY): False})
    assert counts("notice_opt_outs") == {"notice_opt_outs": 0}
