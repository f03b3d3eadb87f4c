"""What a member chose is what leaves: caps, digests, hours of its own, and a link that ends it all."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.roles import Role
from socialshop.notifications import service
from socialshop.notifications.gateway import SmtpPostman
from socialshop.notifications.letters import Sender
from socialshop.notifications.rules import QuietHours
from socialshop.notifications.service import PostOffice, Told
from tests.due_work import work
from tests.mail_server import MailServer, mail_server
from tests.money_people import number_of
from tests.payment_shop import rows
from tests.room_shop import statements
from tests.web_client import Person, refusal, sign_up

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # Monday, by Shanghai's clock
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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
    sender = Sender("shop@shop.example", "https://shop.example")
    found = PostOffice(SmtpPostman(server.url), sender, 3, QuietHours(22, 8, "Asia/Shanghai"), 9, 1)
    app.extensions["socialshop_post_office"] = found
    return found


def tell(app: Flask, person: Person, kind: str = "room_filled", count: int = 1, **facts: Any) -> None:
    said = {"title": "茶", "amount_minor": 990, "currency": "CNY", "growth": 1, "missing": 2, **facts}
    said |= {"until": "2026-03-09T00:00:00Z", "tier_en": "Gold", "tier_zh": "金卡"}
    number = number_of(person)
    told = [Told(number, kind, secrets.token_hex(8), None, uuid.UUID(int=1), said) for _ in range(count)]
    in_unit_of_work(lambda uow: service.tell(uow, told), app.extensions["socialshop_clock"])


def states(kind: str | None = None) -> list[str]:
    found = rows("SELECT status FROM mails WHERE CAST(:k AS text) IS NULL OR kind = :k ORDER BY id", k=kind)
    return [status for (status,) in found]


def pass_by(clock: ManualClock, span: timedelta) -> None:
    clock.advance(span)
    in_unit_of_work(service.fold_digests, clock)
    in_unit_of_work(service.poll_mails, clock)
    work()


def body(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def set_cap(app: Flask, kind_class: str, day: int, week: int, channel: str = "email") -> Any:
    admin = sign_up(app, role=Role.ADMIN)
    cap = {"channel": channel, "kind_class": kind_class, "per_day": day, "per_week": week}
    return admin.call("POST", "/admin/notice-caps", json=cap)


# --- caps ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("office")
def test_beyond_the_cap_of_a_day_mails_come_as_one_the_next_morning_and_money_at_once(
    app: Flask, server: MailServer, clock: ManualClock
) -> None:
    assert set_cap(app, "service", 2, 9).status_code == 200
    member = sign_up(app)
    member.call("PATCH", "/me", json={"locale": "en"})
    for number in range(5):
        tell(app, member, title=f"tea {number}")
    tell(app, member, "refund_paid")
    tell(app, member, "tier_warned")
    work()
    assert states("room_filled") == ["sent", "sent", "held", "held", "held"]
    # Another class has a cap of its own, money has none.
    assert (states("refund_paid"), states("tier_warned")) == (["sent"], ["sent"])
    pass_by(clock, 21 * HOUR - timedelta(seconds=1))
    assert len(server.took) == 4
    pass_by(clock, timedelta(seconds=1))
    assert states("room_filled") == ["sent", "sent", "folded", "folded", "folded"]
    digest = server.took[4]
    assert digest["Subject"] == "What is new for you"
    assert [line for line in body(digest).splitlines() if line.startswith("- ")] == [
        f"- “tea {number}” is full: your order is being confirmed." for number in (4, 3, 2)
    ]
    assert "https://shop.example/notices\r\n" in body(digest)
    # What went out in the digest took no place of the day that is not over yet: the first two did.
    tell(app, member)
    work()
    assert states("room_filled")[-1] == "held"
    pass_by(clock, 3 * HOUR + timedelta(seconds=1))
    tell(app, member)
    work()
    assert states("room_filled")[-1] == "sent"


@pytest.mark.usefixtures("office", "server")
def test_the_cap_of_a_week_holds_when_no_days_is_reached(app: Flask, clock: ManualClock) -> None:
    set_cap(app, "service", 1, 3)
    member = sign_up(app)
    for _ in range(5):
        tell(app, member)
        work()
        pass_by(clock, DAY)
    assert sorted(states("room_filled")) == ["folded", "held", "sent", "sent", "sent"] or states("room_filled") == [
        "sent",
        "sent",
        "sent",
        "folded",
        "folded",
    ]


@pytest.mark.usefixtures("clock")
def test_two_senders_at_once_give_a_member_no_mail_too_many(app: Flask, office: PostOffice, server: MailServer) -> None:
    set_cap(app, "service", 3, 9)
    members = [sign_up(app) for _ in range(4)]
    for member in members:
        tell(app, member, count=12)
    # Two claims at once are about the same member: each takes six of its twelve.
    wide, barrier = replace(office, connections=2), Barrier(3)

    def send() -> None:
        with app.app_context():
            barrier.wait()
            service.send_due(app.extensions["socialshop_clock"], wide)

    threads = [Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows("SELECT member, count(*) FROM mails WHERE status = 'sent' GROUP BY 1 ORDER BY 1") == sorted(
        (number_of(member), 3) for member in members
    )
    assert len(server.took) == 12
    assert len({mail["Message-ID"] for mail in server.took}) == 12
    assert states().count("held") == 36


@pytest.mark.usefixtures("office")
def test_a_mail_that_is_tried_again_keeps_its_place(app: Flask, server: MailServer, clock: ManualClock) -> None:
    set_cap(app, "service", 1, 9)
    member = sign_up(app)
    server.answers = ["451 later"]
    tell(app, member, count=2)
    work()
    assert sorted(states()) == ["held", "queued"]
    pass_by(clock, timedelta(minutes=1))
    assert sorted(states()) == ["held", "sent"]


def test_in_the_shop_what_is_over_the_cap_is_there_and_does_not_ring(app: Flask, clock: ManualClock) -> None:
    set_cap(app, "service", 3, 4, channel="in_app")
    member = sign_up(app)
    tell(app, member, count=2)
    tell(app, member, count=3)
    tell(app, member, "refund_paid")
    seen = member.call("GET", "/me/notices").get_json()
    assert (len(seen["data"]), seen["unread"]) == (6, 4)
    clock.advance(DAY)
    tell(app, member, count=2)
    assert member.call("GET", "/me/notices").get_json()["unread"] == 5
    clock.advance(7 * DAY)
    tell(app, member, count=2)
    assert member.call("GET", "/me/notices").get_json()["unread"] == 7


def test_caps_are_data_that_admins_change_and_a_week_has_no_less_than_a_day(app: Flask) -> None:
    before = sign_up(app, role=Role.FINANCE).call("GET", "/admin/notice-caps").get_json()["data"]
    assert [(cap["channel"], cap["kind_class"], cap["per_day"], cap["per_week"]) for cap in before] == [
        ("email", "news", 2, 6),
        ("email", "service", 5, 20),
        ("in_app", "news", 20, 60),
        ("in_app", "service", 50, 200),
    ]
    assert refusal(set_cap(app, "news", 3, 2))[:3] == (422, "invalid_value", "per_week")
    assert refusal(set_cap(app, "money", 3, 2))[0] == 422
    answer = set_cap(app, "news", 0, 2).get_json()["data"]
    assert [cap["per_day"] for cap in answer] == [0, 5, 20, 50]
    assert rows("SELECT target, facts FROM audit_entries WHERE action = 'notice_cap.set'") == [
        ("email", {"kind_class": "news", "per_day": 0, "per_week": 2})
    ]


# --- hours and digests of one's own -------------------------------------------------------------------------------


@pytest.mark.usefixtures("office")
def test_quiet_hours_are_the_members_own_by_its_own_clock(app: Flask, server: MailServer, clock: ManualClock) -> None:
    here, there, own = sign_up(app), sign_up(app), sign_up(app)
    there.call("PATCH", "/me", json={"time_zone": "America/New_York"})  # 23:00 there
    own.call("PATCH", "/me", json={"notices": {"quiet": {"from_hour": 12, "until_hour": 13}}})
    for member in (here, there, own):
        tell(app, member)
        tell(app, member, "refund_paid")
    work()
    waiting = rows("SELECT member, due_at FROM mails WHERE status = 'queued' ORDER BY member")
    # 8:00 in New York before its clocks change, and an hour from now.
    assert waiting == [
        (number_of(there), datetime(2026, 3, 2, 13, tzinfo=UTC)),
        (number_of(own), NOON + HOUR),
    ]
    assert len(server.took) == 4
    pass_by(clock, HOUR)
    assert len(server.took) == 5
    pass_by(clock, 8 * HOUR)
    assert len(server.took) == 6


@pytest.mark.usefixtures("office")
def test_who_wants_one_mail_a_day_gets_one_and_a_topic_declined_meanwhile_is_not_in_it(
    app: Flask, server: MailServer, clock: ManualClock
) -> None:
    member, other = sign_up(app), sign_up(app)
    for each in (member, other):
        each.call("PATCH", "/me", json={"notices": {"digest": "daily"}, "locale": "en"})
        tell(app, each)
        tell(app, each, "tier_warned")
    tell(app, other, "refund_paid")
    work()
    assert sorted(states()) == ["held"] * 4 + ["sent"]
    member.call("PATCH", "/me", json={"notices": {"email": {"rooms": False}}})
    other.call("PATCH", "/me", json={"notices": {"email": {"rooms": False, "membership": False}}})
    for _ in range(2):
        pass_by(clock, 21 * HOUR)
    assert len(server.took) == 2
    assert body(server.took[1]).count("\n- ") == 1
    assert "is full" not in body(server.took[1])
    assert rows("SELECT status, because FROM mails WHERE kind = 'digest' ORDER BY status") == [
        ("dropped", "the member does not want it"),
        ("sent", None),
    ]
    assert states().count("folded") == 4


@pytest.mark.usefixtures("office")
def test_a_week_is_told_on_monday_once_however_often_the_schedule_runs(
    app: Flask, server: MailServer, clock: ManualClock
) -> None:
    member = sign_up(app)
    member.call("PATCH", "/me", json={"notices": {"digest": "weekly"}})
    for _ in range(6):
        tell(app, member)
        work()
        pass_by(clock, DAY)
    assert server.took == []
    pass_by(clock, 21 * HOUR)
    for _ in range(3):
        pass_by(clock, HOUR)
    (digest,) = server.took
    assert digest["Subject"] == "你的近期动态"
    assert body(digest).count("\n- ") == 6
    assert rows("SELECT count(*) FROM mails WHERE kind = 'digest'") == [(1,)]


def test_folding_takes_the_same_statements_for_any_number_of_members(app: Flask, clock: ManualClock) -> None:
    seen = {}
    for many in (1, 9):
        members = [sign_up(app) for _ in range(many)]
        for member in members:
            tell(app, member, count=2)
        with unit_of_work(clock) as uow:
            uow.session.execute(
                text("UPDATE mails SET status = 'held', because = 'x' WHERE status = 'queued' AND kind <> 'digest'")
            )
        with unit_of_work(clock) as uow, statements() as ran:
            service.fold_digests(uow)
        seen[many] = len(ran)
    assert seen[1] == seen[9]
    assert rows("SELECT count(*) FROM mails WHERE kind = 'digest'") == [(10,)]


def test_habits_are_kept_shown_and_given_up_again_and_nonsense_changes_nothing(app: Flask) -> None:
    member = sign_up(app)
    shown = lambda: {k: member.call("GET", "/me").get_json()["notices"][k] for k in ("quiet", "digest")}  # noqa: E731
    shops = {"quiet": {"from_hour": 22, "until_hour": 8}, "digest": "never"}
    assert shown() == shops
    own = {"quiet": {"from_hour": 0, "until_hour": 6}, "digest": "weekly"}
    assert member.call("PATCH", "/me", json={"notices": own}).status_code == 200
    assert shown() == own
    for odd in ({"quiet": {"from_hour": 24, "until_hour": 6}}, {"quiet": {"from_hour": 1}}, {"digest": "hourly"}):
        assert refusal(member.call("PATCH", "/me", json={"notices": odd}))[0] == 422
    assert shown() == own
    member.call("PATCH", "/me", json={"notices": {"quiet": None}})
    assert shown() == own | {"quiet": shops["quiet"]}


# --- the link that ends it ----------------------------------------------------------------------------------------


def link_of(mail: Any) -> str:
    found = re.fullmatch(r"<https://shop\.example(/unsubscribe\?token=\S+)>", mail["List-Unsubscribe"])
    assert found
    return found[1]


def email_choices(person: Person) -> dict[str, bool]:
    found: dict[str, bool] = person.call("GET", "/me").get_json()["notices"]["email"]
    return found


@pytest.mark.usefixtures("office")
def test_one_tap_in_a_mail_program_ends_mails_of_that_topic_without_a_login(app: Flask, server: MailServer) -> None:
    member, other = sign_up(app), sign_up(app)
    tell(app, member)
    work()
    (mail,) = server.took
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    anybody = app.test_client()
    # RFC 8058: looking changes nothing, and the form of the post is a mail program's.
    assert anybody.get(link_of(mail)).status_code == 200
    assert all(email_choices(member).values())
    for _ in range(2):
        answer = anybody.post(link_of(mail), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert [topic for topic, wanted in email_choices(member).items() if not wanted] == ["rooms"]
    assert all(email_choices(other).values())
    tell(app, member)
    work()
    assert len(server.took) == 1
    # In the shop it is still told.
    assert member.call("GET", "/me/notices").get_json()["unread"] == 2


@pytest.mark.usefixtures("office")
def test_the_page_ends_all_that_can_be_declined_and_so_does_a_digests_link(
    app: Flask, server: MailServer, clock: ManualClock
) -> None:
    member, reader = sign_up(app), sign_up(app)
    reader.call("PATCH", "/me", json={"notices": {"digest": "daily"}})
    for each in (member, reader):
        tell(app, each)
    work()
    pass_by(clock, 21 * HOUR)
    first, digest = server.took
    app.test_client().post(link_of(first), data={"everything": "yes"})
    app.test_client().post(link_of(digest), data={"List-Unsubscribe": "One-Click"})
    assert {*email_choices(member).values(), *email_choices(reader).values()} == {False}


@pytest.mark.usefixtures("office")
def test_a_link_that_was_changed_or_made_up_ends_nothing_and_money_has_none(app: Flask, server: MailServer) -> None:
    member, other = sign_up(app), sign_up(app)
    tell(app, member)
    tell(app, member, "refund_paid")
    work()
    mails = {str(mail["Subject"]): mail for mail in server.took}
    assert mails["你的退款已到账"]["List-Unsubscribe"] is None
    link = link_of(mails["你的团已成团"])
    stolen = link.replace(f"{number_of(member)}-rooms", f"{number_of(other)}-rooms")
    assert stolen != link
    for wrong in (stolen, link.replace("rooms", "all"), link[:-1], "/unsubscribe?token=é.é"):
        assert app.test_client().get(wrong).status_code == 404
        assert app.test_client().post(wrong, data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert rows("SELECT count(*) FROM notice_opt_outs") == [(0,)]
