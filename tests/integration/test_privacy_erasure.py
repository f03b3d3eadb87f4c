"""A person leaves: nothing tells who it was, in the database, in Valkey or in the log, and every sum stays."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from community_shop import in_base64, picture, received
from flask import Flask
from money_people import IBAN, earn, number_of, wallet_of
from payment_shop import rows
from plan_shop import plan_shop
from psycopg import conninfo
from room_shop import RoomShop, room_shop
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from web_client import PASSWORD, Person, counts, refusal, registration, sign_up

from socialshop.identity import service as identity
from socialshop.identity.service import Purpose
from socialshop.infra import redis, wired
from socialshop.infra.servers import find_client
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.invites import service as invites
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Entry, Posting
from socialshop.loyalty import service as loyalty
from socialshop.onboarding import service as onboarding
from socialshop.payouts import service as payouts
from socialshop.privacy import service as privacy
from socialshop.privacy.service.erasing import INSTEAD, NAMES
from tests.integration.test_plans_given import given as a_gift_is_given
from tests.integration.test_privacy_holdings import HOLDINGS

CANARY = "kanari"
ACCOUNT = "GB82WEST12345698765432"
PHONE = "+442079460123"
BROWSER = hashlib.sha256(b"kanari's browser").digest()


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def dump(database_url: str) -> str:
    """The whole database as pg_dump writes it."""
    known = conninfo.conninfo_to_dict(database_url.replace("+psycopg", ""))
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        major = connection.info.server_version // 10_000
    command = [str(find_client("pg_dump", major)), f"--dbname={conninfo.make_conninfo('', **known)}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ)).stdout


def valkey() -> bytes:
    """Every key and value of Valkey."""
    client = redis.client()
    return b"\n".join(key + b" " + (client.dump(key) or b"") for key in client.scan_iter())


def traces(found: str) -> list[str]:
    """What of the person still stands in a text."""
    wanted = (CANARY, ACCOUNT.lower(), PHONE, BROWSER.hex(), b"kanari".hex(), b"Kanari".hex())
    return [line for line in found.splitlines() if any(word in line.lower() for word in wanted)]


def came(app: Flask, **more: object) -> Person:
    """Somebody who registered over HTTP."""
    answer = app.test_client().post("/api/v1/members", json=registration(**more)).get_json()
    member_id = from_public("mbr", answer["member"]["id"])
    card = in_unit_of_work(lambda uow: onboarding.card_of(uow, member_id))
    return Person(app.test_client(), card, answer["token"])


def planted(shop: RoomShop) -> tuple[Person, Person, str]:
    """A person with a canary in every personal field, somebody who met the person, and an order of the person's."""
    sponsor = sign_up(shop.app, role=Role.LEADER, name="Top")
    code = sponsor.card.invite_code
    person = came(shop.app, email=f"{CANARY}.one@example.com", display_name="Kanari Vogel", invite_code=code)
    number, member_id = number_of(person), person.card.member_id
    assert (
        person.call("PATCH", "/me", key="p", json={"locale": "en", "notices": {"email": {"rooms": False}}}).status_code
        == 200
    )
    person.call("POST", "/me/email-verifications", key="v", json={})
    product = sign_up(shop.app, role=Role.ADMIN)
    skus = [{"code": "A", "title": "box", "price_minor": 900, "stock": 9}]
    sku = product.call("POST", "/admin/products", json={"title": "Tea", "skus": skus}).get_json()["skus"][0]["id"]
    terms = {"sku_id": sku, "title": "Tea", "group_size": 2, "price_minor": 800, "room_ttl_seconds": 3600}
    deal = sponsor.call("POST", "/deals", json=terms).get_json()["id"]
    friend = came(shop.app, display_name="Friend", invite_code=person.card.invite_code)
    opened = person.call("POST", f"/deals/{deal}/rooms", key="o", json={}).get_json()
    joined = friend.call("POST", f"/rooms/{opened['room']['id']}/seats", key="j", json={})
    assert "Kanari Vogel" in joined.text
    for who, taken in ((person, opened), (friend, joined.get_json())):
        who.call("POST", f"/sandbox/payments/{taken['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.settle()
    order = opened["order"]["id"]
    review = {"line_id": received(person, from_public("sku", sku)), "rating": 4, "text": "Kanari likes it"}
    sent = {"pictures": [in_base64(picture())]}
    written = person.call("POST", "/reviews", key="w", json=review | sent).get_json()["id"]
    report = {"subject_id": written, "ground": "other", "words": "Odd."}
    asked = person.call("POST", "/questions", key="u", json={"topic": "general", "text": "Kanari asks"}).get_json()[
        "id"
    ]
    answered = product.call("POST", f"/admin/questions/{asked}/answers", key="t", json={"text": "Dear Kanari"})
    assert "Kanari asks" in answered.text
    shown = product.call("POST", f"/admin/posts/{written}/publish", key="s", json={"version": 1})
    assert "Kanari likes" in shown.text
    reported = sign_up(shop.app).call("POST", "/reports", json=report).get_json()["id"]
    verdict = {"verdict": "warned", "reason": "Kanari was loud"}
    judged = product.call("POST", f"/admin/reports/{reported}/decision", key="x", json=verdict)
    assert "Kanari was loud" in judged.text
    appealed = f"/me/decisions/{judged.get_json()['id']}/appeal"
    assert person.call("POST", appealed, key="y", json={"words": "Kanari was not"}).status_code == 200
    about = {"subject_id": to_public("mbr", sponsor.card.member_id), "ground": "other", "words": "Kanari minds"}
    assert person.call("POST", "/reports", key="z", json=about).status_code == 201
    refund = person.call(
        "POST", f"/orders/{order}/refunds", key="r", json={"reason": "Kanari broke it", "amount_minor": 1}
    )
    assert refund.status_code == 201, refund.text
    decided = f"/admin/refunds/{refund.get_json()['id']}/reject"
    assert "Kanari broke" in product.call("POST", decided, key="d", json={"reason": "no"}).text
    place = {"channel": "bank", "holder": "Kanari Vogel Senior", "account": ACCOUNT}
    to = person.call("POST", "/me/payout-destinations", json=place).get_json()["id"]
    earn(number, 700)
    asked = {"amount_minor": 300, "destination_id": to}
    request = person.call("POST", "/payout-requests", key="q", json=asked).get_json()["id"]
    path = f"/admin/payout-requests/{request}"
    assert "Kanari Vogel" in product.call("POST", f"{path}/hold", key="h", json={"reason": "name_to_check"}).text
    assert product.call("POST", f"{path}/notes", key="n", json={"note": "Kanari called"}).status_code == 201
    assert product.call("GET", path).status_code == 200
    link = person.call("POST", "/invite-links", json={"kind": "deal", "target_id": deal, "channel": "kanari-chat"})
    with unit_of_work() as uow:
        identity.ask_email_change(uow, member_id, f"{CANARY}.two@example.com", PASSWORD)
        identity.issue_token(uow, number, Purpose.EMAIL_CHANGE)
        identity.issue_token(uow, number, Purpose.PASSWORD_RESET)
        identity.name_member(uow, member_id, "kanari-7")
        invites.recognize(uow, BROWSER, member_id)
        uow.session.execute(
            text(
                "INSERT INTO invite_clicks (link_id, visitor, member_id, bot, clicked_at)"
                " SELECT id, :browser, :member, false, now() FROM invite_links WHERE code = :code"
            ),
            {"browser": BROWSER, "member": member_id, "code": link.get_json()["code"]},
        )
        uow.session.execute(
            text(
                "INSERT INTO notices (id, member, kind, subject, facts, created_at)"
                " VALUES (gen_random_uuid(), :number, 'order_shipped', 'x', '{\"title\": \"Kanari\"}', now())"
            ),
            {"number": number},
        )
    return person, friend, order


# What the person wrote, chose or is reached by in every other room, row by row, by `:id` and `:number`.
_WORDS = (
    "INSERT INTO member_phones VALUES (:id, :phone, now())",
    "INSERT INTO phone_codes (id, member_id, purpose, phone, status, created_at)"
    " VALUES (gen_random_uuid(), :id, 'link', :phone, 'queued', now())",
    "INSERT INTO member_passkeys (id, member_id, credential_id, credential, sign_count, name, created_at)"
    " VALUES (gen_random_uuid(), :id, :browser, 'x', 0, 'Kanari''s phone', now())",
    "INSERT INTO order_addresses (order_id, recipient, phone, region, street, chosen_at)"
    " SELECT id, 'Kanari Vogel', :phone, 'Kanari', '1 Kanari Road', now() FROM orders WHERE buyer = :number",
    "INSERT INTO storefronts VALUES (gen_random_uuid(), :number, 'Kanari''s', 'What Kanari drinks', now())",
    "INSERT INTO shop_pictures (id, storefront_id, place, alt_en, alt_zh, digest, width, height, small, middle, large,"
    " added_at) SELECT gen_random_uuid(), id, 1, 'Kanari''s jar', 'Kanari', md5('x'), 1, 1, 'kanari', 'kanari',"
    " 'kanari', now() FROM storefronts WHERE leader = :number",
    "INSERT INTO circle_notices VALUES (gen_random_uuid(), :number, 'Kanari says hello', now())",
    "INSERT INTO surveys (id, title_zh, title_en, questions, opens_at, closes_at, created_at)"
    " VALUES (gen_random_uuid(), 'x', 'x', '[]', now(), now(), now())",
    "INSERT INTO survey_answers SELECT id, :number, now() FROM surveys",
    "INSERT INTO survey_replies SELECT id, :number, 1, 0, 'Kanari thinks so' FROM surveys",
    "INSERT INTO publisher_channels (member, channel, listed_at) VALUES (:number, 'kanari-tv', now())",
    "INSERT INTO banner_views (link_id, visitor, bot, closed, viewed_at)"
    " SELECT l.id, :browser, false, false, now() FROM invite_links l WHERE l.owner_id = :id LIMIT 1",
    "INSERT INTO mails (id, member, kind, subject, facts, due_at, created_at)"
    " VALUES (gen_random_uuid(), :number, 'order_shipped', 'x', '{\"title\": \"Kanari\"}', now(), now())",
)
# Erased columns in which no word can stand: hashes of secrets, and numbers that are another's.
_NO_WORDS = {
    "member_credentials",
    "member_sessions",
    "member_claims",
    "plan_gifts",
    "payment_mandates",
    "post_pictures",
    "bargains",
    "bargain_chops",
}


def planted_everywhere(shop: RoomShop) -> tuple[Person, Person, str]:
    """As `planted`, and in every other table of which erasing knows."""
    person, friend, order = planted(shop)
    values = {"id": person.card.member_id, "number": number_of(person), "phone": PHONE, "browser": BROWSER}
    wish = {"reason": "Kanari likes to lead", "channels": "Kanari's friends"}
    assert person.call("POST", "/me/leader-applications", json=wish).status_code == 201
    home = {"recipient": "Kanari Vogel", "phone": PHONE, "region": "Kanari", "street": "1 Kanari Road"}
    assert person.call("POST", "/me/addresses", json=home).status_code == 201
    site = {"site_name": "Kanari writes", "site_url": "https://kanari.example/", "kind": "blog"}
    assert person.call("POST", "/me/publisher", json=site).status_code == 201
    with unit_of_work() as uow:
        for statement in _WORDS:
            needed = {name: value for name, value in values.items() if f":{name}" in statement}
            uow.session.execute(text(statement), needed)
    return person, friend, order


def tables_without_a_canary(found: str) -> list[str]:
    """Of the tables of which words are erased, those in which none was planted."""
    held = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE data_type IN ('text', 'bytea', 'jsonb')"
    )
    words = {(table, column) for table, column in rows(held)}
    return [
        holding.table
        for holding in HOLDINGS
        if holding.erases and any((holding.table, column) in words for column in holding.columns)
        if not traces(found.partition(f"COPY public.{holding.table} (")[2].partition("\\.\n")[0])
    ]


