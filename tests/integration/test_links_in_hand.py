"""Links in their owner's hand: paused, ended, named by a code of one's choice; and what came of them day by day."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from socialshop.commissions import service as commissions
from socialshop.infra.clock import ManualClock
from socialshop.infra.keys import secret_for
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.invites import service as invites
from socialshop.invites.cookies import ATTRIBUTION, Attributed, CookieSigner
from socialshop.invites.errors import VanityKept
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import new_id
from socialshop.kernel.roles import Role
from tests.integration.test_invite_landing import JSON, follow, rows, verdicts
from tests.integration.test_invite_links import a_deal, a_room, link
from tests.integration.test_invite_sales import bought_through, come, number_behind, publish, record
from tests.sample_sales import confirmed
from tests.web_client import API, Person, counts, refusal, registration, sign_up


@pytest.fixture
def owner(app: Flask) -> Person:
    return sign_up(app, role=Role.LEADER, name="Lin")


@pytest.fixture
def clock(app: Flask) -> ManualClock:
    """The shop's clock, held in hand."""
    found = ManualClock(app.extensions["socialshop_clock"].now())
    app.extensions["socialshop_clock"] = found
    return found


def edit(person: Person, code: str, **body: object) -> dict[str, object]:
    answer = person.call("PATCH", f"/invite-links/{code}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.get_json()
    return found


@pytest.mark.parametrize("way", ["paused", "expired"])
def test_a_closed_link_says_so_counts_no_click_and_binds_nobody_until_it_is_open_again(
    app: Flask, owner: Person, clock: ManualClock, way: str
) -> None:
    code = owner.card.invite_code
    early = app.test_client()
    follow(early, code)
    body = {"paused": True} if way == "paused" else {"expires_at": (clock.now() + timedelta(seconds=30)).isoformat()}
    edit(owner, code, **body)
    clock.advance(timedelta(minutes=1))
    # a link is shown as it was for up to a second
    app.extensions.pop("socialshop_landing_kept", None)
    late = app.test_client()
    page = follow(late, code, **{"Accept-Language": "en"}).text
    assert "This invitation is closed" in page
    assert "邀请已关闭" in follow(late, code).text
    facts = follow(late, code, **JSON).get_json()
    assert (facts["closed"], facts["subject"], facts["inviter"]["display_name"]) == (way, None, "Lin")
    assert [row["state"] for row in owner.call("GET", "/invite-links").get_json()["data"]] == [way]
    before = counts("members", "attributions")
    typed = late.post(f"{API}/members", json=registration(invite_code=code))
    assert refusal(typed) == (422, "invite_link_closed", "invite_code")
    assert counts(*before) == before
    # bound is who followed it while it was open, and nobody who came too late
    came = [client.post(f"{API}/members", json=registration()).get_json()["member"] for client in (late, early)]
    me = owner.call("GET", "/me").get_json()["id"]
    assert [one["sponsor_id"] for one in came] == [None, me]
    assert verdicts() == ["counted", "closed", "closed", "closed"]
    told = owner.call("GET", f"/invite-links/{code}/stats").get_json()
    assert (told["clicks"], told["views"], told["not_counted"]["closed"], told["members"]) == (1, 1, 3, 1)
    edit(owner, code, paused=False, expires_at=None)
    app.extensions.pop("socialshop_landing_kept", None)
    follow(again := app.test_client(), code)
    assert again.post(f"{API}/members", json=registration()).get_json()["member"]["sponsor_id"] == me


def test_a_seat_by_a_closed_code_is_refused_and_by_a_chosen_one_is_the_links(app: Flask, owner: Person) -> None:
    deal, _ = a_deal(owner)
    room = a_room(owner, deal)
    shared = link(owner, kind="room", target_id=room, channel="stream")
    owner.call("POST", f"/invite-links/{shared['code']}/vanity", json={"vanity": "tea-stream"})
    edit(owner, "tea-stream", paused=True)
    guest = sign_up(app)
    before = counts("orders", "seats")
    for body in ({"invite_code": "TEA-STREAM"}, {"invite_code": shared["code"]}):
        answer = guest.call("POST", f"/rooms/{room}/seats", key="seat-key-1", json=body)
        assert refusal(answer) == (422, "invite_link_closed", "invite_code")
        quoted = guest.call("POST", f"/rooms/{room}/quotes", json=body)
        assert refusal(quoted) == (422, "invite_link_closed", "invite_code")
    assert counts(*before) == before
    edit(owner, str(shared["code"]), paused=False)
    joined = guest.call("POST", f"/rooms/{room}/seats", key="seat-key-2", json={"invite_code": "Tea-5tream"})
    assert joined.status_code == 201, joined.text
    assert rows("SELECT l.code FROM orders o JOIN invite_links l ON l.id = o.link_id") == [(shared["code"],)]


def test_a_link_that_ends_in_the_past_and_anothers_link_cannot_be_set(
    app: Flask, owner: Person, clock: ManualClock
) -> None:
    code, other = owner.card.invite_code, sign_up(app)
    gone = {"expires_at": clock.now().isoformat()}
    answer = owner.call("PATCH", f"/invite-links/{code}", json=gone)
    assert refusal(answer) == (422, "invalid_value", "expires_at")
    assert other.call("PATCH", f"/invite-links/{code}", json={"paused": True}).status_code == 404
    assert other.call("PATCH", "/invite-links/a%00b", key="nul", json={"paused": True}).status_code == 404
    assert other.call("POST", f"/invite-links/{code}/vanity", json={"vanity": "mine-now"}).status_code == 404
    assert other.call("GET", f"/invite-links/days?code={code}").status_code == 404
    assert rows("SELECT DISTINCT paused_at, expires_at, vanity FROM invite_links") == [(None, None, None)]


def test_a_chosen_code_leads_like_the_other_however_it_is_typed_and_stays(app: Flask, owner: Person) -> None:
    code = owner.card.invite_code
    named = owner.call("POST", f"/invite-links/{code}/vanity", json={"vanity": " lin-tea "})
    assert named.status_code == 200, named.text
    told = named.get_json()
    assert (told["vanity"], told["code"], told["url"].rpartition("/")[2]) == ("LIN-TEA", code, "LIN-TEA")
    for typed in (code, "LIN-TEA", "lin-tea", "LINTEA", "l1n-tea"):
        assert follow(app.test_client(), typed, **JSON).get_json()["code"] == "LIN-TEA"
    came = app.test_client().post(f"{API}/members", json=registration(invite_code="Lin-Tea")).get_json()
    assert came["member"]["sponsor_id"] == owner.call("GET", "/me").get_json()["id"]
    again = owner.call("POST", f"/invite-links/{code}/vanity", json={"vanity": "other-one"})
    assert refusal(again) == (409, "vanity_kept", "vanity")
    other = sign_up(app)
    for wanted, refused in {
        "LIN-TEA": (409, "vanity_taken", "vanity"),
        "L1N-TEA": (409, "vanity_taken", "vanity"),
        "SUPP0RT": (422, "invalid_value", "vanity"),
        "林小满": (422, "invalid_value", "vanity"),
    }.items():
        answer = other.call("POST", f"/invite-links/{other.card.invite_code}/vanity", json={"vanity": wanted})
        assert refusal(answer) == refused, wanted
    assert rows("SELECT vanity FROM invite_links WHERE vanity IS NOT NULL") == [("LIN-TEA",)]


def test_of_several_who_want_one_code_at_once_one_has_it(app: Flask) -> None:
    people, refused = [sign_up(app) for _ in range(6)], []
    gate = threading.Barrier(len(people))

    def want(person: Person, code: str) -> None:
        me = person.card
        with app.app_context():
            gate.wait()
            try:
                in_unit_of_work(lambda uow: invites.name_link(uow, me.member_id, me.invite_code, code))
            except DomainError as error:
                refused.append(error.code)

    wanted = ["TEA-HOUSE", "TEAHOUSE", "TEA-H0USE"] * 2
    threads = [threading.Thread(target=want, args=one) for one in zip(people, wanted, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["vanity_taken"] * 5
    assert rows("SELECT count(*) FROM invite_links WHERE vanity_key IS NOT NULL") == [(1,)]


def test_a_link_has_one_chosen_code_though_its_owner_chooses_another_at_the_same_moment(
    app: Flask, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = owner.card

    def choose(code: str) -> None:
        with app.app_context():
            in_unit_of_work(lambda uow: invites.name_link(uow, me.member_id, me.invite_code, code))

    def between(_uow: UnitOfWork, _name: str) -> None:
        monkeypatch.undo()
        other = threading.Thread(target=choose, args=["tea-one"])
        other.start()
        other.join()

    monkeypatch.setattr("socialshop.invites.service.links.advisory_lock", between)
    with pytest.raises(VanityKept):
        choose("tea-two")
    assert rows("SELECT vanity FROM invite_links WHERE vanity IS NOT NULL") == [("TEA-ONE",)]


def test_attempts_at_codes_are_limited(app: Flask, owner: Person) -> None:
    most = app.extensions["socialshop_settings"].code_choices_per_minute
    path = f"/invite-links/{owner.card.invite_code}/vanity"
    told = [owner.call("POST", path, json={"vanity": "pay"}).status_code for _ in range(most + 1)]
    assert told == [422] * most + [429]


def test_days_tell_each_channel_what_counted_and_why_not_and_nobody_else(
    app: Flask, owner: Person, clock: ManualClock
) -> None:
    publish()
    own, group = owner.card.invite_code, str(link(owner, kind="member", channel="group")["code"])
    visitor = app.test_client()
    for code in (own, own, group):
        follow(visitor, code)
    follow(app.test_client(), group, **{"User-Agent": "Googlebot/2.1"})
    buyer = number_behind(come(app, group))
    clock.advance(timedelta(days=1))
    follow(visitor, own)
    follow(visitor, group, Authorization=f"Bearer {owner.token}")
    verdicts()
    orders = bought_through(group, buyer, 10_000, 300)
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(*orders[:1])))
    record()
    found = owner.call("GET", "/invite-links/days?days=3").get_json()["data"]

    def row(day: dict[str, object]) -> tuple[object, ...]:
        return (day["on"], day["channel"], day["clicks"], *day["not_counted"].values(), day["members"])  # type: ignore[attr-defined]

    zone = app.extensions["socialshop_settings"].time_zone
    today, before = (
        in_unit_of_work(
            lambda uow, ago=ago: uow.session.execute(
                text("SELECT ((CAST(:now AS timestamptz) - :ago * interval '1 day') AT TIME ZONE :zone)::date"),
                {"now": clock.now(), "ago": ago, "zone": zone},
            ).scalar_one()
        ).isoformat()
        for ago in (0, 1)
    )
    clicked = [row(day) for day in found if day["on"] in (today, before)]
    assert clicked[:2] == [(before, None, 1, 1, 0, 0, 0, 0), (before, "group", 1, 0, 0, 1, 0, 1)]
    assert clicked[2:] == [(today, None, 1, 0, 0, 0, 0, 0), (today, "group", 0, 0, 1, 0, 0, 0)]
    everything = owner.call("GET", "/invite-links/days?days=90").get_json()["data"]
    assert sum(day["seats"] for day in everything) == 0, "the orders are of long ago"
    with_old = rows(
        "SELECT count(*), count(s.order_id), sum(s.earned_minor) FROM orders o JOIN invite_links l ON l.id = o.link_id"
        " LEFT JOIN link_sales s ON s.order_id = o.id"
    )
    assert with_old == [(2, 1, 800)]
    one = owner.call("GET", f"/invite-links/days?code={group}").get_json()["data"]
    assert {day["channel"] for day in one} == {"group"}
    assert sign_up(app).call("GET", "/invite-links/days").get_json() == {"data": []}
    assert refusal(owner.call("GET", "/invite-links/days?days=91"))[:2] == (422, "invalid_value")


def test_seats_orders_and_what_they_earned_stand_on_the_day_of_the_seat(app: Flask, owner: Person) -> None:
    publish()
    code = owner.card.invite_code
    buyer = number_behind(come(app, code))
    orders = bought_through(code, buyer, 10_000, 300, 500)
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(*orders[:2])))
    record()
    in_unit_of_work(lambda uow: uow.session.execute(text("UPDATE orders SET ordered_at = now(), received_at = now()")))
    days = owner.call("GET", "/invite-links/days?days=2").get_json()["data"]
    assert sum(day["members"] for day in days) == 1
    assert [(d["seats"], d["orders"], d["earned"]["amount_minor"]) for d in days if d["seats"]] == [(3, 2, 824)]


