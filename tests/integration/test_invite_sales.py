"""What a link brought: the orders that named it, and what its owner has from them; and whom a member's team shows."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from socialshop.commissions import service as commissions
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.invites import service as invites
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from tests.sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, place, sell
from tests.web_client import API, Person, counts, refusal, registration, sign_up


def told() -> list[dict[str, Any]]:
    """The payloads of CommissionsChanged so far."""
    query = text("SELECT payload FROM outbox_events WHERE name = 'CommissionsChanged' ORDER BY id")
    return in_unit_of_work(lambda uow: list(uow.session.execute(query).scalars()))


def record() -> None:
    """Follow every event so far."""
    payloads = told()
    in_unit_of_work(lambda uow: invites.record_sales(uow, payloads))


def publish() -> None:
    with unit_of_work() as uow:
        commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)


def come(app: Flask, code: str) -> Person:
    """A member who registered with this code."""
    answer = app.test_client().post(f"{API}/members", json=registration(invite_code=code)).get_json()
    found = sign_up(app)
    return Person(app.test_client(), found.card, answer["token"])


def number_behind(person: Person) -> int:
    member_id = person.call("GET", "/me").get_json()["id"]
    query = text("SELECT number FROM members WHERE id = :id")
    return in_unit_of_work(
        lambda uow: int(uow.session.execute(query, {"id": from_public("mbr", member_id)}).scalar_one())
    )


def bought_through(code: str, buyer: int, *amounts: int) -> list[uuid.UUID]:
    """Confirmed orders of these sums that named the link, not accrued yet."""

    def land(uow: UnitOfWork) -> list[uuid.UUID]:
        sales = [Sale(buyer, lines=((amount, 1),)) for amount in amounts]
        ids = sell(uow, sales, prefix=uuid.uuid4().hex)
        uow.session.execute(
            text(
                "UPDATE orders SET link_id = (SELECT id FROM invite_links WHERE code = :code)"
                " WHERE id = ANY(CAST(:ids AS uuid[]))"
            ),
            {"code": code, "ids": ids},
        )
        return ids

    return in_unit_of_work(land)


def stats(owner: Person, code: str) -> tuple[int, int]:
    """Orders and minor units earned."""
    found = owner.call("GET", f"/invite-links/{code}/stats").get_json()
    return found["orders"], found["earned"]["amount_minor"]


def test_a_link_shows_the_orders_that_named_it_and_what_its_owner_earned_from_them(app: Flask) -> None:
    publish()
    owner = sign_up(app)
    code = owner.card.invite_code
    buyer = number_behind(come(app, code))
    orders = bought_through(code, buyer, 10_000, 333)
    with unit_of_work() as uow:
        sell(uow, [Sale(buyer)], prefix="unattributed")
    assert stats(owner, code) == (0, 0)
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(*orders)))
    assert [sorted(payload["order_ids"]) for payload in told()] == [sorted(str(order) for order in orders)]
    for _ in range(2):
        record()
        assert stats(owner, code) == (2, 800 + 26)


def test_a_link_of_somebody_who_is_not_the_sponsor_counts_the_order_and_earns_nothing(app: Flask) -> None:
    publish()
    sponsor, sharer = sign_up(app), sign_up(app)
    buyer = number_behind(come(app, sponsor.card.invite_code))
    orders = bought_through(sharer.card.invite_code, buyer, 10_000)
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(*orders)))
    record()
    assert stats(sharer, sharer.card.invite_code) == (1, 0)
    assert stats(sponsor, sponsor.card.invite_code) == (0, 0)


def test_orders_without_a_link_tell_nobody(app: Flask) -> None:
    publish()
    with unit_of_work() as uow:
        place(uow, {1001: None, 1002: 1001})
        orders = sell(uow, [Sale(1002)])
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(*orders)))
    assert told() == []


def test_what_is_clawed_back_is_no_longer_earned(app: Flask) -> None:
    publish()
    owner = sign_up(app)
    code = owner.card.invite_code
    buyer = number_behind(come(app, code))
    (order,) = bought_through(code, buyer, 10_000)
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(order)))
    refund = uuid.uuid4()

    def refunded(uow: UnitOfWork) -> None:
        values = {"id": refund, "order": order, "buyer": buyer, "at": NEW_YEAR}
        uow.session.execute(
            text(
                "INSERT INTO refunds (id, order_id, buyer, reason, amount_minor, currency, in_window, status,"
                " requested_at, decided_at, refunded_at)"
                " VALUES (:id, :order, :buyer, 'torn', 4000, 'CNY', true, 'refunded', :at, :at, :at)"
            ),
            values,
        )
        uow.session.execute(
            text(
                "INSERT INTO refund_lines (refund_id, order_line_id, amount_minor, quantity)"
                " SELECT :id, id, 4000, 0 FROM order_lines WHERE order_id = :order"
            ),
            values,
        )

    in_unit_of_work(refunded)
    in_unit_of_work(lambda uow: commissions.claw_back(uow, [{"refund_id": str(refund)}]))
    assert len(told()) == 2
    record()
    assert stats(owner, code) == (1, 480)


def test_events_that_come_twice_and_at_once_leave_one_truth(app: Flask) -> None:
    publish()
    owner = sign_up(app)
    code = owner.card.invite_code
    orders = bought_through(code, number_behind(come(app, code)), *[10_000] * 20)
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(*orders)))

    def follow() -> None:
        with app.app_context():
            record()

    threads = [threading.Thread(target=follow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stats(owner, code) == (20, 16_000)


@pytest.fixture
def sponsor(app: Flask) -> Person:
    return sign_up(app, name="Top")


def test_a_member_sees_direct_members_by_name_and_deeper_ones_only_as_a_count_of_five_or_more(
    app: Flask, sponsor: Person
) -> None:
    first = [come(app, sponsor.card.invite_code) for _ in range(2)]
    codes = [person.call("GET", "/me").get_json()["invite_code"] for person in first]
    for _ in range(4):
        come(app, codes[0])
    few = sponsor.call("GET", "/me/referrals?depth=3").get_json()
    assert [row["display_name"] for row in few["data"]] == ["Lin", "Lin"]
    assert set(few["data"][0]) == {"display_name", "joined_at", "member_id"}
    assert few["levels"] == [
        {"level": 1, "members": 2},
        {"level": 2, "members": None},
        {"level": 3, "members": None},
    ]
    come(app, codes[1])
    assert sponsor.call("GET", "/me/referrals?depth=2").get_json()["levels"][1] == {"level": 2, "members": 5}
    assert sponsor.call("GET", "/me/referrals/summary").get_json() == {
        "direct": 2,
        "direct_last_30_days": 2,
        "deeper": 5,
    }
    page = sponsor.call("GET", "/me/referrals?limit=1").get_json()
    assert len(page["data"]) == 1
    rest = sponsor.call("GET", f"/me/referrals?limit=1&cursor={page['next_cursor']}").get_json()
    assert (len(rest["data"]), rest["next_cursor"]) == (1, None)


def test_who_does_not_want_to_be_named_is_not_named(app: Flask, sponsor: Person) -> None:
    """Named with the terms, unnamed once that is withdrawn, named again once it is given."""
    child = come(app, sponsor.card.invite_code)

    def named() -> str | None:
        (row,) = sponsor.call("GET", "/me/referrals").get_json()["data"]
        return None if row["display_name"] is None else str(row["display_name"])

    assert named() == "Lin"
    for given, seen in ((False, None), (True, "Lin")):
        assert child.call("POST", "/me/consents", json={"document": "names", "given": given}).status_code == 200
        assert named() == seen


def test_who_has_agreed_to_nothing_is_not_named(app: Flask, sponsor: Person) -> None:
    """As an imported member, whose terms nobody has accepted yet."""
    quiet = sign_up(app)
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "UPDATE referral_nodes SET sponsor = (SELECT number FROM members WHERE id = :sponsor)"
                " WHERE member_number = (SELECT number FROM members WHERE id = :member)"
            ),
            {"sponsor": sponsor.card.member_id, "member": quiet.card.member_id},
        )
    (row,) = sponsor.call("GET", "/me/referrals").get_json()["data"]
    assert row["display_name"] is None


def test_an_admin_sees_a_branch_with_volumes_and_leaves_a_trace(app: Flask, sponsor: Person) -> None:
    admin = sign_up(app, role=Role.ADMIN)
    child = come(app, sponsor.card.invite_code)
    grandchild = come(app, child.call("GET", "/me").get_json()["invite_code"])
    bought_through(sponsor.card.invite_code, number_behind(child), 1_000)
    bought_through(sponsor.card.invite_code, number_behind(grandchild), 200, 30)
    top = to_public("mbr", sponsor.card.member_id)
    shown = admin.call("GET", f"/admin/referrals/{top}").get_json()
    assert [
        (n["level"], n["directs"], n["volume"]["amount_minor"], n["team_volume"]["amount_minor"])
        for n in shown["nodes"]
    ] == [(0, 1, 0, 1_230), (1, 1, 1_000, 230), (2, 0, 230, 0)]
    assert [n["sponsor_id"] for n in shown["nodes"]] == [None, top, child.call("GET", "/me").get_json()["id"]]
    assert shown["truncated"] is False
    trace = in_unit_of_work(
        lambda uow: uow.session.execute(
            text("SELECT actor, target FROM audit_entries WHERE action = 'referrals.viewed'")
        ).all()
    )
    assert [tuple(row) for row in trace] == [(admin.card.member_id, top)]


def test_nobody_else_sees_a_branch_and_an_unknown_member_leaves_no_trace(app: Flask, sponsor: Person) -> None:
    top = to_public("mbr", sponsor.card.member_id)
    before = counts("audit_entries")
    assert refusal(sponsor.call("GET", f"/admin/referrals/{top}"))[:2] == (403, "forbidden")
    admin = sign_up(app, role=Role.ADMIN)
    unknown = to_public("mbr", uuid.uuid4())
    assert refusal(admin.call("GET", f"/admin/referrals/{unknown}")) == (404, "not_found", None)
    assert counts("audit_entries") == before
