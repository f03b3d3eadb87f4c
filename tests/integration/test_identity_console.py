"""`socialshop member create`, as an operator types it."""

from __future__ import annotations

import json
import threading

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from patience import PATIENCE

from socialshop.cli import main, shop
from socialshop.infra.settings import Settings
from tests.integration.test_claims import imported
from tests.web_client import PASSWORD, counts


@pytest.fixture
def _own_servers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = app.extensions["socialshop_settings"]
    assert settings.database_url is not None
    assert settings.redis_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("REDIS_URL", settings.redis_url.get_secret_value())


def _create(*arguments: str, email: str = "boss@example.com", password: str = PASSWORD, role: str = "admin") -> Result:
    given = ["member", "create", "--email", email, "--password", password, "--role", role, *arguments]
    return CliRunner().invoke(main, given)


@pytest.mark.usefixtures("_own_servers")
@pytest.mark.parametrize("role", ["member", "leader", "finance", "admin"])
def test_a_member_of_any_role_is_made_and_can_sign_in(app: Flask, role: str) -> None:
    made = _create("--json", role=role)
    assert (made.exit_code, made.stderr) == (0, "")
    said = json.loads(made.stdout)
    assert set(said) == {"id", "email", "role", "invite_code"}
    assert (said["email"], said["role"]) == ("boss@example.com", role)
    signed = app.test_client().post("/api/v1/sessions", json={"email": said["email"], "password": PASSWORD}).get_json()
    assert signed["member"]["id"] == said["id"]
    assert signed["member"]["invite_code"] == said["invite_code"]
    assert signed["member"]["display_name"] == "boss"


@pytest.mark.usefixtures("_own_servers")
def test_the_invite_code_of_a_created_member_binds(app: Flask) -> None:
    said = json.loads(_create("--json").stdout)
    body = {"email": "a@example.com", "password": PASSWORD, "display_name": "A", "accept_terms": True}
    made = app.test_client().post("/api/v1/members", json=body | {"invite_code": said["invite_code"]})
    assert made.get_json()["member"]["sponsor_id"] == said["id"]


@pytest.mark.usefixtures("_own_servers")
@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"email": "BOSS@example.com"}, "another member signs in with this e-mail address"),
        ({"email": "no address"}, "not an e-mail address"),
        ({"email": "other@example.com", "password": "short"}, "a password has 8 to 200 characters"),
    ],
)
def test_what_is_refused_is_one_line_and_exit_1_and_makes_no_member(
    app: Flask, changed: dict[str, str], line: str
) -> None:
    _create()
    refused = _create(**changed)  # type: ignore[arg-type]
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr.strip().splitlines() == [f"socialshop: {line}"]
    assert counts("members", "referral_nodes") == {"members": 1, "referral_nodes": 1}


@pytest.mark.usefixtures("_own_servers")
def test_without_json_the_same_is_said_for_a_person(app: Flask) -> None:
    assert _create().stdout.splitlines()[1:3] == ["email: boss@example.com", "role: admin"]


def test_an_unknown_role_is_told_before_any_server_is_started() -> None:
    refused = _create(role="owner")
    assert refused.exit_code == 1
    assert "owner" in refused.stderr


@pytest.mark.usefixtures("_own_servers")
def test_an_imported_member_is_let_in_by_the_shops_own_id_or_the_public_one(app: Flask) -> None:
    public_id = imported(external_id="U-7")
    for who, email in (("U-7", "old@example.com"), (public_id, "seven@example.com")):
        made = CliRunner().invoke(main, ["member", "attach-email", who, "--email", email, "--json"])
        assert (made.exit_code, made.stderr) == (0, "")
        said = json.loads(made.stdout)
        assert (said["id"], said["email"]) == (public_id, email)
    body = {"token": said["token"], "password": PASSWORD, "accept_terms": True}
    assert app.test_client().post("/api/v1/members/claims", json=body).status_code == 201
    again = CliRunner().invoke(main, ["member", "attach-email", "U-7", "--email", "x@example.com"])
    assert (again.exit_code, again.stdout) == (1, "")
    assert "signs in already" in again.stderr


@pytest.mark.usefixtures("_own_servers")
def test_nobody_is_let_in_who_is_not_a_member() -> None:
    made = CliRunner().invoke(main, ["member", "attach-email", "U-8", "--email", "x@example.com"])
    assert (made.exit_code, made.stdout, made.stderr) == (1, "", "socialshop: no member is known as 'U-8'\n")
    assert counts("member_claims") == {"member_claims": 0}


def test_without_a_terminal_nobody_is_asked_for_a_password() -> None:
    """Given neither option nor variable nor a terminal, then one line says what to do, before anything is started."""
    asked = CliRunner().invoke(main, ["member", "create", "--email", "a@example.com", "--role", "admin"])
    line = "socialshop: there is no terminal to ask for the password at: set SOCIALSHOP_MEMBER_PASSWORD\n"
    assert (asked.exit_code, asked.stdout, asked.stderr) == (1, "", line)


def test_what_takes_longer_than_a_second_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shop, "_SLOW_SECONDS", 0.05)
    over = threading.Event()
    monkeypatch.setattr(shop, "tell", lambda step: (click.echo(step, err=True), over.set()))
    with shop.said_if_slow("starting PostgreSQL"):
        assert over.wait(PATIENCE)
    with shop.said_if_slow("something quick"):
        pass
    assert capsys.readouterr().err == "starting PostgreSQL\n"