def test_a_cookie_of_another_shop_binds_nobody_even_where_both_share_a_secret(app: Flask, owner: Person) -> None:
    with app.app_context():
        signer = CookieSigner(secret_for("cookies"))
    touched = app.extensions["socialshop_clock"].now()
    own_id = rows("SELECT id FROM invite_links")[0][0]
    sponsors = []
    for link_id in (new_id(), own_id):
        client = app.test_client()
        client.set_cookie(ATTRIBUTION, signer.write_attribution(Attributed(link_id, touched)))
        came = client.post(f"{API}/members", json=registration())
        assert came.status_code == 201, came.text
        sponsors.append(came.get_json()["member"]["sponsor_id"])
    # the cookie was a good one: the link is what it lacked
    assert sponsors == [None, owner.call("GET", "/me").get_json()["id"]]
    assert counts("attributions") == {"attributions": 1}


def test_what_a_member_followed_on_the_phone_counts_for_the_seat_taken_elsewhere(app: Flask, owner: Person) -> None:
    deal, _ = a_deal(owner)
    room = a_room(owner, deal)
    sharer, person, phone = sign_up(app), registration(), app.test_client()
    app.test_client().post(f"{API}/members", json=person)
    follow(phone, sharer.card.invite_code)
    credentials = {name: person[name] for name in ("email", "password")}
    phone.post(f"{API}/sessions", json=credentials)
    verdicts()
    desk = app.test_client()
    token = desk.post(f"{API}/sessions", json=credentials).get_json()["token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "seat-key-3"}
    joined = desk.post(f"{API}/rooms/{room}/seats", headers=headers, json={})
    assert joined.status_code == 201, joined.text
    found = "SELECT l.code FROM orders o JOIN invite_links l ON l.id = o.link_id"
    assert rows(found) == [(sharer.card.invite_code,)]
