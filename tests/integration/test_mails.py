"""Mails leave once, say what they should, wait and stop as the rules say, and are never lost."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import text

from socialshop.infra import logging as shop_logging
from socialshop.infra import outside
from socialshop.infra.clock import ManualClock
from socialshop.infra.outside import OutcomeUnknown
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.notifications import service
from socialshop.notifications.gateway import SmtpPostman
from socialshop.notifications.letters import Sender
from socialshop.notifications.rules import QuietHours
from socialshop.notifications.service import Channel, PostOffice, Told, Topic
from tests.due_work import work
from tests.mail_server import MailServer, mail_server
from tests.money_people import number_of
from tests.payment_shop import rows
from tests.web_client import PASSWORD, Person, refusal, sign_up

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # by Shanghai's clock
ALWAYS = QuietHours(0, 0, "Asia/Shanghai")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def clock(app: Flask) -> ManualClock:
    found = ManualClock(NOON)
    app.extensions["socialshop_clock"] = found
    return found


@pytest.fixture
def office(app: Flask, server: MailServer, clock: ManualClock) -> PostOffice:
    found = PostOffice(
        SmtpPostman(server.url), Sender("Shop <no-reply@shop.example>", "https://shop.example"), 3, ALWAYS, 9, 1
    )
    app.extensions["socialshop_post_office"] = found
    return found


def tell(app: Flask, person: Person, kind: str = "refund_paid", **facts: Any) -> None:
    said = {"title": "茶", "amount_minor": 990, "currency": "CNY", "reason": "no", **facts}
    told = Told(number_of(person), kind, secrets.token_hex(8), None, uuid.UUID(int=1), said)
    in_unit_of_work(lambda uow: service.tell(uow, [told]), app.extensions["socialshop_clock"])


def mails() -> list[tuple[str, str, int, str | None]]:
    return rows("SELECT kind, status, attempts, because FROM mails ORDER BY id")


def poll(clock: ManualClock) -> None:
    in_unit_of_work(service.poll_mails, clock)
    work()


# --- what leaves --------------------------------------------------------------------------------------------------


def test_a_mail_says_in_the_members_language_what_happened_and_where_to_look(
    app: Flask, office: PostOffice, server: MailServer
) -> None:
    member = sign_up(app, email="mei@example.com")
    tell(app, member, title="<茶> & Co")
    member.call("PATCH", "/me", json={"locale": "en"})
    tell(app, member, title="<茶> & Co")
    work()
    assert server.recipients == ["mei@example.com"] * 2
    (first, second), ids = server.took, rows("SELECT id FROM mails ORDER BY id")
    assert [m["Message-ID"] for m in server.took] == [f"<{to_public('mail', i)}@shop.example>" for (i,) in ids]
    # Both left after the member had changed language: what counts is how it reads when it is sent.
    assert {str(m["Subject"]) for m in server.took} == {"Your refund was paid"}
    assert str(first["From"]) == "Shop <no-reply@shop.example>"
    assert first["Auto-Submitted"] == "auto-generated"
    plain, page = (second.get_body((form,)).get_content() for form in ("plain", "html"))  # type: ignore[union-attr]
    link = f"https://shop.example/orders/{to_public('ord', uuid.UUID(int=1))}"
    assert "CN¥9.90 for “<茶> & Co” was refunded." in plain
    assert link in plain
    assert "&lt;茶&gt; &amp; Co" in page
    assert f'href="{link}"' in page
    assert [m[:3] for m in mails()] == [("refund_paid", "sent", 1)] * 2


def test_handlers_and_senders_that_run_again_send_no_second_mail(
    app: Flask, office: PostOffice, server: MailServer, clock: ManualClock
) -> None:
    member = sign_up(app)
    told = Told(
        number_of(member), "refund_paid", "one", None, None, {"title": "T", "amount_minor": 1, "currency": "CNY"}
    )
    for _ in range(3):
        in_unit_of_work(lambda uow: service.tell(uow, [told]), clock)
        work()
        service.send_due(clock, office)
    assert len(server.took) == 1


# --- what goes wrong ----------------------------------------------------------------------------------------------


def test_without_a_server_mails_are_kept_and_an_admin_sends_them_later(
    app: Flask, office: PostOffice, server: MailServer, clock: ManualClock
) -> None:
    member, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    app.extensions["socialshop_post_office"] = replace(office, postman=None)
    tell(app, member)
    work()
    assert mails() == [("refund_paid", "undelivered", 0, "no SMTP server is set up")]
    (kept,) = admin.call("GET", "/admin/mails?status=undelivered").get_json()["data"]
    assert kept["member_id"] == to_public("mbr", member.card.member_id)
    assert rows("SELECT count(*) FROM outbox_deliveries WHERE state <> 'done'") == [(0,)]
    app.extensions["socialshop_post_office"] = office
    for _ in range(2):
        again = admin.call("POST", f"/admin/mails/{kept['id']}/retry", json={})
        assert (again.status_code, again.get_json()["status"]) == (200, "queued")
    work()
    assert len(server.took) == 1
    sent = admin.call("POST", f"/admin/mails/{kept['id']}/retry", json={}).get_json()
    assert sent["status"] == "sent"
    assert rows("SELECT action FROM audit_entries WHERE action = 'mail.retried'") == [("mail.retried",)]


def test_a_server_that_is_busy_is_asked_again_later_and_in_the_end_a_person(
    app: Flask, office: PostOffice, server: MailServer, clock: ManualClock
) -> None:
    server.answers = ["451 later", "lost"]
    tell(app, sign_up(app))
    work()
    assert mails() == [("refund_paid", "queued", 1, "smtp 451")]
    poll(clock)
    assert mails()[0][2] == 1
    clock.advance(timedelta(minutes=1))
    poll(clock)
    assert mails() == [("refund_paid", "queued", 2, "smtp 421")]
    clock.advance(timedelta(minutes=4))
    poll(clock)
    assert mails() == [("refund_paid", "sent", 3, None)]
    # The one that was taken and not acknowledged came twice, under one id.
    assert len(server.took) == 2
    assert len({m["Message-ID"] for m in server.took}) == 1
    server.answers = ["451 later"] * 3
    tell(app, sign_up(app))
    for minutes in (0, 1, 4):
        clock.advance(timedelta(minutes=minutes))
        poll(clock)
    assert mails()[1] == ("refund_paid", "set_aside", 3, "smtp 451")


def test_what_a_server_refuses_for_good_is_set_aside_and_others_go_on(
    app: Flask, office: PostOffice, server: MailServer
) -> None:
    server.answers = ["550 no such person mei@example.com"]
    for _ in range(2):
        tell(app, sign_up(app))
    work()
    assert [m[1:] for m in mails()] == [("set_aside", 1, "smtp 550"), ("sent", 1, None)]


def test_a_sender_that_dies_leaves_the_mail_to_the_next(
    app: Flask, office: PostOffice, server: MailServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == "mails.called":
            raise KeyboardInterrupt

    tell(app, sign_up(app))
    monkeypatch.setattr(outside, "crash_point", die)
    with pytest.raises(KeyboardInterrupt):
        service.send_due(clock, office)
    monkeypatch.undo()
    app.extensions["socialshop_post_office"] = office
    assert mails() == [("refund_paid", "queued", 1, None)]
    clock.advance(timedelta(minutes=4))
    poll(clock)
    assert len(server.took) == 1
    clock.advance(timedelta(minutes=1))
    poll(clock)
    assert [m["Message-ID"] for m in server.took] == [server.took[0]["Message-ID"]] * 2
    assert mails() == [("refund_paid", "sent", 2, None)]


@pytest.mark.parametrize(
    "address", ["x@example.com\r\nBcc: all@example.com", "x@example.com, all@example.com", "x", ""]
)
def test_no_address_slips_a_header_or_another_recipient_in(
    app: Flask, office: PostOffice, server: MailServer, address: str
) -> None:
    member = sign_up(app)
    with unit_of_work() as uow:
        uow.session.execute(
            text("UPDATE member_profiles SET email = :email WHERE member_id = :id"),
            {"email": address, "id": member.card.member_id},
        )
    tell(app, member, title="T\r\nBcc: all@example.com")
    work()
    assert server.took == []
    assert mails() == [("refund_paid", "set_aside", 1, "not an address")]


def test_a_title_with_a_line_of_its_own_changes_no_header(app: Flask, office: PostOffice, server: MailServer) -> None:
    tell(app, sign_up(app, email="mei@example.com"), title="T\r\nBcc: all@example.com\r\n\r\n<script>")
    work()
    assert server.recipients == ["mei@example.com"]
    assert server.took[0]["Bcc"] is None
    assert "<script>" not in server.took[0].get_body(("html",)).get_content()  # type: ignore[union-attr]


# --- what waits, and what does not come ---------------------------------------------------------------------------


def test_a_mail_waits_for_the_morning_and_a_new_password_does_not(
    app: Flask, office: PostOffice, server: MailServer, clock: ManualClock
) -> None:
    app.extensions["socialshop_post_office"] = replace(office, quiet=QuietHours(22, 8, "Asia/Shanghai"))
    clock.advance(timedelta(hours=11))  # 23:00
    member = sign_up(app, email="mei@example.com")
    tell(app, member, "room_filled")
    app.test_client().post("/api/v1/members/password-resets", json={"email": "MEI@example.com"})
    work()
    assert [m[:3] for m in mails()] == [("room_filled", "queued", 0), ("password_reset", "sent", 1)]
    clock.advance(timedelta(hours=9) - timedelta(seconds=1))
    poll(clock)
    assert len(server.took) == 1
    clock.advance(timedelta(seconds=1))  # 08:00
    poll(clock)
    assert len(server.took) == 2


def test_a_sender_sorts_out_so_many_that_may_not_leave_and_then_lets_others_on(
    app: Flask, office: PostOffice, server: MailServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socialshop.notifications.service.sending._MAILS_A_CONNECTION", 1)
    monkeypatch.setattr("socialshop.notifications.service.sending._BATCHES_A_CLAIM", 2)
    night = replace(office, quiet=QuietHours(22, 8, "Asia/Shanghai"))
    app.extensions["socialshop_post_office"] = night
    clock.advance(timedelta(hours=11))  # 23:00
    member = sign_up(app, email="mei@example.com")
    for _ in range(5):
        tell(app, member, "room_filled")
    app.test_client().post("/api/v1/members/password-resets", json={"email": "mei@example.com"})
    late = "SELECT count(*) FROM mails WHERE status = 'queued' AND due_at > :now"
    service.send_due(clock, night)
    assert (rows(late, now=clock.now()), len(server.took)) == ([(2,)], 0)
    # The rest follows by itself.
    work()
    assert (rows(late, now=clock.now()), len(server.took)) == ([(5,)], 1)


@pytest.mark.parametrize(
    ("at", "over"),
    [
        ("21:59", None),
        ("22:00", "08:00+1"),
        ("23:59", "08:00+1"),
        ("00:00", "08:00"),
        ("07:59", "08:00"),
        ("08:00", None),
    ],
)
def test_quiet_hours_are_from_hour_to_hour_by_a_clock(at: str, over: str | None) -> None:
    hours, minutes = map(int, at.split(":"))
    now = datetime(2026, 3, 2, hours, minutes, tzinfo=UTC) - timedelta(hours=8)
    found = QuietHours(22, 8, "Asia/Shanghai").over_at(now)
    day = 3 if over == "08:00+1" else 2
    assert found == (None if over is None else datetime(2026, 3, day, 0, tzinfo=UTC))
    assert QuietHours(1, 5, "UTC").over_at(datetime(2026, 3, 2, 2, tzinfo=UTC)) == datetime(2026, 3, 2, 5, tzinfo=UTC)


def test_a_choice_made_after_the_mail_was_queued_still_counts(
    app: Flask, office: PostOffice, server: MailServer
) -> None:
    member = sign_up(app)
    tell(app, member, "room_filled")
    answer = member.call("PATCH", "/me", json={"notices": {"email": {"rooms": False}}})
    assert answer.get_json()["notices"]["email"]["rooms"] is False
    assert answer.get_json()["notices"]["in_app"]["rooms"] is True
    work()
    assert server.took == []
    assert mails() == [("room_filled", "dropped", 0, "the member does not want it")]
    number = number_of(member)
    with unit_of_work() as uow:
        assert service.wishes_of(uow, number)[0][Channel.EMAIL, Topic.ROOMS] is False
    for topic in ("money", "security", "nothing"):
        assert refusal(member.call("PATCH", "/me", json={"notices": {"email": {topic: False}}}))[:2] == (
            422,
            "invalid_value",
        )


# --- links that work once -----------------------------------------------------------------------------------------


def token_in(mail: Any, page: str) -> str:
    plain = mail.get_body(("plain",)).get_content()
    url = urlsplit(re.findall(r"https://\S+", plain)[0])
    assert url.path == page
    return parse_qs(url.query)["token"][0]


def ask_for_reset(app: Flask, email: str) -> tuple[int, Any]:
    answer = app.test_client().post("/api/v1/members/password-resets", json={"email": email})
    return answer.status_code, answer.get_json()


def complete(app: Flask, token: str, password: str = "a whole new password") -> Any:
    body = {"token": token, "password": password}
    return app.test_client().post("/api/v1/members/password-resets/completion", json=body)


def sign_in(app: Flask, email: str, password: str) -> int:
    return app.test_client().post("/api/v1/sessions", json={"email": email, "password": password}).status_code


def test_a_forgotten_password_is_set_anew_once_and_every_session_ends(
    app: Flask, office: PostOffice, server: MailServer
) -> None:
    member, other = sign_up(app, email="mei@example.com"), sign_up(app)
    assert ask_for_reset(app, "Mei@Example.com") == (202, {})
    work()
    token = token_in(server.took[0], "/reset-password")
    assert refusal(complete(app, token, "short"))[:3] == (422, "invalid_value", "password")
    assert complete(app, token).status_code == 204
    assert [sign_in(app, "mei@example.com", password) for password in (PASSWORD, "a whole new password")] == [401, 201]
    assert member.call("GET", "/me").status_code == 401
    assert other.call("GET", "/me").status_code == 200
    assert refusal(complete(app, token)) == (422, "token_not_valid", "token")
    assert rows("SELECT email_verified_at IS NOT NULL FROM member_profiles WHERE email = 'mei@example.com'") == [
        (True,)
    ]


def test_nobody_learns_whether_the_shop_knows_an_address(app: Flask, office: PostOffice, server: MailServer) -> None:
    sign_up(app, email="mei@example.com")
    known, unknown = ask_for_reset(app, "mei@example.com"), ask_for_reset(app, "nobody@example.com")
    assert known == unknown == ask_for_reset(app, "not an address") == (202, {})
    # One that was attached to an imported member opens nothing before the account is claimed.
    imported = sign_up(app, email="imported@example.com")
    with unit_of_work() as uow:
        uow.session.execute(
            text("DELETE FROM member_credentials WHERE member_id = :id"), {"id": imported.card.member_id}
        )
    assert ask_for_reset(app, "imported@example.com") == (202, {})
    work()
    assert server.recipients == ["mei@example.com"]


def test_asking_again_and_again_fills_no_mailbox(
    app: Flask, office: PostOffice, server: MailServer, clock: ManualClock
) -> None:
    sign_up(app, email="mei@example.com")
    for _ in range(20):
        assert ask_for_reset(app, "mei@example.com")[0] == 202
        clock.advance(timedelta(minutes=1))
    work()
    assert len(server.took) == 5


def test_a_link_is_too_old_after_an_hour_and_worthless_for_another_address(
    app: Flask, office: PostOffice, server: MailServer, clock: ManualClock
) -> None:
    member = sign_up(app, email="mei@example.com")
    ask_for_reset(app, "mei@example.com")
    work()
    clock.advance(timedelta(hours=1))
    assert refusal(complete(app, token_in(server.took[0], "/reset-password")))[1] == "token_not_valid"
    ask_for_reset(app, "mei@example.com")
    work()
    with unit_of_work() as uow:
        uow.session.execute(
            text("UPDATE member_profiles SET email = 'new@example.com' WHERE member_id = :id"),
            {"id": member.card.member_id},
        )
    assert refusal(complete(app, token_in(server.took[1], "/reset-password")))[1] == "token_not_valid"
    assert sign_in(app, "new@example.com", PASSWORD) == 201


def test_an_address_is_verified_by_its_own_link_alone(app: Flask, office: PostOffice, server: MailServer) -> None:
    member = sign_up(app, email="mei@example.com")
    assert member.call("GET", "/me").get_json()["email_verified"] is False
    assert member.call("POST", "/me/email-verifications", json={}).status_code == 202
    work()
    token = token_in(server.took[0], "/verify-email")
    # A link of one purpose opens nothing else.
    assert refusal(complete(app, token))[1] == "token_not_valid"
    verify = lambda: app.test_client().post("/api/v1/members/email-verifications", json={"token": token})  # noqa: E731
    assert verify().status_code == 204
    assert member.call("GET", "/me").get_json()["email_verified"] is True
    assert refusal(verify())[1] == "token_not_valid"
    assert member.call("POST", "/me/email-verifications", json={}).status_code == 202
    work()
    assert len(server.took) == 1


@pytest.mark.usefixtures("office")
def test_no_token_and_no_address_is_stored_or_logged(  # noqa: PLR0917  (fixtures)
    app: Flask,
    server: MailServer,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    # The shop's own lines go where this test reads, whatever this process has set up before.
    monkeypatch.setattr(shop_logging, "_stream", lambda: sys.stderr)
    sign_up(app, email="mei@example.com")
    server.answers = ["550 mei@example.com is unknown", "250 OK"]
    ask_for_reset(app, "mei@example.com")
    work()
    clock.advance(timedelta(minutes=3))
    ask_for_reset(app, "mei@example.com")
    work()
    token = token_in(server.took[0], "/reset-password")
    tables = ("mails", "member_tokens", "outbox_events", "outbox_deliveries", "audit_entries")
    stored = [str(rows(f"SELECT t::text FROM {table} t")) for table in tables]
    # The SMTP server of the tests writes a log of its own.
    logged = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    said = "\n".join((*logged, *capsys.readouterr()))
    assert "mail set aside" in said
    assert token not in said + "".join(stored)
    assert "mei@example.com" not in said


def test_an_smtp_password_is_sent_over_tls_alone_and_shown_nowhere(server: MailServer) -> None:
    url = server.url.replace("//", "//shop:s3cret-word@")
    postman = SmtpPostman(url)
    assert "s3cret-word" not in repr(postman)
    with pytest.raises(OutcomeUnknown, match="no TLS") as refused, postman.round() as hand_over:
        hand_over(server_message())
    assert "s3cret-word" not in repr(refused.value)
    assert server.signed_in == []
    with pytest.raises(ValueError, match="SOCIALSHOP_SMTP_URL") as wrong:
        SmtpPostman("http://shop:s3cret-word@host")
    assert "s3cret-word" not in str(wrong.value)


def server_message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "a@example.com", "b@example.com"
    return message
