"""The review console: cases claimed, filters in the address, and what a queue costs."""

from __future__ import annotations

import re

import pytest
from admin_desk import asked
from flask import Flask
from room_shop import statements
from sqlalchemy import text
from visitors import Visitor, member
from web_client import sign_up

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.roles import Role
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def test_a_case_is_claimed_shown_in_the_queue_and_refused_to_others_by_name(site: Flask, admin: Visitor) -> None:
    lin, chen = asked(sign_up(site, name="Lin"), 600), asked(sign_up(site, name="Chen"), 300)
    # Both named the same account, which is a warning; Chen is frozen besides.
    found = Finding(chen, "member_frozen", "x", Severity.SEVERE, {"until": "2026-02-03T12:00:00Z"})
    in_unit_of_work(lambda uow: screening.record(uow, [found]))
    other = member(site, role=Role.ADMIN, name="Bo")
    case = f"/admin/payouts/{lin}"
    late = other.form(case, f"{case}/hold")
    # when Ada claims the case
    assert admin.send(case, f"{case}/claim").status_code == 303
    # then her queue says so, Bo's names her, and Bo finds no button
    assert "The case is yours until" in admin.look(case).text
    assert [admin.look(f"/admin/payouts?{way}").text.count("data-row") for way in ("", "mine=yes")] == [2, 1]
    queue = other.look("/admin/payouts").text
    assert "Ada <span" in queue
    assert other.look("/admin/payouts?mine=yes").text.count("data-row") == 0
    shown = other.look(case).text
    assert "Ada has claimed this case until" in shown
    assert f"{case}/approve" not in shown
    # and a form that was open before is refused, by name
    refused = other.client.post(f"{case}/hold", data=late | {"hold_reason": "other"}, headers={"Accept-Language": "en"})
    assert refused.status_code == 409
    assert "Another reviewer has claimed this case." in refused.text
    assert "Ada has claimed this case until" in refused.text
    assert admin.send(case, f"{case}/let-go").status_code == 303
    assert f"{case}/approve" in other.look(case).text
    # Filters stand in the address.
    for way, rows in (
        ("risk=severe", 1),
        ("risk=warning", 1),
        ("risk=none", 0),
        ("first=yes", 2),
        ("currency=cny", 2),
        ("currency=EUR", 0),
        ("age=24", 0),
        ("age=x&risk=x&first=x", 2),
    ):
        with statements() as seen:
            assert admin.look(f"/admin/payouts?{way}").text.count("data-row") == rows, way
        assert len(seen) <= 4, seen


def test_several_are_chosen_in_the_queue_and_decided_with_one_code(site: Flask, admin: Visitor) -> None:
    lin, chen = asked(sign_up(site, name="Lin"), 600), asked(sign_up(site, name="Chen"), 300)
    other = member(site, role=Role.ADMIN, name="Bo")
    other.send(f"/admin/payouts/{chen}", f"/admin/payouts/{chen}/claim")
    assert admin.look("/admin/payouts").text.count('name="pick"') == 2
    assert "Nothing is chosen" in admin.look("/admin/payouts/together").text
    page = f"/admin/payouts/together?pick={lin}&pick={chen}"
    with statements() as seen:
        shown = admin.look(page).text
    assert len(seen) <= 4, seen
    assert "CN¥9.00" in shown
    assert "claimed by another" in shown
    # A reason is needed to refuse; what was chosen is still chosen.
    act = "/admin/payouts/together"
    unsaid = admin.send(page, act, decision="rejected")
    assert unsaid.status_code == 422
    assert "Choose one of these." in unsaid.text
    assert f"{lin},{chen}" in unsaid.text
    done = admin.send(page, act, decision="held", reason="we_ask_you", note="first look")
    assert done.headers["Location"] == "/admin/payouts"
    told = admin.look("/admin/payouts").text
    assert "Decided: 1 request." in told
    assert "Left as it is: Chen (claimed by another)." in told
    assert "已处理" not in told
    case = admin.look(f"/admin/payouts/{lin}").text
    assert "We have a question for you and will write to you." in case
    assert "first look" in case
    assert "我们有问题需要向你核实" in admin.look(f"/admin/payouts/{lin}", language="zh").text


def test_rules_of_review_are_published_by_one_signed_by_another_and_stopped(site: Flask, admin: Visitor) -> None:
    asked(sign_up(site), 500)
    other = member(site, role=Role.ADMIN, name="Bo")
    page = "/admin/payouts/rules"
    said = {
        **{f"hours_{risk}": str(hours) for risk, hours in (("none", 1), ("warning", 2), ("severe", 3))},
        **{"on": "yes", "currency": "cny", "ceiling_minor": "500", "daily_minor": "900", "daily_count": "2"},
        **{"wait_minutes": "15", "account_days": "14", "most_reversed_bps": "1000", "note": "small sums"},
    }
    assert "a person approves each" in admin.look(page).text
    wrong = admin.send(page, page, **said | {"daily_count": "many"})
    assert (wrong.status_code, "A whole number from 0 to 10000." in wrong.text) == (422, True)
    assert admin.send(page, page, **said).status_code == 303
    own = admin.look(page).text
    assert "You published it, so somebody else signs it." in own
    assert "/rules/sign" not in own
    assert "up to CN¥5.00" in other.look(page).text
    assert other.send(page, f"{page}/sign").status_code == 303
    assert "some are approved without a person" in admin.look(page).text
    assert "待签署" not in admin.look(page, language="zh").text
    assert admin.send(page, f"{page}/stop").status_code == 303
    assert "a person approves each" in admin.look(page).text
    assert "stopped by Ada" in admin.look(page).text
    # Whoever waits longer than the hours of the risk stands out in the queue, and on the overview and the health page.
    back = text("SET LOCAL session_replication_role = replica")
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(back)
        uow.session.execute(text("UPDATE payout_requests SET submitted_at = submitted_at - interval '61 minutes'"))
    assert admin.look("/admin/payouts?age=late").text.count("data-row") == 1
    assert "overdue" in admin.look("/admin/payouts").text
    assert "Payouts that wait longer than they should" in admin.look("/admin").text
    assert re.search(r"wait longer than they should</p><p class=\"figure\">1<", admin.look("/admin/health").text)
