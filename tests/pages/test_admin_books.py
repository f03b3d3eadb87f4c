"""The proof, green and red; health and what was given up; the record; orders and refunds as an admin works them."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from admin_desk import asked
from flask import Flask
from money_people import earn, number_of
from room_shop import statements
from sqlalchemy import text
from visitors import Visitor, member
from web_client import counts, sign_up

from socialshop.audit import service as audit
from socialshop.infra.clock import ManualClock
from socialshop.infra.db import db
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.orders import service as orders


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def test_the_proof_is_green_and_kept_and_finance_may_ask_for_it(site: Flask, admin: Visitor) -> None:
    asked(sign_up(site), 500)
    assert "Nobody has asked for a proof yet." in admin.look("/admin/proof").text
    finance = member(site, role=Role.FINANCE, name="Fei")
    assert finance.send("/admin/proof", "/admin/proof").status_code == 303
    page = admin.look("/admin/proof").text
    assert 'class="card verdict green' in page
    assert "The books agree to the last cent." in page
    assert "Fei" in page
    assert "The books agree" in admin.look("/admin").text


def test_the_proof_is_red_with_the_first_difference(site: Flask, admin: Visitor) -> None:
    # given a balance that somebody changed behind the books' back
    asked(sign_up(site), 500)
    with db.engine.connect() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("UPDATE ledger_balances SET amount_minor = amount_minor + 1 WHERE amount_minor > 0"))
        connection.commit()
    admin.send("/admin/proof", "/admin/proof")
    page = admin.look("/admin/proof").text
    assert 'class="card verdict red' in page
    assert "The first difference:" in page
    assert "balance" in page
    assert 'class="badge bad">The books do not agree.' in admin.look("/admin").text


def test_a_second_proof_at_once_is_told_by_a_sentence(site: Flask, admin: Visitor) -> None:
    form = admin.form("/admin/proof", "/admin/proof")
    with db.engine.connect() as running:
        running.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ledger.prove', 0))"))
        answer = admin.client.post("/admin/proof", data=form, headers={"Accept-Language": "en"})
    assert answer.status_code == 429
    assert "The books are being recomputed for somebody else." in answer.text


def test_health_names_what_is_missing_and_puts_back_what_was_given_up(site: Flask, admin: Visitor) -> None:
    def give_up(uow: UnitOfWork) -> int:
        event = uow.session.execute(
            text(
                "INSERT INTO outbox_events (name, payload, occurred_at, relayed_at)"
                " VALUES ('OrderShipped', '{}', now(), now()) RETURNING id"
            )
        ).scalar_one()
        return int(
            uow.session.execute(
                text(
                    "INSERT INTO outbox_deliveries (event_id, handler, due_at, state, attempts, last_error)"
                    " VALUES (:event, 'tell_buyer', now(), 'dead', 8, 'no such door') RETURNING id"
                ),
                {"event": event},
            ).scalar_one()
        )

    number = in_unit_of_work(give_up)
    page = admin.look("/admin/health").text
    assert "no worker listens" in page
    assert "no such door" in page
    assert "Duties given up" in admin.look("/admin").text
    finance = member(site, role=Role.FINANCE)
    assert "Put back" not in finance.look("/admin/health").text
    assert admin.send("/admin/health", "/admin/health/put-back").status_code == 303
    assert "no such door" not in admin.look("/admin/health").text
    record = admin.look(f"/admin/record?target=delivery:{number}").text
    assert "duty put back" in record
    assert "Ada" in record


def test_putting_back_what_was_never_given_up_is_refused(site: Flask, admin: Visitor) -> None:
    token = admin.form("/me", "/sign-out")["csrf_token"]
    before = counts("audit_entries")
    for name in ("999999", "acr_nonsense"):
        answer = admin.client.post("/admin/health/put-back", data={"csrf_token": token, "what": name})
        assert answer.status_code == 404
    assert counts("audit_entries") == before


def test_the_record_is_filtered_and_paged_with_few_statements(site: Flask, admin: Visitor) -> None:
    for _ in range(23):
        asked(sign_up(site), 200)
    with statements() as seen:
        page = admin.look("/admin/record?action=payout.submitted").text
    assert len(seen) <= 3, seen
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    rest = admin.look(following[1].replace("&amp;", "&")).text
    assert rest.count("payout asked for</td>") == 3
    assert admin.look("/admin/record?after=x").status_code == 404
    assert admin.look("/admin/record?actor=x").status_code == 404


def test_the_record_is_searched_by_words_day_and_the_shop_and_taken_along(site: Flask, admin: Visitor) -> None:
    def said(day: int, actor: bool, words: str) -> None:
        def record(uow: UnitOfWork) -> None:
            facts = {"reason": words}
            who = admin.card.member_id if actor else None
            audit.record(uow, actor=who, action="payout.held", target=f"por_{day}", facts=facts)

        in_unit_of_work(record, ManualClock(datetime(2026, 3, day, 15, 59, tzinfo=UTC)))

    said(1, True, "=HYPERLINK of a Stranger")
    said(2, True, "again")
    said(3, False, "a stranger by night")
    # given the shop's clock, by which 15:59 UTC is 23:59 of the same day
    for asked_for, days in (
        ("words=STRANGER&first_day=2026-01-01", {1, 3}),
        ("first_day=2026-03-02&last_day=2026-03-02", {2}),
        ("last_day=2026-03-01", {1}),
        ("actor=shop&action=payout.held", {3}),
        ("words=stranger&last_day=2026-03-02&action=payout.held", {1}),
    ):
        with statements() as seen:
            page = admin.look(f"/admin/record?{asked_for}").text
        assert len(seen) <= 5, seen
        assert {int(day) for day in re.findall(r">por_([0-9])<", page)} == days, asked_for
    assert admin.look("/admin/record?first_day=yesterday").status_code == 404
    taken = admin.look("/admin/record?action=payout.held&format=csv")
    lines = list(csv.DictReader(io.StringIO(taken.text)))
    assert [line["target"] for line in lines] == ["por_3", "por_2", "por_1"]
    assert lines[2]["facts"] == '{"reason":"=HYPERLINK of a Stranger"}'
    assert lines[0]["actor"] == ""


def test_who_looked_at_whose_data_is_read_by_viewer_and_by_member(site: Flask, admin: Visitor) -> None:
    lin, mo = sign_up(site, name="Lin"), sign_up(site, name="Mo")
    fei = member(site, role=Role.FINANCE, name="Fei")
    of = {person.card.display_name: to_public("mbr", person.card.member_id) for person in (lin, mo)}
    admin.look(f"/admin/members/{of['Lin']}")
    fei.look(f"/admin/members/{of['Mo']}")
    with statements() as seen:
        page = admin.look("/admin/record/looks").text
    assert len(seen) <= 3, seen
    assert {name for name in ("Lin", "Mo", "Ada", "Fei") if f">{name}</a>" in page} == {"Lin", "Mo", "Ada", "Fei"}
    page = admin.look(f"/admin/record/looks?viewer={to_public('mbr', fei.card.member_id)}").text
    assert (">Mo</a>" in page, ">Lin</a>" in page) == (True, False)
    assert ">Fei</a>" not in admin.look(f"/admin/record/looks?member={of['Lin']}").text
    assert admin.look("/admin/record/looks?member=x").status_code == 404


def test_an_order_is_found_and_a_refund_decided(site: Flask, admin: Visitor) -> None:
    buyer = sign_up(site, name="Lin")
    number = number_of(buyer)
    earn(number, 700)
    (order_id,) = in_unit_of_work(lambda uow: uow.session.execute(text("SELECT id FROM orders")).scalars().all())
    name = to_public("ord", order_id)
    with statements() as seen:
        assert name[-6:] in admin.look("/admin/orders?find=lin").text
    assert len(seen) <= 2, seen
    assert name[-6:] in admin.look(f"/admin/orders?find={name}").text
    assert "No such order" in admin.look("/admin/orders?status=shipped").text
    assert "CN¥7.00" in admin.look(f"/admin/orders/{name}").text
    for amount in (100, 200):
        in_unit_of_work(lambda uow, a=amount: orders.request_refund(uow, number, order_id, "broken", amount_minor=a))
    first, second = re.findall(r'href="(/admin/refunds/rfd_[0-9a-z]+)"', admin.look("/admin/refunds").text)
    assert "2" in admin.look("/admin").text
    assert admin.send(first, f"{first}/reject").status_code == 422
    assert admin.send(first, f"{first}/reject", reason="worn").status_code == 303
    late = admin.form(second, f"{second}/approve")
    assert admin.client.post(f"{second}/approve", data=late).status_code == 303
    assert admin.client.post(f"{second}/approve", data=late).status_code == 303
    assert "CN¥2.00" in admin.look(f"/admin/orders/{name}").text
    assert counts("ledger_entries")["ledger_entries"] == 3
    changed = admin.client.post(f"{second}/reject", data=late | {"reason": "x"}, headers={"Accept-Language": "en"})
    assert changed.status_code == 409
    assert "This refund was decided the other way." in changed.text
