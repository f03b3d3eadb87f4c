"""Flash sessions: their clock, the deals that hold to it, what is pinned, who is told, what they brought."""

from __future__ import annotations

import io
import secrets
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from at_once import at_once
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop, statements
from sqlalchemy import text
from web_client import API, Person, counts, refusal, sign_up

from socialshop.deals import flash
from socialshop.deals import service as deals
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.invites.service import Reach
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import from_public, new_id, new_ids, to_public
from socialshop.kernel.money import Money
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from socialshop.rooms.service import SessionResults
from socialshop.rooms.store.sessions import SessionDealRow

HOUR = timedelta(hours=1)
STREAM = "https://live.bilibili.com/7"
TABLES = ("flash_sessions", "flash_session_picks", "flash_session_reminders")


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def leader(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.LEADER, name="Wang")


def _now(shop: RoomShop) -> datetime:
    return shop.pay_shop.clock.now()


def own_deal(shop: RoomShop, person: Person, **terms: object) -> str:
    """A draft of this leader's, which is what a session opens."""
    new = {"sku_id": to_public("sku", shop.sku_id), "title": "Tea", "group_size": 2, "price_minor": 9_000}
    body = {**new, "room_ttl_seconds": 3_600, "draft": True, **terms}
    answer = person.call("POST", "/deals", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def announced(shop: RoomShop, *picks: object, **changed: object) -> dict[str, Any]:
    """The body of a session that begins in an hour and lasts two."""
    said = {"brand": "Hill Tea", "title": "Two hours of tea", "stream_url": STREAM}
    clock = {"starts_at": to_text(_now(shop) + HOUR), "ends_at": to_text(_now(shop) + 3 * HOUR)}
    return {**said, **clock, "picks": [p if isinstance(p, dict) else {"id": p} for p in picks], **changed}


def _announce(person: Person, body: dict[str, Any]) -> str:
    answer = person.call("POST", "/flash-sessions", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def _open(person: Person, deal: str) -> Any:
    return person.call("POST", f"/deals/{deal}/rooms", key=secrets.token_hex(4), json={})


def _pass(shop: RoomShop, span: timedelta) -> None:
    """Let time pass, and do what the schedule and the workers do then."""
    shop.pay_shop.clock.advance(span)
    while in_unit_of_work(deals.turn_sessions, shop.pay_shop.clock):
        pass
    shop.work()


def _state(shop: RoomShop, session: str) -> tuple[str, str | None]:
    found = shop.app.test_client().get(f"{API}/flash-sessions/{session}/live").get_json()
    return found["status"], found["pinned"]


def test_a_session_opens_its_deals_at_its_start_and_closes_them_at_its_end_to_the_second(
    shop: RoomShop, leader: Person
) -> None:
    # given a draft that holds to the session, and a deal with a clock of its own
    held, free = own_deal(shop, leader), own_deal(shop, leader, draft=False)
    product = to_public("prd", rows("SELECT id FROM products")[0][0])
    body = announced(shop, held, {"id": free, "while_live": False}, product)
    session = _announce(leader, body)
    shown = shop.app.test_client().get(f"{API}/flash-sessions/{session}").get_json()
    assert [(p["deal"] or p["product"])["id"] for p in shown["picks"]] == [held, free, product]
    assert [p["while_live"] for p in shown["picks"]] == [True, False, False]
    assert (shown["opened_by"]["display_name"], shown["status"]) == ("Wang", "announced")
    buyer = sign_up(shop.app)
    # when it is announced, one second before its start, and at its start
    assert refusal(_open(buyer, held))[:2] == (409, "deal_not_live")
    assert _open(buyer, free).status_code == 201
    shop.pay_shop.clock.advance(HOUR - timedelta(seconds=1))
    assert (refusal(_open(buyer, held))[1], _state(shop, session)[0]) == ("deal_not_live", "announced")
    # then no schedule has to have run for it to be live
    shop.pay_shop.clock.advance(timedelta(seconds=1))
    assert (_open(buyer, held).status_code, _state(shop, session)[0]) == (201, "live")
    assert [s["id"] for s in shop.app.test_client().get(f"{API}/flash-sessions").get_json()["data"]] == [session]
    # and at its end it is over: rooms that are open live on, none is opened
    shop.pay_shop.clock.advance(2 * HOUR)
    assert (refusal(_open(buyer, held))[1], _state(shop, session)[0]) == ("deal_not_live", "ended")
    assert shop.app.test_client().get(f"{API}/flash-sessions").get_json()["data"] == []
    assert _open(buyer, free).status_code == 201


def test_an_announced_session_is_changed_with_the_clocks_of_its_deals_and_no_other_is(
    shop: RoomShop, leader: Person
) -> None:
    first, second = own_deal(shop, leader), own_deal(shop, leader)
    session = _announce(leader, announced(shop, first))
    later = to_text(_now(shop) + 5 * HOUR)
    edit = {"ends_at": later, "title": "More tea", "picks": [{"id": second}, {"id": first}]}
    changed = leader.call("PATCH", f"/flash-sessions/{session}", json=edit).get_json()
    assert [(p["deal"]["id"], p["deal"]["ends_at"]) for p in changed["picks"]] == [(second, later), (first, later)]
    assert (changed["title"], changed["brand"]) == ("More tea", "Hill Tea")
    # Once it is live the stream alone may change; somebody else's is not there at all.
    _pass(shop, HOUR)
    refused = leader.call("PATCH", f"/flash-sessions/{session}", json={"title": "Less tea", "stream_url": None})
    assert refusal(refused)[:2] == (409, "session_begun")
    moved = leader.call("PATCH", f"/flash-sessions/{session}", json={"stream_url": None}).get_json()
    assert (moved["title"], moved["stream_url"], moved["status"]) == ("More tea", None, "live")
    other = sign_up(shop.app, role=Role.LEADER)
    for path in ("", "/cancel", "/pin", "/results"):
        method = {"": "PATCH", "/results": "GET"}.get(path, "POST")
        body = {"": {"title": "Mine"}, "/pin": {"pick_id": None}}.get(path)
        answer = other.call(method, f"/flash-sessions/{session}{path}", **({"json": body} if body else {}))
        assert refusal(answer)[:2] == (404, "not_found"), path


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ("another's deal", 404, "not_found"),
        ("bargain", 404, "not_found"),
        ("draft that does not hold", 404, "not_found"),
        ("begun", 409, "deal_begun"),
        ("held elsewhere", 409, "deal_in_session"),
        ("twice", 422, "invalid_value"),
        ("ends before it starts", 422, "invalid_value"),
        ("began yesterday", 422, "invalid_value"),
        ("too long", 422, "invalid_value"),
        ("stream elsewhere", 422, "invalid_value"),
    ],
)
def test_what_cannot_be_a_session_is_refused_and_nothing_changes(
    shop: RoomShop, leader: Person, wrong: str, status: int, code: str
) -> None:
    good = own_deal(shop, leader)
    body = announced(shop, good)
    chop = {"start_price_minor": 9_900, "floor_price_minor": 900, "chops": 3, "lasts_seconds": 60}
    if wrong == "another's deal":
        body = announced(shop, good, own_deal(shop, sign_up(shop.app, role=Role.LEADER)))
    elif wrong == "bargain":
        offer = {"sku_id": to_public("sku", shop.sku_id), "title": "Chop", **chop}
        body = announced(shop, good, leader.call("POST", "/bargain-offers", json=offer).get_json()["id"])
    elif wrong == "draft that does not hold":
        body = announced(shop, {"id": good, "while_live": False})
    elif wrong == "begun":
        body = announced(shop, good, own_deal(shop, leader, draft=False))
    elif wrong == "held elsewhere":
        _announce(leader, announced(shop, good))
        body = announced(shop, own_deal(shop, leader), good)
    body |= {
        "twice": {"picks": [{"id": good}, {"id": good}]},
        "ends before it starts": {"ends_at": body["starts_at"]},
        "began yesterday": {"starts_at": to_text(_now(shop) - HOUR)},
        "too long": {"ends_at": to_text(_now(shop) + timedelta(days=16))},
        "stream elsewhere": {"stream_url": "https://bilibili.com.example/7"},
    }.get(wrong, {})
    before = counts(*TABLES), rows("SELECT id, draft, starts_at, ends_at FROM deals ORDER BY id")
    assert refusal(leader.call("POST", "/flash-sessions", json=body))[:2] == (status, code)
    assert (counts(*TABLES), rows("SELECT id, draft, starts_at, ends_at FROM deals ORDER BY id")) == before