def test_a_canary_in_every_personal_field_is_gone_from_a_dump_from_valkey_and_from_the_log(
    shop: RoomShop, database_url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    person, friend, order = planted_everywhere(shop)
    before = dump(database_url)
    assert set(tables_without_a_canary(before)) <= _NO_WORDS
    # Planted well: every table that holds words of a person has the canary.
    for table in (
        "member_profiles",
        "member_tokens",
        "members",
        "refunds",
        "payout_destinations",
        "notices",
        "invite_links",
        "invite_visitors",
        "invite_clicks",
        "idempotency_answers",
        "posts",
        "reports",
        "standing_decisions",
        "question_messages",
    ):
        block = before.partition(f"COPY public.{table} (")[2].partition("\\.\n")[0]
        assert traces(block), table
    assert person.call("DELETE", "/me?gives_up=money").status_code == 200
    after = dump(database_url)
    assert traces(after) == []
    assert CANARY.encode() not in valkey().lower()
    said = capfd.readouterr()
    assert CANARY not in (said.out + said.err + caplog.text).lower()
    room = rows("SELECT room_id FROM orders WHERE id = :id", id=from_public("ord", order))[0][0]
    members = friend.call("GET", f"/rooms/{to_public('room', room)}").get_json()["members"]
    assert [member["display_name"] for member in members] == ["former member", "Friend"]


def test_an_answer_about_a_namesake_keeps_the_name(shop: RoomShop) -> None:
    deal = to_public("deal", shop.deal(size=3))
    leaver, namesake, friend = (came(shop.app, display_name=name) for name in ("Lin", "Lin", "Friend"))
    kept = {}
    for host in (leaver, namesake):
        room = host.call("POST", f"/deals/{deal}/rooms", key="o", json={}).get_json()["room"]["id"]
        kept[host.token] = (f"/rooms/{room}/seats", friend.call("POST", f"/rooms/{room}/seats", key="j", json={}))
        host.call("DELETE", f"/rooms/{room}/seats/mine")
    assert leaver.call("DELETE", "/me").status_code == 200
    for host, name in ((leaver, "已注销会员"), (namesake, "Lin")):
        path, first = kept[host.token]
        again = friend.call("POST", path, key="j", json={})
        assert again.status_code == 201
        assert again.text == first.text.replace("Lin", name)


def test_who_signed_in_long_ago_signs_in_again_before_leaving(app: Flask) -> None:
    person = came(app, email="lin@example.com")
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE member_sessions SET created_at = now() - interval '61 minutes'"))
    assert refusal(person.call("DELETE", "/me"))[:2] == (403, "sign_in_again")
    assert counts("erasures") == {"erasures": 0}
    again = app.test_client().post("/api/v1/sessions", json={"email": "lin@example.com", "password": PASSWORD})
    token = again.get_json()["token"]
    left = app.test_client().delete("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert left.status_code == 200


def test_sums_the_tree_the_books_and_the_record_stay(shop: RoomShop) -> None:
    person, friend, _ = planted(shop)
    member_id, number = person.card.member_id, number_of(person)
    kept = (
        "orders",
        "order_lines",
        "seats",
        "rooms",
        "payments",
        "accruals",
        "refunds",
        "referral_nodes",
        "attributions",
        "invite_links",
        "payout_requests",
        "payout_destinations",
        "members",
        "member_consents",
    )
    before = counts(*kept)
    nodes = rows("SELECT * FROM referral_nodes ORDER BY member_number")
    total = rows("SELECT sum(total_minor) FROM orders")
    assert person.call("DELETE", "/me?gives_up=money").status_code == 200
    assert counts(*kept) == before
    assert rows("SELECT * FROM referral_nodes ORDER BY member_number") == nodes
    assert rows("SELECT sum(total_minor) FROM orders") == total
    # The payout that nobody had approved is taken back, and all 700 fall to where commissions come from.
    assert wallet_of(number) == (0, 0, 0, 0)
    given = rows(
        "SELECT facts FROM audit_entries WHERE action = 'member.erased' AND target = :t", t=to_public("mbr", member_id)
    )
    assert given == [({"given_up": [{"amount_minor": 700, "currency": "CNY"}]},)]
    proof = in_unit_of_work(ledger.prove, isolation="REPEATABLE READ")
    assert (proof.balanced, proof.projection_ok, proof.chain_ok) == (True, True, True)
    # Who came through the person still stands below the same number.
    assert rows("SELECT sponsor FROM referral_nodes WHERE member_number = :n", n=number_of(friend)) == [(number,)]


def test_every_session_ends_the_password_is_gone_and_the_address_is_free_again(app: Flask) -> None:
    person = came(app, email="lin@example.com")
    second = (
        app.test_client().post("/api/v1/sessions", json={"email": "lin@example.com", "password": PASSWORD}).get_json()
    )
    assert person.call("DELETE", "/me").status_code == 200
    for token in (person.token, second["token"]):
        answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert refusal(answer)[:2] == (401, "unauthenticated")
    answer = app.test_client().post("/api/v1/sessions", json={"email": "lin@example.com", "password": PASSWORD})
    assert refusal(answer)[:2] == (401, "wrong_credentials")
    again = came(app, email="lin@example.com")
    assert again.card.member_id != person.card.member_id


def test_money_that_could_be_paid_out_is_named_before_and_nothing_changes(app: Flask, database_url: str) -> None:
    person = sign_up(app, email="kanari@example.com")
    earn(number_of(person), 1_250)
    before = dump(database_url)
    refused = person.call("DELETE", "/me")
    assert refusal(refused)[:2] == (409, "money_left")
    assert refused.get_json()["left"] == [{"amount_minor": 1_250, "currency": "CNY"}]
    assert _data(dump(database_url)) == _data(before)
    assert refusal(person.call("DELETE", "/me?gives_up=everything"))[:2] == (422, "invalid_value")
    assert person.call("DELETE", "/me?gives_up=money").status_code == 200


def test_what_leaving_takes_is_said_before_and_once_it_is_done(app: Flask, tmp_path: Path) -> None:
    with plan_shop(app, tmp_path) as shop:
        person = sign_up(app)
        number = number_of(person)
        nothing = {"money": [], "points": 0, "plans": [], "gifts": []}
        assert person.call("GET", "/me/leaving").get_json() == nothing
        shop.bought(number, "year")
        a_gift_is_given(shop, number)
        earn(number, 1_250)
        with unit_of_work(shop.clock) as uow:
            loyalty.earn(uow, number, "mission", "a test", 40)
        before = counts("erasures", "point_lots", "plan_subscriptions")
        lost = person.call("GET", "/me/leaving").get_json()
        (plan,), (given,) = lost["plans"], lost["gifts"]
        assert (lost["money"], lost["points"]) == ([{"amount_minor": 1_250, "currency": "CNY"}], 40)
        assert (plan["paid"]["amount_minor"], given["paid"]["amount_minor"]) == (10_001, 1_000)
        assert plan["ends_at"] is not None
        assert counts(*before) == before
        done = person.call("DELETE", "/me?gives_up=money")
        assert (done.status_code, done.get_json()) == (200, lost)
        assert rows("SELECT status, ended_because FROM plan_subscriptions") == [("ended", "left")]


def test_a_payout_that_was_approved_is_waited_for_whatever_is_given_up(app: Flask) -> None:
    person, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    earn(number_of(person), 1_000)
    place = {"channel": "bank", "holder": "Lin", "account": IBAN}
    to = person.call("POST", "/me/payout-destinations", json=place).get_json()["id"]
    asked = person.call("POST", "/payout-requests", key="a", json={"amount_minor": 1_000, "destination_id": to})
    assert refusal(person.call("DELETE", "/me"))[:2] == (409, "payout_underway")
    assert (
        admin.call("POST", f"/admin/payout-requests/{asked.get_json()['id']}/approve", key="b", json={}).status_code
        == 200
    )
    assert refusal(person.call("DELETE", "/me?gives_up=money"))[:2] == (409, "payout_underway")
    assert wallet_of(number_of(person)).reserved == 1_000
    assert counts("erasures") == {"erasures": 0}


def test_a_seat_that_is_held_unpaid_is_given_up(shop: RoomShop) -> None:
    shop.stock_tea(stock=5)
    deal = shop.deal(size=3)
    opened = shop.open(deal)
    person = sign_up(shop.app)
    room = to_public("room", opened.room.id)
    assert person.call("POST", f"/rooms/{room}/seats", key="s", json={}).status_code == 201
    assert shop.seats(opened.room.id) == ("open", 2, 0)
    assert person.call("DELETE", "/me").status_code == 200
    assert shop.seats(opened.room.id) == ("open", 1, 0)
    assert shop.left() == 4


def test_where_money_went_is_kept_as_long_as_the_law_asks_and_then_blotted_out(app: Flask) -> None:
    person = sign_up(app)
    first, second, third = (sign_up(app, role=Role.ADMIN) for _ in range(3))
    earn(number_of(person), 1_000)
    place = {"channel": "bank", "holder": "Lin", "account": IBAN}
    to = person.call("POST", "/me/payout-destinations", json=place).get_json()["id"]
    asked = person.call(
        "POST", "/payout-requests", key="a", json={"amount_minor": 1_000, "destination_id": to}
    ).get_json()["id"]
    first.call("POST", f"/admin/payout-requests/{asked}/approve", key="b", json={})
    batch = second.call("POST", "/admin/payout-batches", key="c", json={"channel": "bank"}).get_json()["id"]
    third.call("POST", f"/admin/payout-batches/{batch}/release", key="d", json={})
    paid = {"results": [{"request_id": asked, "outcome": "paid"}]}
    assert second.call("POST", f"/admin/payout-batches/{batch}/results", key="e", json=paid).status_code == 200
    stranger = sign_up(app)
    stranger.call("POST", "/me/payout-destinations", json=place)
    assert person.call("DELETE", "/me").status_code == 200
    destinations = "SELECT holder, account FROM payout_destinations ORDER BY id"
    assert rows(destinations) == [("Lin", IBAN), ("Lin", IBAN)]
    now = wired.clock().now()
    in_unit_of_work(lambda uow: payouts.blot_out(uow, now - timedelta(days=1)))
    assert rows(destinations) == [("Lin", IBAN), ("Lin", IBAN)]
    in_unit_of_work(lambda uow: payouts.blot_out(uow, now + timedelta(days=1)))
    assert rows(destinations) == [("", str(from_public("pod", to))), ("Lin", IBAN)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payout_destinations SET account = 'DE00'",
        "UPDATE payout_destinations SET holder = ''",
        "DELETE FROM payout_destinations",
        "UPDATE refunds SET reason = 'better'",
        "UPDATE refunds SET reason = '', amount_minor = amount_minor + 1",
        "UPDATE member_consents SET given = false",
        "DELETE FROM member_consents",
    ],
)
def test_what_is_frozen_can_be_blotted_out_and_nothing_else(shop: RoomShop, statement: str) -> None:
    planted(shop)
    with pytest.raises(DBAPIError, match=r"refused|append-only"):
        in_unit_of_work(lambda uow: _as_owner(uow, statement))


def _as_owner(uow: UnitOfWork, statement: str) -> None:
    """Whoever owns the tables is refused by triggers too; the application already by its privileges."""
    uow.session.execute(text("RESET ROLE"))
    uow.session.execute(text(statement))


def test_what_was_on_its_way_is_erased_once_more(app: Flask) -> None:
    """Given a change and a notice that land just after a person left, the schedule erases them too, and then rests."""
    person = came(app, email="kanari@example.com", display_name="Kanari")
    number = number_of(person)
    assert person.call("DELETE", "/me").status_code == 200
    with unit_of_work() as uow:
        identity.edit_profile(uow, person.card.member_id, {"display_name": "Kanari"})
        uow.session.execute(
            text(
                "INSERT INTO notices (id, member, kind, subject, facts, created_at)"
                " VALUES (gen_random_uuid(), :number, 'money_back', 'x', '{}', now())"
            ),
            {"number": number},
        )
    assert in_unit_of_work(privacy.finish_erasures) is False
    assert rows("SELECT display_name FROM member_profiles") == [("Kanari",)], "not before it can have landed"
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE erasures SET erased_at = erased_at - interval '6 minutes'"))
    in_unit_of_work(privacy.finish_erasures)
    assert rows("SELECT display_name, email FROM member_profiles") == [("former member", None)]
    assert counts("notices") == {"notices": 0}
    assert rows("SELECT count(*) FROM erasures WHERE finished_at IS NULL") == [(0,)]


def test_what_settles_to_somebody_who_has_left_falls_to_the_shop_once(app: Flask) -> None:
    person = sign_up(app)
    number = number_of(person)
    assert person.call("DELETE", "/me").status_code == 200
    earn(number, 400)
    for _ in range(2):
        in_unit_of_work(privacy.finish_erasures)
    assert wallet_of(number) == (0, 0, 0, 0)
    assert rows("SELECT count(*) FROM ledger_entries WHERE kind = 'forfeit'") == [(1,)]
    assert in_unit_of_work(ledger.prove, isolation="REPEATABLE READ").balanced


def test_a_holding_that_forgets_its_table_is_seen(
    shop: RoomShop, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: one table's erasing is left out, and the dump shows the canary."""
    person, _, _ = planted(shop)
    from socialshop.privacy.service import erasing

    without = tuple(holding for holding in HOLDINGS if holding.table != "refunds")
    monkeypatch.setattr(erasing, "HOLDINGS", without)
    assert person.call("DELETE", "/me?gives_up=money").status_code == 200
    assert traces(dump(database_url)) != []


def test_every_field_of_an_answer_that_may_say_a_name_or_an_account_is_known_to_erasing(app: Flask) -> None:
    """A kept answer to somebody else is blotted out by its fields' names: one that is not known would keep the name."""
    schemas = app.test_client().get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    said = re.compile(r"(.*_)?(name|email|holder|account.*|phone|address)")
    fields = {field for model in schemas.values() for field in model.get("properties", {}) if said.fullmatch(field)}
    # Sent, never answered; of plans and of who signs one off; true or false; told to the person alone, whose answers go
    # whole, and read by the shop's own, of whom no reading is kept; how old an account has to be.
    other = {"account", "account_days", "name", "email_verified", "address", "phone"}
    own_words = {"reason", "text", "title", "site_url", "first_words", "words", "appeal", "appeal_reason"}
    assert fields - other == INSTEAD.keys() - own_words | NAMES


def _data(dumped: str) -> list[str]:
    """The lines of a dump that are rows, without what reading alone moves (periodic ticks, sequences)."""
    return [line for line in dumped.splitlines() if "\t" in line]


def test_the_export_is_json_that_a_script_reads(app: Flask) -> None:
    person = came(app, email="lin@example.com", display_name="林小满")
    document = person.call("GET", "/me/export").get_json()
    assert document["member_id"] == to_public("mbr", person.card.member_id)
    assert document["sections"]["member_profiles"][0]["display_name"] == "林小满"
    assert [row["document"] for row in document["sections"]["member_consents"]] == ["terms"]
    assert set(document["sections"]) | set(document["not_shown"]) == {holding.table for holding in HOLDINGS}
    assert "argon2" not in json.dumps(document)
    assert secrets.token_hex(4) not in document


def test_a_commission_that_the_shop_holds_already_is_not_taken_back_twice(app: Flask) -> None:
    # given a leaver whose 400 fell to the shop
    person = sign_up(app)
    number = number_of(person)
    assert person.call("DELETE", "/me").status_code == 200
    earn(number, 400)
    in_unit_of_work(privacy.finish_erasures)
    cost = _expense()
    # when refunds then claw back 500 of it, as a debt
    owed = Posting(chart.member_receivable(number), -500, "CNY", None)
    back = Posting(chart.COMMISSION_EXPENSE, 500, "CNY", None)
    in_unit_of_work(lambda uow: ledger.post(uow, [Entry("clawback:rfd_x", "clawback", (owed, back))]))
    for _ in range(2):
        in_unit_of_work(privacy.finish_erasures)
    # then what the shop held is booked back once, and the rest stands as a debt
    assert wallet_of(number)[3] == 100
    assert _expense() == cost + 100
    assert in_unit_of_work(ledger.prove, isolation="REPEATABLE READ").balanced


def test_points_of_who_leaves_end_with_their_lots(app: Flask) -> None:
    person = sign_up(app)
    number = number_of(person)
    assert person.call("POST", "/me/check-ins").status_code in {200, 201}
    assert person.call("DELETE", "/me").status_code == 200
    in_unit_of_work(privacy.finish_erasures)
    assert rows("SELECT count(*) FROM ledger_entries WHERE kind = 'forfeit'") == [(0,)]
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE point_lots SET expires_at = now() - interval '1 second'"))
    in_unit_of_work(loyalty.expire_due)
    assert rows("SELECT left_points FROM point_lots WHERE member = :n", n=number) == [(0,)]
    assert in_unit_of_work(ledger.prove, isolation="REPEATABLE READ").projection_ok


def _expense() -> int:
    return int(
        rows(
            "SELECT coalesce(sum(p.amount_minor), 0) FROM ledger_postings p JOIN ledger_accounts a"
            " ON a.id = p.account_id WHERE a.name = 'shop:commission_expense'"
        )[0][0]
    )
