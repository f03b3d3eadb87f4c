"""The review console: cases claimed, filters in the address, and what a queue costs."""

from __future__ import annotations

import pytest
from admin_desk import asked
from flask import Flask
from room_shop import statements
from visitors import Visitor, member
from web_client import sign_up

from socialshop.infra.uow import in_unit_of_work
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
        assert len(seen) <= 3, seen


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
