"""Registration, the own profile and the wallet over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from socialshop.identity.rules import TERMS_VERSION
from socialshop.infra.db import db
from socialshop.infra.settings import Settings
from socialshop.infra.uow import unit_of_work
from socialshop.invites import rules as invite_rules
from socialshop.kernel.ids import from_public, new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.ledger import service as ledger
from socialshop.referrals import service as referrals
from tests.payment_shop import rows
from tests.web_client import Person, counts, refusal, registration, sign_up

TABLES = (
    "members",
    "member_profiles",
    "member_credentials",
    "member_sessions",
    "member_consents",
    "invite_links",
    "referral_nodes",
)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements sent while the block runs."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(" ".join(statement.split()))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def _register(app: Flask, **changed: object) -> Any:
    return app.test_client().post("/api/v1/members", json=registration(**changed))


def test_a_registration_answers_with_member_and_token_and_the_token_works(app: Flask) -> None:
    answer = _register(app, email="Xiao.Man@EXAMPLE.com", display_name="  林小满 ")
    assert answer.status_code == 201
    body = answer.get_json()
    member = body["member"]
    assert set(body) == {"member", "token"}
    assert set(member) == {"id", "display_name", "invite_code", "sponsor_id", "tier"}
    assert member["display_name"] == "林小满"
    assert member["sponsor_id"] is None
    assert member["tier"] == "normal"
    assert len(member["invite_code"]) == invite_rules.LENGTH
    assert set(member["invite_code"]) <= set(invite_rules.ALPHABET)
    me = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {body['token']}"}).get_json()
    assert {name: me[name] for name in member} == member
    assert me["email"] == "Xiao.Man@example.com"
    assert (me["role"], me["locale"], me["time_zone"]) == ("member", "zh", "Asia/Shanghai")
    assert counts(*TABLES) == dict.fromkeys(TABLES, 1)


def test_the_consent_is_kept_with_its_version(app: Flask) -> None:
    _register(app)
    with unit_of_work() as uow:
        rows = uow.session.execute(text("SELECT document, version FROM member_consents")).all()
    assert [tuple(row) for row in rows] == [("terms", TERMS_VERSION)]


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower"])
def test_an_invite_code_binds_the_sponsor_in_the_same_transaction(app: Flask, typed: str) -> None:
    sponsor = sign_up(app)
    code = sponsor.card.invite_code
    given = code.lower() if typed == "lower" else typed.format(code)
    member = _register(app, invite_code=given).get_json()["member"]
    assert member["sponsor_id"] == to_public("mbr", sponsor.card.member_id)
    with unit_of_work() as uow:
        numbers = "SELECT number FROM members WHERE id = :id"
        below, above = (
            uow.session.execute(text(numbers), {"id": one}).scalar_one()
            for one in (from_public("mbr", member["id"]), sponsor.card.member_id)
        )
        assert referrals.uplines_of(uow, [below]).uplines == [[above]]


def test_an_unknown_invite_code_is_422_and_makes_no_member(app: Flask) -> None:
    assert refusal(_register(app, invite_code="ZZZZZZZZZZ")) == (422, "invite_code_unknown", "invite_code")
    assert counts(*TABLES) == dict.fromkeys(TABLES, 0)


def test_an_unknown_invite_code_is_told_before_a_taken_e_mail(app: Flask) -> None:
    sign_up(app, email="mei@example.com")
    answer = _register(app, email="mei@example.com", invite_code="ZZZZZZZZZZ")
    assert refusal(answer)[1] == "invite_code_unknown"


@pytest.mark.parametrize("again", ["mei@example.com", "MEI@example.com", "mei@EXAMPLE.COM", "Mei@Example.Com"])
def test_an_e_mail_signs_in_one_member_whatever_its_letter_case(app: Flask, again: str) -> None:
    sign_up(app, email="mei@example.com")
    before = counts(*TABLES)
    assert refusal(_register(app, email=again)) == (409, "email_taken", "email")
    assert counts(*TABLES) == before


def test_of_eight_registrations_of_one_e_mail_at_once_one_lands(app: Flask) -> None:
    barrier, statuses = Barrier(8), []

    def register() -> None:
        client = app.test_client()
        barrier.wait()
        statuses.append(client.post("/api/v1/members", json=registration(email="mei@example.com")).status_code)

    threads = [Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [201] + [409] * 7
    assert counts("members", "referral_nodes") == {"members": 1, "referral_nodes": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a@b@example.com"),
        ("email", "a@localhost"),
        ("email", f"{'x' * 65}@example.com"),
        ("email", None),
        ("password", "short77"),
        ("password", "x" * 201),
        ("password", 12345678),
        ("display_name", ""),
        ("display_name", "   "),
        ("display_name", "x" * 61),
        ("display_name", "two\nlines"),
        ("display_name", "a\u202eb"),
        ("accept_terms", False),
        ("accept_terms", "true"),
        ("accept_terms", 1),
        ("invite_code", 5),
    ],
)
def test_a_field_that_is_wrong_is_named_and_no_member_is_made(app: Flask, field: str, value: object) -> None:
    assert refusal(_register(app, **{field: value})) == (422, "invalid_value", field)
    assert counts(*TABLES) == dict.fromkeys(TABLES, 0)


@pytest.mark.parametrize("field", ["email", "password", "display_name", "accept_terms"])
def test_a_field_that_is_missing_is_named(app: Flask, field: str) -> None:
    body = registration()
    del body[field]
    assert refusal(app.test_client().post("/api/v1/members", json=body)) == (422, "invalid_value", field)


def test_a_refused_e_mail_is_not_echoed(app: Flask) -> None:
    assert "private" not in _register(app, email="private@@example.com").text


def test_a_password_of_200_characters_of_any_script_signs_in(app: Flask) -> None:
    password = "密码 🔑" * 40
    email = str(registration()["email"])
    assert _register(app, email=email, password=password).status_code == 201
    signed = app.test_client().post("/api/v1/sessions", json={"email": email, "password": password})
    assert signed.status_code == 201


def test_what_is_given_of_a_profile_changes_and_the_rest_stays(app: Flask) -> None:
    person = sign_up(app, name="Lin")
    before = person.call("GET", "/me").get_json()
    answer = person.call("PATCH", "/me", json={"locale": "en", "time_zone": "Europe/Berlin"})
    assert answer.status_code == 200
    assert answer.get_json() == before | {"locale": "en", "time_zone": "Europe/Berlin"}
    assert person.call("PATCH", "/me", json={}).get_json() == answer.get_json()
    assert person.call("GET", "/me").get_json() == answer.get_json()


def test_a_member_lives_by_the_shops_clock_until_it_chooses_its_own_and_can_go_back(app: Flask) -> None:
    person, other = sign_up(app), sign_up(app)
    other.call("PATCH", "/me", json={"time_zone": "America/New_York"})
    app.extensions["socialshop_settings"] = wired_settings(app).model_copy(update={"time_zone": "Europe/Berlin"})
    zones = [each.call("GET", "/me").get_json()["time_zone"] for each in (person, other, sign_up(app))]
    assert zones == ["Europe/Berlin", "America/New_York", "Europe/Berlin"]
    assert other.call("PATCH", "/me", json={"time_zone": None}).get_json()["time_zone"] == "Europe/Berlin"
    assert rows("SELECT count(*) FROM member_profiles WHERE time_zone IS NOT NULL") == [(0,)]


def wired_settings(app: Flask) -> Settings:
    found: Settings = app.extensions["socialshop_settings"]
    return found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", None),
        ("display_name", " "),
        ("locale", "fr"),
        ("locale", None),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("email", "other@example.com"),
        ("role", "admin"),
        ("tier", "gold"),
        ("id", "mbr_x"),
    ],
)
def test_a_profile_takes_nothing_else_and_stays(app: Flask, field: str, value: object) -> None:
    person = sign_up(app)
    before = person.call("GET", "/me").data
    assert refusal(person.call("PATCH", "/me", json={field: value, "locale": "en"} | {field: value}))[0] == 422
    assert person.call("GET", "/me").data == before


def test_an_imported_member_gets_its_code_when_it_is_first_asked_for(app: Flask) -> None:
    person = sign_up(app)
    with unit_of_work() as uow:
        uow.session.execute(text("DELETE FROM invite_links"))
    codes = [person.call("GET", "/me").get_json()["invite_code"] for _ in range(2)]
    assert codes[0] == codes[1] != person.card.invite_code


def test_an_invite_code_that_is_taken_is_drawn_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = sign_up(app).card.invite_code
    drawn = iter([taken, "FRESHCQDE2"])
    monkeypatch.setattr(invite_rules, "new_code", lambda _choose: next(drawn))
    assert _register(app).get_json()["member"]["invite_code"] == "FRESHCQDE2"


def _earn(person: Person, currency: str = "CNY") -> None:
    with unit_of_work() as uow:
        number = uow.session.execute(
            text("SELECT number FROM members WHERE id = :id"), {"id": person.card.member_id}
        ).scalar_one()
        ledger.post(
            uow,
            [
                ledger.Entry(
                    reference="accrual:test",
                    kind="accrual",
                    postings=[
                        ledger.Posting("shop:commission_expense", -159, currency, new_id()),
                        ledger.Posting(f"member:{number}:pending", 159, currency, new_id()),
                    ],
                )
            ],
        )


def test_a_wallet_shows_each_kind_of_money_in_the_currency_asked_for(app: Flask) -> None:
    person = sign_up(app)
    _earn(person)
    nothing = {"amount_minor": 0, "currency": "CNY"}
    assert person.call("GET", "/me/wallet").get_json() == {
        "pending": {"amount_minor": 159, "currency": "CNY"},
        "available": nothing,
        "reserved": nothing,
        "owed": nothing,
    }
    assert person.call("GET", "/me/wallet?currency=JPY").get_json()["pending"] == {"amount_minor": 0, "currency": "JPY"}
    assert sign_up(app).call("GET", "/me/wallet").get_json()["pending"] == nothing


@pytest.mark.parametrize(
    "query", ["currency=XXX", "currency=cny", "currency=", "currency=CNY&currency=EUR", "curency=CNY"]
)
def test_a_wallet_in_no_currency_is_422(app: Flask, query: str) -> None:
    assert refusal(sign_up(app).call("GET", f"/me/wallet?{query}"))[:2] == (422, "invalid_value")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE])
def test_finance_and_admin_see_what_the_books_prove(app: Flask, role: Role) -> None:
    person = sign_up(app, role=role)
    _earn(person)
    proof = person.call("GET", "/admin/ledger/proof").get_json()
    assert len(proof.pop("head_hash")) == 64
    assert proof == {
        "balanced": True,
        "chain_ok": True,
        "projection_ok": True,
        "entries": 1,
        "postings": 2,
        "unsealed": 1,
        "audit_ok": True,
        "audit_entries": 0,
        "audit_unsealed": 0,
        "audit_head_hash": "00" * 32,
        "first_difference": None,
    }


def test_one_proof_runs_at_a_time_over_http_and_the_next_is_told_when_to_ask(app: Flask) -> None:
    person = sign_up(app, role=Role.FINANCE)
    with db.engine.connect() as running:
        running.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ledger.prove', 0))"))
        refused = person.call("GET", "/admin/ledger/proof")
    assert refusal(refused) == (429, "proof_running", None)
    assert refused.headers["Retry-After"] == "30"
    assert person.call("GET", "/admin/ledger/proof").get_json()["balanced"] is True


def test_the_profile_costs_three_statements_and_the_first_is_the_indexed_look_at_the_token(app: Flask) -> None:
    person = sign_up(app)
    with statements() as seen:
        assert person.call("GET", "/me").status_code == 200
    # The token, the card, what the member wants to hear.
    assert len(seen) == 3
    with unit_of_work() as uow:
        uow.session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = uow.session.execute(
            text(f"EXPLAIN {seen[0]}".replace("%(token_hash)s", "'\\x00'").replace("%(now)s", "now()"))
        )
        assert "uq_member_sessions_token_hash" in "\n".join(row[0] for row in plan)


def test_a_refused_token_costs_one_statement(app: Flask) -> None:
    with statements() as seen:
        app.test_client().get("/api/v1/me", headers={"Authorization": "Bearer unknown"})
    assert len(seen) == 1


def test_a_registration_costs_a_fixed_number_of_statements(app: Flask) -> None:
    code = sign_up(app).card.invite_code
    with statements() as seen:
        assert _register(app, invite_code=code, email="annabel1@example.com").status_code == 201
    # code, member, profile, credential, consent; lock, place, sponsor's place, node; own link, first tier, attribution,
    # two facts; marks; session.
    assert len(seen) == 16, seen


def test_members_carry_the_instant_of_the_clock(app: Flask) -> None:
    before = datetime.now(UTC)
    joined = datetime.fromisoformat(sign_up(app).call("GET", "/me").get_json()["joined_at"])
    assert before <= joined <= datetime.now(UTC)