@pytest.mark.parametrize(
    "address",
    [
        "http://live.bilibili.com/7",
        "https://live.bilibili.com@evil.example/7",
        "https://evil.example/live.bilibili.com",
        "https://xlive.bilibili.com.evil.example/",
        "https://notlive.bilibili.com/7",
        "https://live.bilibili.com:8443/7",
        "https://live.bilibili.com\\@evil.example/",
        "https://live.bilibili.com/\n",
        "javascript:alert(1)",
        "https://[live.bilibili.com/",
    ],
)
def test_a_stream_lies_at_an_https_address_of_the_hosts_that_the_shop_allows(address: str) -> None:
    flash.check_stream("https://eu.live.bilibili.com/7?from=shop", {"live.bilibili.com"})
    with pytest.raises(InvalidValue):
        flash.check_stream(address, {"live.bilibili.com"})


def test_a_pin_shows_at_the_next_look_and_a_look_costs_one_read_changed_or_not(shop: RoomShop, leader: Person) -> None:
    first, second = own_deal(shop, leader), own_deal(shop, leader)
    session = _announce(leader, announced(shop, first, second))
    address = f"{API}/flash-sessions/{session}/live"

    def pin(pick: str | None) -> Any:
        return leader.call("POST", f"/flash-sessions/{session}/pin", json={"pick_id": pick})

    assert refusal(pin(first))[:2] == (409, "session_not_live")
    _pass(shop, HOUR)
    seen = shop.app.test_client().get(address)
    assert seen.get_json() == {"status": "live", "pinned": None, "stream_url": STREAM}
    with statements() as asked:
        same = shop.app.test_client().get(address, headers={"If-None-Match": seen.headers["ETag"]})
    assert (same.status_code, len(asked)) == (304, 1)
    assert [p["pinned"] for p in pin(second).get_json()["picks"]] == [False, True]
    with statements() as asked:
        news = shop.app.test_client().get(address, headers={"If-None-Match": seen.headers["ETag"]})
    assert (news.status_code, news.get_json()["pinned"], len(asked)) == (200, second, 1)

    # What is nearly sold out is another answer with each unit; what there is enough of is not.
    def tag() -> str:
        return str(shop.app.test_client().get(address).headers["ETag"])

    enough = [tag()]
    shop.open(from_public("deal", first))
    enough.append(tag())
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE skus SET low_stock_at = stock"))
    few = [tag()]
    shop.open(from_public("deal", first))
    few.append(tag())
    assert (enough[0] == enough[1], len({*enough, *few})) == (True, 3)
    # What does not stand in it is not pinned, and what is over shows no pin, by the clock alone.
    assert refusal(pin(own_deal(shop, leader)))[:2] == (404, "not_found")
    assert _state(shop, session) == ("live", second)
    assert (pin(None).status_code, _state(shop, session)) == (200, ("live", None))
    pin(first)
    shop.pay_shop.clock.advance(2 * HOUR)
    over = shop.app.test_client().get(address, headers={"If-None-Match": news.headers["ETag"]})
    assert over.get_json() == {"status": "ended", "pinned": None, "stream_url": STREAM}
    assert refusal(pin(second))[:2] == (409, "session_not_live")


