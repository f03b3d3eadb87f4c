"""How a member is told, chosen without a script; what admins set, and whom the shop tells by webhook."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Flask
from payment_shop import rows
from visitors import Visitor, member, visitor

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import new_id
from socialshop.kernel.roles import Role
from socialshop.notifications import service as notifications
from socialshop.notifications.rules import Channel, KindClass, Topic
from socialshop.notifications.service.unsubscribing import signatures


def wishes(browser: Visitor) -> dict[Topic, bool]:
    assert browser.card is not None
    number = rows("SELECT number FROM members WHERE id = :id", id=browser.card.member_id)[0][0]
    with unit_of_work() as uow:
        chosen, _ = notifications.wishes_of(uow, number)
    return {topic: chosen[Channel.EMAIL, topic] for _, topic in notifications.EVERYTHING}


def test_a_member_chooses_hours_and_digest_by_the_own_clock(site: Flask) -> None:
    lin = member(site)
    page = lin.look("/notices/choices").text
    assert "By your clock, Asia/Shanghai." in page
    assert "As the shop: 22:00 to 08:00" in page
    lin.send("/me", "/me", display_name="Lin", locale="en", time_zone="Europe/Berlin")
    typed = {"quiet": "own", "from_hour": "23", "until_hour": "6", "digest": "weekly"}
    assert lin.send("/notices/choices", "/notices/habits", **typed).status_code == 303
    page = lin.look("/notices/choices").text
    assert "By your clock, Europe/Berlin." in page
    assert re.search(r'value="weekly" checked', page)
    assert re.search(r'<option value="23" selected', page)
    assert rows("SELECT quiet_from, quiet_until, digest FROM notice_habits") == [(23, 6, "weekly")]
    odd = lin.send("/notices/choices", "/notices/habits", **{**typed, "from_hour": "24", "digest": "hourly"})
    assert odd.status_code == 422
    assert rows("SELECT quiet_from, digest FROM notice_habits") == [(23, "weekly")]
    lin.send("/notices/choices", "/notices/habits", **{**typed, "quiet": "shop"})
    assert rows("SELECT quiet_from, quiet_until FROM notice_habits") == [(None, None)]


def test_what_stays_ticked_stays_wanted_whatever_the_topic(site: Flask) -> None:
    lin = member(site)
    boxes = set(re.findall(r'type="checkbox" id="((?:in_app|email)-\w+)"', lin.look("/notices/choices").text))
    # A box for each topic in the shop: what has none would be declined by every save.
    assert {box.partition("-")[2] for box in boxes if box.startswith("in_app")} == {
        topic.value for _, topic in notifications.EVERYTHING
    }
    lin.send("/notices/choices", "/notices/choices", **dict.fromkeys(boxes - {"email-rooms"}, "yes"))
    assert rows("SELECT channel, topic FROM notice_opt_outs") == [("email", "rooms")]


def test_the_page_of_a_mails_link_asks_first_and_needs_nobody_signed_in(site: Flask) -> None:
    lin, anybody = member(site), visitor(site)
    assert lin.card is not None
    number = rows("SELECT number FROM members WHERE id = :id", id=lin.card.member_id)[0][0]
    token = signatures().write(number, Topic.MEMBERSHIP)
    page = anybody.look(f"/unsubscribe?token={token}").text
    assert "You will get no more mails about: Your tier, your plan, coupons and campaigns." in page
    assert all(wishes(lin).values())
    done = anybody.send(f"/unsubscribe?token={token}")
    assert done.status_code == 200
    assert "Done. You get no more mails about" in done.text
    assert [topic for topic, wanted in wishes(lin).items() if not wanted] == [Topic.MEMBERSHIP]
    assert "不再接收" in anybody.look(f"/unsubscribe?token={token}", "zh").text
    assert "The link at the foot of a mail" in anybody.look("/unsubscribe").text
    assert anybody.look("/unsubscribe?token=1-all.x").status_code == 404


def test_an_admin_changes_caps_and_finance_reads_them(site: Flask) -> None:
    ada, finn = member(site, role=Role.ADMIN), member(site, role=Role.FINANCE)
    with unit_of_work() as uow:
        caps = notifications.caps_of(uow)
    typed = {
        f"{c}-{k}-{span}": str(n)
        for (c, k), cap in caps.items()
        for span, n in (("day", cap.per_day), ("week", cap.per_week))
    }
    wrong = ada.send("/admin/notice-caps", **{**typed, "email-news-day": "9"})
    assert wrong.status_code == 422
    assert "A week has at least as many as a day." in wrong.text
    assert ada.send("/admin/notice-caps", **{**typed, "email-news-day": "3"}).status_code == 303
    with unit_of_work() as uow:
        assert notifications.caps_of(uow)[Channel.EMAIL, KindClass.NEWS].per_day == 3
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'notice_cap.set'") == [(1,)]
    assert "3 in 24 hours, 6 in seven days" in finn.look("/admin/notice-caps").text
    assert "<form" not in finn.look("/admin/notice-caps").text.split("<main")[1]


def test_an_admin_adds_an_endpoint_sees_its_secret_once_and_tells_it_again(site: Flask) -> None:
    ada, finn = member(site, role=Role.ADMIN), member(site, role=Role.FINANCE)
    assert "Nobody listens yet" in ada.look("/admin/webhooks").text
    typed = {"url": "https://hooks.example/shop", "label": "Warehouse", "type-room.filled": "yes"}
    inside = ada.send("/admin/webhooks", **{**typed, "url": "https://10.0.0.1/"})
    assert inside.status_code == 422
    assert "This address is not one of the public internet." in inside.text
    none = ada.send("/admin/webhooks", url=typed["url"])
    assert "Choose at least one of the types" in none.text
    assert none.text.count('role="alert"') == 1
    told = ada.send("/admin/webhooks", **typed)
    (secret,) = re.findall(r"whsec_[\w+/=]+", told.text)
    assert told.headers["Cache-Control"] == "no-store"
    (page,) = set(re.findall(r'href="(/admin/webhooks/whk_\w+)"', told.text))
    for path in ("/admin/webhooks", page):
        assert secret not in ada.look(path).text
    in_unit_of_work(lambda uow: notifications.announce("room.filled", uow, [{"room_id": str(new_id())}]))
    with unit_of_work() as uow:
        uow.session.connection().exec_driver_sql(
            "UPDATE webhook_deliveries SET status = 'given_up', because = 'http 500', attempts = 10, ended_at = now()"
        )
    shown = ada.look(page).text
    assert "given up" in shown
    assert "http 500" in shown
    (again,) = set(re.findall(r'action="([^"]+/deliveries/[^"]+/replay)"', shown))
    assert again not in finn.look(page).text
    assert ada.send(page, again).status_code == 303
    assert rows("SELECT status, attempts FROM webhook_deliveries") == [("queued", 0)]
    late = {"since": "2026-01-31T12:00", "until": "2026-01-31T11:00"}
    assert "The end must be later than the beginning." in ada.send(page, f"{page}/replay", **late).text
    assert ada.send(page, f"{page}/types", **{"type-order.shipped": "yes"}).status_code == 303
    assert ada.send(page, f"{page}/switch").status_code == 303
    assert rows("SELECT event_types, disabled_because FROM webhook_endpoints") == [(["order.shipped"], "by an admin")]
    assert "Switched off" in ada.look(page).text
    assert ada.send(page, f"{page}/switch").status_code == 303
    other = ada.send(page, f"{page}/secret")
    assert secret not in other.text
    assert "whsec_" in other.text
    assert "The former secret signs too until" in ada.look(page).text
    assert rows("SELECT former_until > :now FROM webhook_endpoints", now=datetime.now(UTC)) == [(True,)]
    inside = ada.send(page, f"{page}/address", url="https://10.0.0.1/")
    assert (inside.status_code, "This address is not one of the public internet." in inside.text) == (422, True)
    assert ada.send(page, f"{page}/address", url="https://hooks.example/moved").status_code == 303
    assert "https://hooks.example/moved" in ada.look(page).text
    assert f'action="{page}/removal"' not in finn.look(page).text
    assert ada.send(page, f"{page}/removal").headers["Location"] == "/admin/webhooks"
    assert "Nobody listens yet" in ada.look("/admin/webhooks").text
    assert ada.look(page).status_code == 404
