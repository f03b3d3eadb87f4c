"""Another e-mail address: asked for with the password, told to the present one, the member's once it is confirmed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from mail_server import MailServer, mail_server
from payment_shop import rows
from test_mails import ALWAYS
from visitors import visitor, with_packages
from web_client import PASSWORD, Person, counts, refusal, sign_up

from socialshop.notifications.gateway import SmtpPostman
from socialshop.notifications.letters import Sender
from socialshop.notifications.service import PostOffice
from tests.due_work import work


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with mail_server() as found:
        app.extensions["socialshop_post_office"] = PostOffice(
            SmtpPostman(found.url), Sender("no-reply@shop.example", "https://shop.example"), 3, ALWAYS, 9, 1
        )
        yield found


def ask(person: Person, email: str, password: str = PASSWORD) -> tuple[int, str | None]:
    answer = person.call("POST", "/me/email", json={"email": email, "current_password": password})
    return answer.status_code, answer.get_json().get("code")


def tokens(server: MailServer) -> list[str]:
    """The tokens of the mails that came, in their order."""
    bodies = [mail.get_body(("plain",)) for mail in server.took]
    said = [body.get_content() for body in bodies if body is not None]
    return [unquote(found[1]) for text in said if (found := re.search(r"/change-email\?token=(\S+)", text))]


def confirm(app: Flask, token: str) -> tuple[int, str | None]:
    answer = app.test_client().post("/api/v1/members/email-changes", json={"token": token})
    return answer.status_code, (answer.get_json() or {}).get("code") if answer.data else None


def address() -> list[tuple[str, bool, str | None]]:
    return rows("SELECT email, email_verified_at IS NOT NULL, pending_email FROM member_profiles ORDER BY member_id")


def test_the_new_address_is_the_members_once_who_reads_it_said_so_and_the_old_one_is_told(
    app: Flask, server: MailServer
) -> None:
    person = sign_up(app, email="old@example.com")
    assert ask(person, "New@Example.com") == (202, None)
    work()
    assert server.recipients == ["old@example.com", "New@example.com"]
    assert address() == [("old@example.com", False, "New@example.com")]
    (token,) = tokens(server)
    assert confirm(app, token) == (204, None)
    assert address() == [("New@example.com", True, None)]
    assert confirm(app, token) == (422, "token_not_valid")
    client = app.test_client()
    for email, status in (("old@example.com", 401), ("new@example.com", 201)):
        assert client.post("/api/v1/sessions", json={"email": email, "password": PASSWORD}).status_code == status


def test_a_wrong_password_and_an_address_of_somebody_else_change_nothing(app: Flask, server: MailServer) -> None:
    sign_up(app, email="taken@example.com")
    person = sign_up(app, email="old@example.com")
    before = address()
    assert ask(person, "new@example.com", "wrong horse") == (422, "wrong_password")
    assert ask(person, "TAKEN@example.com") == (409, "email_taken")
    assert ask(person, "nonsense at all") == (422, "invalid_value")
    assert address() == before
    assert counts("mails") == {"mails": 0}


def test_an_address_that_another_got_meanwhile_is_refused_at_the_end(app: Flask, server: MailServer) -> None:
    person = sign_up(app, email="old@example.com")
    ask(person, "new@example.com")
    work()
    sign_up(app, email="new@example.com")
    (token,) = tokens(server)
    assert confirm(app, token) == (409, "email_taken")
    assert address()[0] == ("old@example.com", False, "new@example.com")


def test_a_second_wish_makes_the_first_links_address_worthless(app: Flask, server: MailServer) -> None:
    person = sign_up(app, email="old@example.com")
    ask(person, "first@example.com")
    work()
    (token,) = tokens(server)
    ask(person, "second@example.com")
    assert confirm(app, token) == (422, "token_not_valid")
    assert address() == [("old@example.com", False, "second@example.com")]


def test_the_mails_link_leads_to_a_page_with_one_button(app: Flask, server: MailServer, tmp_path: Path) -> None:
    with_packages(app, tmp_path / "packages")
    person = sign_up(app, email="old@example.com")
    ask(person, "new@example.com")
    work()
    (token,) = tokens(server)
    stranger = visitor(app)
    assert address()[0][0] == "old@example.com"
    assert stranger.send(f"/change-email?token={token}", "/change-email").status_code == 303
    assert address() == [("new@example.com", True, None)]


def test_a_refused_token_is_told_by_its_code(app: Flask) -> None:
    answer = app.test_client().post("/api/v1/members/email-changes", json={"token": "x"})
    assert refusal(answer)[:2] == (422, "token_not_valid")