def test_who_asked_is_told_once_at_the_start_by_notice_and_mail_and_who_changed_their_mind_is_not(
    shop: RoomShop, leader: Person
) -> None:
    session = _announce(leader, announced(shop, own_deal(shop, leader)))
    cancelled = _announce(leader, announced(shop, own_deal(shop, leader)))
    waits, gone, deaf = sign_up(shop.app), sign_up(shop.app), sign_up(shop.app)
    deaf.call("PATCH", "/me", json={"notices": {"in_app": {"reminders": False}, "email": {"reminders": False}}})
    for person in (waits, gone, deaf):
        for _ in range(2):
            asked = person.call("POST", f"/flash-sessions/{session}/reminders")
            assert (asked.status_code, asked.get_json()["asked"]) == (200, True)
        person.call("POST", f"/flash-sessions/{cancelled}/reminders")
    assert gone.call("DELETE", f"/flash-sessions/{session}/reminders/mine").status_code == 204
    assert leader.call("POST", f"/flash-sessions/{cancelled}/cancel").status_code == 200
    assert rows("SELECT count(*) FROM flash_session_reminders") == [(2,)]
    _pass(shop, HOUR + timedelta(seconds=2))
    _pass(shop, timedelta(seconds=2))
    told = "SELECT m.id FROM notices n JOIN members m ON m.number = n.member WHERE n.kind = 'session_begun'"
    assert rows(told) == [(waits.card.member_id,)]
    (notice,) = waits.call("GET", "/me/notices").get_json()["data"]
    assert (notice["target"], "Two hours of tea" in notice["text"]) == (session, True)
    mailed = "SELECT m.id FROM mails x JOIN members m ON m.number = x.member WHERE x.kind = 'session_begun'"
    assert rows(mailed) == [(waits.card.member_id,)]
    # Nobody waits any more, and nobody can begin to.
    assert rows("SELECT count(*) FROM flash_session_reminders") == [(0,)]
    assert refusal(waits.call("POST", f"/flash-sessions/{session}/reminders"))[:2] == (409, "session_begun")


