"""Passkeys: a challenge is good once, for this origin, by who was verified, and for the right member."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fido2.utils import websafe_encode
from flask import Flask
from payment_shop import rows
from soft_authenticator import FLAG, SoftAuthenticator
from web_client import PASSWORD, Person, counts, refusal, sign_up
from werkzeug.test import TestResponse

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.signins import service
from socialshop.signins.webauthn import RelyingParty, relying_party

REFUSED = (422, "passkey_refused", "credential")


def creation(person: Person) -> dict[str, Any]:
    options: dict[str, Any] = person.call("POST", "/me/passkeys/challenges").get_json()["options"]
    return options


def keep(person: Person, credential: dict[str, Any], password: str = PASSWORD, name: str = "My phone") -> TestResponse:
    body = {"name": name, "current_password": password, "credential": credential}
    return person.call("POST", "/me/passkeys", json=body)


def with_passkey(person: Person, device: SoftAuthenticator | None = None) -> SoftAuthenticator:
    device = device or SoftAuthenticator()
    kept = keep(person, device.create(creation(person)))
    assert kept.status_code == 201, kept.text
    return device


def request(app: Flask) -> dict[str, Any]:
    options: dict[str, Any] = app.test_client().post("/api/v1/sessions/passkey-challenges").get_json()["options"]
    return options


def enter(app: Flask, credential: dict[str, Any]) -> TestResponse:
    return app.test_client().post("/api/v1/sessions/passkey", json={"credential": credential})


@pytest.mark.parametrize(
    ("public_url", "party"),
    [
        ("https://shop.example", RelyingParty("shop.example", "https://shop.example")),
        ("https://shop.example:8443/", RelyingParty("shop.example", "https://shop.example:8443")),
        ("http://127.0.0.1:8000", RelyingParty("localhost", "http://localhost:8000")),
        ("http://[::1]:8000", RelyingParty("localhost", "http://localhost:8000")),
        ("http://192.0.2.1:8000", None),
    ],
)
def test_a_passkey_is_bound_to_a_host_by_name(public_url: str, party: RelyingParty | None) -> None:
    assert relying_party(public_url) == party


def test_a_passkey_is_made_signs_in_is_renamed_and_removed(app: Flask) -> None:
    lin = sign_up(app)
    options = creation(lin)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    device = with_passkey(lin)
    opened = enter(app, device.get(request(app)))
    assert opened.status_code == 201
    assert opened.get_json()["member"]["id"] == lin.call("GET", "/me").get_json()["id"]
    (one,) = lin.call("GET", "/me/passkeys").get_json()["data"]
    assert (one["name"], one["last_used_at"] is None) == ("My phone", False)
    # A device that has one is asked for no other.
    known = [{"type": "public-key", "id": websafe_encode(device.credential_id)}]
    assert creation(lin)["excludeCredentials"] == known
    path = f"/me/passkeys/{one['id']}"
    assert lin.call("PATCH", path, json={"name": " Old phone "}).get_json()["name"] == "Old phone"
    assert lin.call("DELETE", path).status_code == 204
    assert refusal(enter(app, device.get(request(app)))) == REFUSED
    assert [kind for (kind,) in rows("SELECT kind FROM mails ORDER BY id")] == ["passkey_added", "passkey_removed"]


def test_another_members_passkeys_are_not_there(app: Flask) -> None:
    lin, chen = sign_up(app), sign_up(app)
    with_passkey(lin)
    path = f"/me/passkeys/{lin.call('GET', '/me/passkeys').get_json()['data'][0]['id']}"
    assert chen.call("GET", "/me/passkeys").get_json()["data"] == []
    assert chen.call("PATCH", path, json={"name": "Mine"}).status_code == 404
    assert chen.call("DELETE", path).status_code == 404
    assert rows("SELECT name FROM member_passkeys") == [("My phone",)]


@pytest.mark.parametrize(
    "fault",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8001"},
        {"flags": int(FLAG.UP)},
        {"flags": int(FLAG.UV)},
    ],
)
def test_another_origin_or_an_unverified_person_is_refused_at_both_ends(app: Flask, fault: dict[str, Any]) -> None:
    lin = sign_up(app)
    assert refusal(keep(lin, SoftAuthenticator(**fault).create(creation(lin)))) == REFUSED
    assert counts("member_passkeys", "passkey_challenges") == {"member_passkeys": 0, "passkey_challenges": 0}
    device = with_passkey(lin)
    for name, value in fault.items():
        setattr(device, name, value)
    assert refusal(enter(app, device.get(request(app)))) == REFUSED


def test_a_challenge_is_good_once_and_for_who_asked(app: Flask) -> None:
    lin, chen = sign_up(app), sign_up(app)
    device, options = SoftAuthenticator(), creation(lin)
    answer = device.create(options)
    assert refusal(keep(chen, answer)) == REFUSED
    assert keep(lin, answer).status_code == 201
    assert refusal(keep(lin, SoftAuthenticator().create(options))) == REFUSED
    wanted = request(app)
    signed = device.get(wanted)
    assert enter(app, signed).status_code == 201
    assert refusal(enter(app, signed)) == REFUSED
    assert refusal(enter(app, device.get(wanted))) == REFUSED
    # What was asked for to make a passkey signs nobody in, and one that was never asked for is none.
    made_up = request(app) | {"challenge": creation(lin)["challenge"]}
    assert refusal(enter(app, device.get(made_up))) == REFUSED
    assert refusal(enter(app, device.get(request(app) | {"challenge": "AAAAAAAAAAAAAAAAAAAAAA"}))) == REFUSED


def test_a_challenge_is_good_for_five_minutes_and_then_purged(app: Flask) -> None:
    clock = ManualClock(datetime.now(UTC))
    app.extensions["socialshop_clock"] = clock
    device = with_passkey(sign_up(app))
    signed = device.get(request(app))
    clock.advance(timedelta(minutes=5))
    assert refusal(enter(app, signed)) == REFUSED
    clock.advance(timedelta(seconds=1))
    with unit_of_work(clock) as uow:
        assert service.purge_challenges(uow) is False
    assert counts("passkey_challenges") == {"passkey_challenges": 0}


def test_a_signature_of_another_key_or_for_another_member_is_refused(app: Flask) -> None:
    lin, chen = sign_up(app), sign_up(app)
    device, other = with_passkey(lin), with_passkey(chen)
    stolen = SoftAuthenticator(credential_id=device.credential_id, user_handle=device.user_handle)
    assert refusal(enter(app, stolen.get(request(app)))) == REFUSED
    # Lin's own key says that it is Chen's.
    device.user_handle = other.user_handle
    assert refusal(enter(app, device.get(request(app)))) == REFUSED
    # A credential that is somebody's is nobody else's.
    assert refusal(keep(chen, device.create(creation(chen)))) == REFUSED


def test_a_key_that_did_not_count_on_is_refused_and_one_that_never_counts_is_not(app: Flask) -> None:
    lin = sign_up(app)
    device = with_passkey(lin)
    assert enter(app, device.get(request(app))).status_code == 201
    device.count = 0
    assert refusal(enter(app, device.get(request(app)))) == REFUSED
    device.count = 5
    assert enter(app, device.get(request(app))).status_code == 201
    quiet = with_passkey(lin, SoftAuthenticator(counts=False))
    for _ in range(2):
        assert enter(app, quiet.get(request(app))).status_code == 201


def test_a_wrong_password_adds_nothing_and_nonsense_is_refused(app: Flask) -> None:
    lin = sign_up(app)
    answer = SoftAuthenticator().create(creation(lin))
    assert refusal(keep(lin, answer, "wrong horse"))[1] == "wrong_password"
    answer["response"]["attestationObject"] = "AAAA"
    assert refusal(keep(lin, answer)) == REFUSED
    for broken in ({"id": "A", "response": {"clientDataJSON": "A", "authenticatorData": "A", "signature": "A"}},):
        assert refusal(enter(app, broken)) == REFUSED
    assert counts("member_passkeys") == {"member_passkeys": 0}


def test_leaving_takes_passkeys_along(app: Flask) -> None:
    lin = sign_up(app)
    with_passkey(lin)
    creation(lin)
    assert lin.call("DELETE", "/me").status_code in (200, 204)
    assert counts("member_passkeys", "passkey_challenges") == {"member_passkeys": 0, "passkey_challenges": 0}
