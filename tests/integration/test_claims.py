"""An imported member is let in: an admin attaches an e-mail, the person redeems a token for a password."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from patience import PATIENCE
from sqlalchemy import text

from socialshop.identity import service as identity
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import from_public, new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.onboarding import service
from tests.web_client import API, PASSWORD, Person, counts, refusal, sign_up

TABLES = ("members", "member_profiles", "member_credentials", "member_claims", "member_sessions", "audit_entries")


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN)


def imported(*, external_id: str = "U-7", name: str | None = None, email: str | None = None) -> str:
    """A member as the import leaves one; the public id."""
    member_id = new_id()
    with unit_of_work() as uow:
        uow.session.execute(
            text("INSERT INTO members (id, external_id, joined_at) VALUES (:id, :external_id, now())"),
            {"id": member_id, "external_id": external_id},
        )
        if name or email:
            uow.session.execute(
                text("INSERT INTO member_profiles (member_id, display_name, email) VALUES (:id, :name, :email)"),
                {"id": member_id, "name": name or external_id, "email": email},
            )
    return to_public("mbr", member_id)


def attach(admin: Person, member: str, email: str = "seven@example.com") -> Any:
    return admin.call("POST", f"/admin/members/{member}/email", json={"email": email})


def claim(app: Flask, token: str, changed: Mapping[str, object] | None = None) -> Any:
    body = {"token": token, "password": PASSWORD, "accept_terms": True, **(changed or {})}
    return app.test_client().post(f"{API}/members/claims", json=body)


def sign_in(app: Flask, email: str) -> Any:
    return app.test_client().post(f"{API}/sessions", json={"email": email, "password": PASSWORD})


def deeds() -> list[tuple[str, str]]:
    with unit_of_work() as uow:
        rows = uow.session.execute(text("SELECT action, facts::text FROM audit_entries ORDER BY id"))
        return [(action, facts) for action, facts in rows]


def test_an_imported_member_without_a_profile_has_a_card_under_the_shops_own_id(app: Flask) -> None:
    member = imported()
    with unit_of_work() as uow:
        card = service.card_of(uow, from_public("mbr", member))
    assert (card.display_name, card.email, card.locale, card.time_zone) == ("U-7", None, "zh", "Asia/Shanghai")
    assert len(card.invite_code) == 10


def test_the_admin_attaches_an_email_and_the_person_sets_a_password_and_is_in(app: Flask, admin: Person) -> None:
    member = imported()
    opened = attach(admin, member)
    assert opened.status_code == 201
    said = opened.get_json()
    assert (said["member"]["id"], said["member"]["display_name"], said["member"]["email"]) == (
        member,
        "U-7",
        "seven@example.com",
    )
    assert refusal(sign_in(app, "seven@example.com")) == (401, "wrong_credentials", None)
    entered = claim(app, said["token"])
    assert entered.status_code == 201
    assert entered.get_json()["member"]["id"] == member
    me = app.test_client().get(f"{API}/me", headers={"Authorization": f"Bearer {entered.get_json()['token']}"})
    assert (me.get_json()["email"], me.get_json()["role"]) == ("seven@example.com", "member")
    assert sign_in(app, "SEVEN@example.com").status_code == 201
    assert counts("member_consents", "member_claims") == {"member_consents": 1, "member_claims": 0}
    assert [action for action, _ in deeds()] == ["member.email_attached", "member.claimed"]
    assert not any("seven" in facts or said["token"] in facts for _, facts in deeds())


def test_a_token_is_kept_as_its_hash_alone_and_is_good_once(app: Flask, admin: Person) -> None:
    token = attach(admin, imported()).get_json()["token"]
    with unit_of_work() as uow:
        kept = uow.session.execute(text("SELECT member_claims::text FROM member_claims")).scalar_one()
    assert token not in kept
    assert claim(app, token).status_code == 201
    before = counts(*TABLES)
    assert refusal(claim(app, token)) == (410, "claim_refused", "token")
    assert counts(*TABLES) == before


def test_an_email_attached_again_makes_the_former_token_worth_nothing(app: Flask, admin: Person) -> None:
    member = imported(name="Seven", email="old@example.com")
    first = attach(admin, member, "old@example.com").get_json()
    second = attach(admin, member, "new@example.com").get_json()
    assert second["member"]["display_name"] == "Seven"
    assert refusal(claim(app, first["token"])) == (410, "claim_refused", "token")
    assert claim(app, second["token"]).status_code == 201
    assert sign_in(app, "new@example.com").status_code == 201


def test_a_token_expires_with_its_days(app: Flask, admin: Person) -> None:
    clock = ManualClock(app.extensions["socialshop_clock"].now())
    app.extensions["socialshop_clock"] = clock
    member = imported()
    token = attach(admin, member).get_json()["token"]
    clock.advance(timedelta(days=7))
    assert refusal(claim(app, token)) == (410, "claim_refused", "token")
    again = attach(admin, member).get_json()["token"]
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert claim(app, again).status_code == 201


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"password": "short"}, (422, "invalid_value", "password")),
        ({"accept_terms": False}, (422, "invalid_value", "accept_terms")),
        ({"token": "unknown"}, (410, "claim_refused", "token")),
        ({"token": ""}, (422, "invalid_value", "token")),
    ],
)
def test_what_is_wrong_with_a_claim_is_told_and_leaves_the_token_good(
    app: Flask, admin: Person, changed: dict[str, object], expected: tuple[int, str, str]
) -> None:
    token = attach(admin, imported()).get_json()["token"]
    before = counts(*TABLES)
    assert refusal(claim(app, token, changed)) == expected
    assert counts(*TABLES) == before
    assert claim(app, token).status_code == 201


def test_an_email_is_refused_that_is_none_or_anothers_and_a_member_who_signs_in_or_is_not_there(
    app: Flask, admin: Person
) -> None:
    other = sign_up(app, email="taken@example.com")
    bare, named = imported(), imported(external_id="U-8", name="Eight")
    before = counts(*TABLES)
    for member in (bare, named):
        assert refusal(attach(admin, member, "Taken@example.com")) == (409, "email_taken", "email")
        assert refusal(attach(admin, member, "nobody")) == (422, "invalid_value", "email")
    signed_in = to_public("mbr", other.card.member_id)
    assert refusal(attach(admin, signed_in)) == (409, "already_signs_in", None)
    assert refusal(attach(admin, to_public("mbr", new_id()))) == (404, "not_found", None)
    for person in (other, sign_up(app, role=Role.FINANCE), sign_up(app, role=Role.LEADER)):
        assert refusal(attach(person, bare)) == (403, "forbidden", None)
    assert {table: n for table, n in counts(*TABLES).items() if table in ("member_claims", "audit_entries")} == {
        table: n for table, n in before.items() if table in ("member_claims", "audit_entries")
    }


def test_of_many_who_redeem_one_token_at_once_one_gets_in(app: Flask, admin: Person) -> None:
    token = attach(admin, imported()).get_json()["token"]
    statuses, together = [], Barrier(4)

    def redeem() -> None:
        together.wait(PATIENCE)
        statuses.append(claim(app, token).status_code)

    threads = [Thread(target=redeem) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 410, 410, 410]
    assert counts("member_credentials") == {"member_credentials": 2}


def test_a_claim_that_expired_long_ago_is_purged_and_an_open_one_is_kept(app: Flask, admin: Person) -> None:
    attach(admin, imported(external_id="U-1"), "one@example.com")
    clock = ManualClock(datetime.now(UTC))
    clock.advance(timedelta(days=36))
    with unit_of_work(clock) as uow:
        assert identity.purge_claims(uow) is False
    assert counts("member_claims") == {"member_claims": 1}
    clock.advance(timedelta(days=2))
    with unit_of_work(clock) as uow:
        assert identity.purge_claims(uow) is False
    assert counts("member_claims") == {"member_claims": 0}