def test_a_session_that_is_called_off_ends_its_deals_for_good_and_no_other(shop: RoomShop, leader: Person) -> None:
    held, free = own_deal(shop, leader), own_deal(shop, leader, draft=False)
    session = _announce(leader, announced(shop, held, {"id": free, "while_live": False}))
    admin, buyer = sign_up(shop.app, role=Role.ADMIN), sign_up(shop.app)
    _pass(shop, HOUR)
    room = _open(buyer, held).get_json()["room"]["id"]
    for _ in range(2):
        answer = admin.call("POST", f"/flash-sessions/{session}/cancel")
        assert (answer.status_code, answer.get_json()["status"]) == (200, "cancelled")
    assert refusal(_open(buyer, held))[:2] == (409, "deal_not_live")
    assert _open(buyer, free).status_code == 201
    # The room that is open lives on.
    joined = sign_up(shop.app).call("POST", f"/rooms/{room}/seats", key="s", json={})
    assert joined.status_code == 201
    assert rows("SELECT action FROM audit_entries WHERE action LIKE 'session.%' ORDER BY id") == [
        ("session.announced",),
        ("session.cancelled",),
    ]
    _pass(shop, 2 * HOUR)
    assert _state(shop, session) == ("cancelled", None)
    over = _announce(leader, announced(shop, own_deal(shop, leader)))
    _pass(shop, 3 * HOUR)
    assert refusal(leader.call("POST", f"/flash-sessions/{over}/cancel"))[:2] == (409, "session_not_live")


def test_ten_thousand_sessions_begin_within_one_turn_told_once_by_two_schedulers(shop: RoomShop) -> None:
    many = 10_000
    with unit_of_work(shop.pay_shop.clock) as uow:
        number = shop.member(uow).number
        uow.session.execute(
            text(
                "INSERT INTO flash_sessions (id, opened_by, brand, title, intro, starts_at, ends_at, made_at)"
                " SELECT id, :number, 'B', 'T', '', :starts, :ends, :starts FROM unnest(CAST(:ids AS uuid[])) AS x (id)"
            ),
            {"ids": new_ids(many), "number": number, "starts": uow.now, "ends": uow.now + HOUR},
        )

    def turn(uow: UnitOfWork) -> None:
        assert threading.current_thread() is not None
        while deals.turn_sessions(uow):
            pass

    with statements() as asked:
        assert at_once(shop.app, shop.pay_shop.clock, [turn, turn]) == {"done": 2}
    assert rows("SELECT count(*) FROM flash_sessions WHERE begun_at = starts_at") == [(many,)]
    told = "SELECT count(*), count(DISTINCT payload ->> 'session_id') FROM outbox_events WHERE name = 'SessionBegan'"
    assert rows(told) == [(many, many)]
    # A thousand a step, whatever the number: never one a session.
    assert len(asked) < 120


