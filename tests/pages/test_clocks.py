"""By whose clock and in which language pages speak: the reader's own, and the shop's where its calendar counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from money_people import earn
from payment_shop import rows
from room_shop import RoomShop, room_shop
from visitors import Visitor, member, visitor
from web_client import PASSWORD

from socialshop.identity.service import NewMember
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.onboarding import service as onboarding
from socialshop.pages import cookies

SHOPS = "Days, weeks and months are counted by the shop’s clock: Asia/Shanghai."
# A Monday, 00:30 in Shanghai and Sunday, 17:30 in Berlin.
NOW = datetime(2026, 11, 29, 16, 30, tzinfo=UTC)


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


@pytest.fixture
def clock(site: Flask) -> ManualClock:
    found = ManualClock(NOW)
    site.extensions["socialshop_clock"] = found
    return found


def lives_in(somebody: Visitor, zone: str, name: str = "Lin") -> Visitor:
    sent = somebody.send("/me", "/me", display_name=name, locale="en", time_zone=zone)
    assert sent.status_code == 303
    return somebody


def test_a_member_is_told_of_times_by_their_own_clock_and_who_chose_none_by_the_shops(
    shop: RoomShop, site: Flask
) -> None:
    deal = to_public("deal", shop.deal(2))
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    room = lin.send(f"/deals/{deal}", f"/deals/{deal}/rooms", quantity="1").headers["Location"]
    order = room.removesuffix("/pay")
    at = rows("SELECT ordered_at FROM orders")[0][0]
    shanghai = (at + timedelta(hours=8)).strftime("%b %Y, %H:%M")
    assert shanghai in lin.look(order).text
    lives_in(lin, "UTC")
    utc = at.astimezone(UTC).strftime("%b %Y, %H:%M")
    page = lin.look(order).text
    assert (utc in page, shanghai in page) == (True, False)
    closes = rows("SELECT expires_at FROM rooms")[0][0]
    public = f"/rooms/{to_public('room', rows('SELECT id FROM rooms')[0][0])}"
    assert closes.astimezone(UTC).strftime("%b %Y, %H:%M") in lin.look(public).text
    for other in (chen, visitor(site)):
        assert (closes + timedelta(hours=8)).astimezone(UTC).strftime("%b %Y, %H:%M") in other.look(public).text


def test_the_shops_days_stay_the_shops_and_say_so_to_who_lives_elsewhere(site: Flask, clock: ManualClock) -> None:
    leader = member(site, role=Role.LEADER, name="Wang")
    at_home = leader.look("/lead").text
    assert ("Earned since Nov 30, 2026" in at_home, SHOPS in at_home) == (True, False)
    lives_in(leader, "Europe/Berlin", "Wang")
    abroad = leader.look("/lead").text
    assert ("Earned since Nov 30, 2026" in abroad, SHOPS in abroad) == (True, True)
    for path in ("/points", "/board"):
        assert SHOPS in leader.look(path).text, path
    assert "日、周、月均按商店时区 Asia/Shanghai 计算。" in leader.look("/points?lang=zh").text


def test_what_is_typed_is_meant_by_the_clock_that_the_page_shows(site: Flask, clock: ManualClock) -> None:
    ada = lives_in(member(site, role=Role.ADMIN, name="Ada"), "Europe/Berlin", "Ada")
    assert "By the clock of Europe/Berlin." in ada.look("/admin/surveys").text
    typed = {"title_zh": "茶", "title_en": "Tea", "points": "5", "opens_at": "", "closes_at": "2026-12-01T10:00"}
    typed |= {"questions": "text 怎么样 | How is it?"}
    page = ada.send("/admin/surveys", "/admin/surveys", **typed)
    assert page.status_code == 303, page.text
    assert rows("SELECT closes_at FROM surveys") == [(datetime(2026, 12, 1, 9, tzinfo=UTC),)]
    assert "1 Dec 2026, 10:00" in ada.look(page.headers["Location"]).text


def test_this_weeks_earnings_leave_out_imported_sales_of_before(site: Flask, clock: ManualClock) -> None:
    leader = member(site, role=Role.LEADER, name="Wang")
    number = rows("SELECT number FROM members")[0][0]
    old, new = earn(number, 800, 300)
    when = {"old": NOW - timedelta(days=40), "new": NOW - timedelta(minutes=5)}
    for accrual, ordered in ((old, when["old"]), (new, when["new"])):
        rows(
            "UPDATE orders SET ordered_at = :at, received_at = :at WHERE id = (SELECT l.order_id FROM accruals a"
            " JOIN accrued_lines l USING (order_line_id) WHERE a.id = :id) RETURNING 1",
            at=ordered,
            id=accrual,
        )
    page = leader.look("/lead").text
    assert ("CN¥3.00" in page, "CN¥11.00" in page) == (True, False)


def test_an_account_made_by_somebody_else_speaks_the_readers_language_until_its_owner_chooses(site: Flask) -> None:
    person = NewMember("ada@example.com", PASSWORD, "Ada")
    card = in_unit_of_work(lambda uow: onboarding.create(uow, person))
    assert (card.locale, card.own_locale) == ("zh", None)
    ada = visitor(site)
    answer = ada.send("/sign-in", email="ada@example.com", password=PASSWORD)
    assert answer.status_code == 303
    assert ada.client.get_cookie(cookies.LANGUAGE) is None
    english, chinese = ada.look("/me"), ada.look("/me", "zh")
    assert 'value="en" checked' in english.text
    assert 'value="zh" checked' in chinese.text
    assert rows("SELECT locale FROM member_profiles") == [(None,)]
    ada.send("/me", "/me", display_name="Ada", locale="en", time_zone="")
    assert rows("SELECT locale FROM member_profiles") == [("en",)]
    again = visitor(site)
    again.send("/sign-in", email="ada@example.com", password=PASSWORD, language="zh")
    assert again.client.get_cookie(cookies.LANGUAGE).value == "en"  # type: ignore[union-attr]
