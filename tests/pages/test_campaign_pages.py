"""Missions, campaigns and the calendar on pages, without scripts: planned, drawn, read; and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from due_work import work
from flask import Flask
from visitors import Visitor, member
from web_client import counts

from socialshop.kernel.roles import Role

_TERMS = {"title_zh": "三单", "title_en": "Three orders", "times": "3", "points": "50"}
_MISSION = _TERMS | {"kind": "order", "repeats": "month", "opens_at": "", "closes_at": "2036-01-01T00:00"}
_CAMPAIGN = {
    "title_zh": "春茶节",
    "title_en": "Spring tea",
    "theme": "spring",
    "ends_at": "2036-02-01T00:00",
    "audience": "all",
    "tier": "normal",
    "newcomer_days": "",
    "members": "",
    "control_percent": "0",
    "goal": "buyers",
    "target": "1",
    "multiplier_percent": "200",
    "coupon_id": "",
    "notice_zh": "",
    "notice_en": "",
}


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def test_a_mission_is_published_changed_and_withdrawn_and_a_member_sees_it(site: Flask, admin: Visitor) -> None:
    lin = member(site)
    assert "No mission goes on" in lin.look("/missions").text
    wrong = admin.send("/admin/missions", "/admin/missions", **_MISSION | {"closes_at": "", "times": "0"})
    assert (wrong.status_code, wrong.text.count('class="wrong"')) == (422, 2)
    assert counts("missions") == {"missions": 0}
    path = admin.send("/admin/missions", "/admin/missions", **_MISSION).headers["Location"]
    assert "Three orders" in admin.look("/admin/missions").text
    assert "0 of 3" in lin.look("/missions").text
    assert "三单" in lin.look("/missions", language="zh").text
    assert admin.send(path, path, **_TERMS | {"times": "2"}).status_code == 303
    assert "0 of 2" in lin.look("/missions").text
    assert admin.send(path, f"{path}/withdraw").status_code == 303
    assert "Three orders" not in lin.look("/missions").text


def test_a_campaign_is_planned_drawn_and_stands_in_the_calendar_of_the_treated(site: Flask, admin: Visitor) -> None:
    lin = member(site)
    soon = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    plan = _CAMPAIGN | {"starts_at": soon}
    for changed in (
        {"starts_at": ""},
        {"notice_en": "Now"},
        {"audience": "members", "members": "x"},
        {"target": "x"},
        {"audience": "segment"},
    ):
        assert admin.send("/admin/campaigns", "/admin/campaigns", **plan | changed).status_code == 422
    assert counts("campaigns") == {"campaigns": 0}
    lapsed = plan | {"audience": "segment", "not_bought_days": "90"}
    kept = admin.send("/admin/campaigns", "/admin/campaigns", **lapsed).headers["Location"]
    assert "A segment: bought before, and nothing for 90 days" in admin.look(kept).text
    path = admin.send("/admin/campaigns", "/admin/campaigns", **plan).headers["Location"]
    mission = _TERMS | {"kind": "share", "repeats": "once"}
    assert admin.send(path, f"{path}/missions", **mission).status_code == 303
    assert "Nothing for now" in lin.look("/calendar").text
    assert admin.send(path, f"{path}/draw").status_code == 303
    drawing = admin.look(path).text
    assert "0 % of the members had their lot" in drawing
    assert "Draw the groups" not in drawing
    work(["draw_campaign"])
    page = admin.look(path).text
    assert "had their lot" not in page
    assert "Not yet known: it has not begun." in page
    assert "Draw the groups" not in page
    assert "尚无结论" in admin.look(path, language="zh").text
    own = lin.look("/calendar").text
    assert "Spring tea" in own
    assert "1 mission" in own
    assert admin.send(path, f"{path}/cancel").status_code == 303
    assert "Nothing for now" in lin.look("/calendar").text


def test_finance_reads_and_changes_nothing(site: Flask, admin: Visitor) -> None:
    mission = admin.send("/admin/missions", "/admin/missions", **_MISSION).headers["Location"]
    soon = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    campaign = admin.send("/admin/campaigns", "/admin/campaigns", **_CAMPAIGN | {"starts_at": soon}).headers["Location"]
    finance = member(site, role=Role.FINANCE)
    for path in ("/admin/missions", mission, "/admin/campaigns", campaign):
        page = finance.look(path)
        assert page.status_code == 200
        assert 'method="post" action="/admin' not in page.text


def test_a_member_day_is_a_day_of_the_month_or_a_weekday(site: Flask, admin: Visitor) -> None:
    rules = {
        "order_points_per_unit": "1",
        "expiry_days": "365",
        "warn_days": "14",
        "check_in_points": "2",
        "hundred_points_minor": "1.00",
        "price_cap": "30",
        "least_points": "100",
        "member_day_percent": "200",
        **{f"{kind}_points": "7" for kind in ("review", "share", "survey", "mission", "note")},
    }
    both = admin.send("/admin/points", "/admin/points", **rules, day_of_month="8", weekday="3")
    assert (both.status_code, "not both" in both.text) == (422, True)
    assert admin.send("/admin/points", "/admin/points", **rules, day_of_month="8").status_code == 303
    page = member(site).look("/calendar").text
    assert "Member day" in page
    assert "Orders give 200% of the points" in page


_SURVEY = {
    "title_zh": "关于茶",
    "title_en": "About tea",
    "points": "",
    "opens_at": "",
    "closes_at": "2036-01-01T00:00",
    "questions": "single 哪种？ | Which?\n- 绿茶 | Green\n- 红茶 | Black\n"
    "multiple? 还有？ | Also?\n- 甲 | One\n- 乙 | Two\n"
    "scale 满意吗？ | Content?\ntext? 别的？ | What else?",
}


def test_a_survey_is_written_as_text_answered_once_and_read_as_counts(site: Flask, admin: Visitor) -> None:
    lin = member(site)
    for wrong in ("single 哪种？", "- 绿茶 | Green", "which 哪种？ | Which?", "single 哪种？ | Which?"):
        refused = admin.send("/admin/surveys", "/admin/surveys", **_SURVEY | {"questions": wrong})
        assert (refused.status_code, 'class="wrong"' in refused.text) == (422, True), wrong
    assert counts("surveys") == {"surveys": 0}
    desk = admin.send("/admin/surveys", "/admin/surveys", **_SURVEY).headers["Location"]
    path = desk.removeprefix("/admin")
    assert "About tea" in lin.look("/surveys").text
    short = lin.send(path, path, q1="1")
    assert (short.status_code, "This is needed." in short.text) == (422, True)
    assert lin.send(path, path, q1="2", q2_1="yes", q3="5", q4="Oolong").status_code == 303
    assert "filled in" in lin.look(path).text
    assert f'action="{path}"' not in lin.look(path).text
    page = admin.look(desk).text
    assert "Fewer than five answered." in page
    assert "Oolong" not in page
    for _ in range(4):
        member(site).send(path, path, q1="2", q3="5", q4="Oolong")
    page = admin.look(desk).text
    assert '<td class="end" data-value="5">5</td>' in page
    assert page.count("Oolong") == 5
    assert admin.send(desk, f"{desk}/close").status_code == 303
    assert "About tea" not in lin.look("/surveys").text
    assert f'action="{path}"' not in member(site).look(path).text


def test_a_member_is_named_on_boards_by_consent_alone(site: Flask) -> None:
    lin = member(site, name="Lin")
    page = lin.look("/board")
    assert "Nobody stands here yet" in page.text
    assert lin.send("/board", "/board/name").status_code == 303
    assert "Boards name you." in lin.look("/board").text
    assert counts("board_names") == {"board_names": 1}
    assert lin.client.post("/board/name", data=lin.form("/board", "/board/name")).status_code == 303
    assert counts("board_names") == {"board_names": 0}
    assert lin.look("/board?metric=volume&month=2026-03").status_code == 200
    for wrong in ("metric=earnings", "month=2026-00"):
        assert lin.look(f"/board?{wrong}").status_code == 404
    assert "Name me" not in member(site, role=Role.FINANCE).look("/board").text