def test_its_link_binds_shows_what_it_is_and_packs_all_of_it_and_its_results_count(
    shop: RoomShop, leader: Person
) -> None:
    deal = own_deal(shop, leader)
    session = _announce(leader, announced(shop, deal))
    body = {"kind": "session", "target_id": session}
    link = leader.call("POST", "/invite-links", json=body, headers={"Accept-Language": "en"}).get_json()
    assert link["share_text"].startswith("Hill Tea flash session “Two hours of tea”, for a short time only, starts ")
    client = shop.app.test_client()
    page = client.get(f"/i/{link['code']}", headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
    assert f"/flash-sessions/{session}" in page.text
    with ZipFile(io.BytesIO(client.get(f"/i/{link['code']}/kit.zip").data)) as packed:
        names = {name for name in packed.namelist() if not name.startswith("poster-")}
        assert names == {"link.txt", "qr.png", "text-en.txt", "text-zh.txt"}
        assert packed.read("text-zh.txt").decode().startswith("Hill Tea专场「Two hours of tea」，限时一起买")
        assert packed.read("link.txt").decode() == f"{link['url']}\n"
    assert client.get(f"/i/{link['code']}/kit.zip").data == client.get(f"/i/{link['code']}/kit.zip").data
    # Who comes by it and buys while it is live is the leader's, and counts for the session.
    new = {"email": f"{secrets.token_hex(6)}@example.com", "password": "correct horse battery", "display_name": "B"}
    made = client.post(f"{API}/members", json={**new, "accept_terms": True}).get_json()
    assert made["member"]["sponsor_id"] == to_public("mbr", leader.card.member_id)
    _pass(shop, HOUR)
    guest, headers = sign_up(shop.app), {"Authorization": f"Bearer {made['token']}", "Idempotency-Key": "a"}
    opened = client.post(f"{API}/deals/{deal}/rooms", json={}, headers=headers).get_json()
    joined = guest.call("POST", f"/rooms/{opened['room']['id']}/seats", key="g", json={}).get_json()
    client.post(f"{API}/sandbox/payments/{opened['payment']['id']}/pay", json={"outcome": "succeeded"}, headers=headers)
    guest.call("POST", f"/sandbox/payments/{joined['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.settle()
    with statements() as asked:
        found = leader.call("GET", f"/flash-sessions/{session}/results").get_json()
    sales = [{"amount_minor": 18_000, "currency": "CNY"}]
    assert (found["seats"], found["filled_rooms"], found["sales"]) == (2, 1, sales)
    assert [(row["code"], row["yours"], row["members"]) for row in found["links"]] == [(link["code"], True, 1)]
    assert len(asked) <= 8


def test_results_count_all_links_and_list_those_that_most_people_opened(shop: RoomShop, leader: Person) -> None:
    session = _announce(leader, announced(shop, own_deal(shop, leader)))
    ids = new_ids(120)
    with unit_of_work() as uow:
        # A hundred and twenty shared it; the later a link was made, the more people opened it.
        uow.session.execute(
            text(
                "INSERT INTO invite_links (id, code, kind, target_id, owner_id, channel, created_at)"
                " SELECT id, 'QAA' || translate(to_char(n, 'FM0000000'), '0189', 'BCDE'), 'session', :target, :owner,"
                " 'c' || n, now()"
                " FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS g (id, n)"
            ),
            {"ids": ids, "target": from_public("fls", session), "owner": leader.card.member_id},
        )
        uow.session.execute(
            text(
                "INSERT INTO invite_click_counts (link_id, clicks, repeats, own, bots, closed)"
                " SELECT id, n, 1, 0, 0, 0 FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS g (id, n)"
            ),
            {"ids": ids},
        )
    with statements() as asked:
        found = leader.call("GET", f"/flash-sessions/{session}/results").get_json()
    assert found["views"] == 120 * 121 // 2 + 120
    assert [row["views"] for row in found["links"]] == [n + 1 for n in range(120, 20, -1)]
    assert len(asked) <= 8


def test_the_sums_of_a_session_stand_apart_by_currency() -> None:
    deals_of = [SessionDealRow(new_id(), "Tea", 1, 1, *sale) for sale in ((500, "CNY"), (300, "EUR"), (200, "CNY"))]
    found = SessionResults(new_id(), deals_of, Reach(0, 0, 0), ())
    assert found.sales == [Money(700, "CNY"), Money(300, "EUR")]


def test_a_leaders_session_moves_and_ends_no_other_leaders_deal(shop: RoomShop, leader: Person) -> None:
    admin, other = sign_up(shop.app, role=Role.ADMIN), sign_up(shop.app, role=Role.LEADER)
    own, others = own_deal(shop, leader), own_deal(shop, other)
    session = _announce(leader, announced(shop, own))
    # Not even an admin puts another leader's deal into it.
    put = admin.call("PATCH", f"/flash-sessions/{session}", json={"picks": [{"id": own}, {"id": others}]})
    assert refusal(put) == (404, "not_found", "picks")
    assert rows("SELECT draft FROM deals WHERE id = :id", id=from_public("deal", others)) == [(True,)]
    # Where one stands in it from before, calling the session off lets it go: the next session takes it.
    with unit_of_work() as uow:
        uow.session.execute(
            text("INSERT INTO flash_session_picks (session_id, place, deal_id, holds) VALUES (:id, 2, :deal, true)"),
            {"id": from_public("fls", session), "deal": from_public("deal", others)},
        )
        uow.session.execute(text("UPDATE deals SET draft = false WHERE id = :id"), {"id": from_public("deal", others)})
    assert leader.call("POST", f"/flash-sessions/{session}/cancel").status_code == 200
    ended = dict(rows("SELECT id, ended_at IS NOT NULL FROM deals"))
    assert (ended[from_public("deal", own)], ended[from_public("deal", others)]) == (True, False)
    noted = rows("SELECT facts FROM audit_entries WHERE action = 'session.cancelled'")
    assert noted == [({"deals_ended": [own]},)]
    _announce(other, announced(shop, {"id": others, "while_live": False}))


def test_a_session_costs_the_same_however_much_stands_in_it(shop: RoomShop, leader: Person) -> None:
    counted = []
    for many in (1, 9):
        session = _announce(leader, announced(shop, *[own_deal(shop, leader) for _ in range(many)]))
        with statements() as seen:
            shop.app.test_client().get(f"{API}/flash-sessions/{session}")
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 5


def test_a_deal_that_two_sessions_want_at_once_holds_to_one(shop: RoomShop, leader: Person) -> None:
    deal = own_deal(shop, leader)
    body = announced(shop, deal)
    new = deals.NewSession("B", "T", "", None, _now(shop) + HOUR, None, [])
    number = rows("SELECT number FROM members WHERE id = :id", id=leader.card.member_id)[0][0]
    picked = [deals.SessionPick(rows("SELECT id FROM deals")[0][0], None, True)]

    class Caller:
        member_id, role = leader.card.member_id, Role.LEADER

        def __init__(self, number: int) -> None:
            self.number = number

    def announce(uow: UnitOfWork) -> None:
        said = deals.NewSession(body["brand"], body["title"], "", uow.now + HOUR, new.ends_at + HOUR, None, picked)
        deals.announce_session(uow, Caller(number), said, frozenset())

    outcomes = at_once(shop.app, shop.pay_shop.clock, [announce] * 4)
    assert outcomes["done"] == 1
    assert rows("SELECT count(*) FROM flash_session_picks") == [(1,)]
