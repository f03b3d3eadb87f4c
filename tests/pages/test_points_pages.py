"""Points on pages: checking in, taking a reward, and what the shop does about both, without scripts."""

from __future__ import annotations

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import statements
from visitors import Visitor, member
from web_client import counts

from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def have(person: Visitor, points: int, name: str = "m") -> None:
    def give(uow: UnitOfWork) -> None:
        assert person.card is not None
        (found,) = identity.named(uow, ids=[person.card.member_id])
        loyalty.earn(uow, found.number, "mission", name, points)

    in_unit_of_work(give)


def offered(admin: Visitor, title: str = "Tea cup", points: str = "40", stock: str = "2") -> str:
    answer = admin.send("/admin/rewards", "/admin/rewards", title=title, points=points, stock=stock, per_member="")
    assert answer.status_code == 303, answer.text
    page = admin.look("/admin/rewards").text
    start = page.index("/admin/rewards/rwd_") + len("/admin/rewards/")
    return page[start : start + 30]


def test_a_member_checks_in_once_a_day_and_reads_why_points_moved(site: Flask) -> None:
    lin = member(site)
    assert "No points yet" in lin.look("/points").text
    assert lin.send("/points", "/check-in").status_code == 303
    page = lin.look("/points").text
    assert "Done for today. Tomorrow gives 2 points." in page
    assert "You checked in, day 1 in a row." in page
    assert "签到，连续第 1 天。" in lin.look("/points", language="zh").text


def test_a_reward_is_taken_once_and_given_or_refused(site: Flask, admin: Visitor) -> None:
    lin = member(site)
    reward = offered(admin)
    assert "only 2 left" in lin.look("/rewards").text
    desk = f"/admin/rewards/{reward}"
    assert admin.send(desk, f"{desk}/stock", change="received", quantity="8", note="box 4").status_code == 303
    assert "box 4" in admin.look(desk).text
    assert "only 10 left" in lin.look(f"/rewards/{reward}").text
    assert "40 points are missing." in lin.look(f"/rewards/{reward}").text
    have(lin, 100)
    form = lin.form(f"/rewards/{reward}", f"/rewards/{reward}/take")
    for _ in range(2):
        sent = lin.client.post(f"/rewards/{reward}/take", data=form, headers={"Accept": "text/html"})
        assert sent.status_code == 303
    assert counts("reward_redemptions") == {"reward_redemptions": 1}
    assert "You have 60 points to use." in lin.look("/rewards").text
    page = admin.look("/admin/rewards").text
    start = page.index("/admin/redemptions/")
    redemption = page[start : start + len("/admin/redemptions/") + 30]
    unsaid = admin.send(redemption, f"{redemption}/refuse", reason=" ")
    assert (unsaid.status_code, "This is needed." in unsaid.text) == (422, True)
    assert admin.send(redemption, f"{redemption}/refuse", reason="The last one broke.").status_code == 303
    assert "You have 100 points to use." in lin.look("/rewards").text
    assert "The last one broke." in lin.look("/rewards").text


def test_an_admin_sees_what_is_owed_and_brings_rules_into_force(site: Flask, admin: Visitor) -> None:
    lin = member(site)
    have(lin, 30)
    page = admin.look("/admin/points").text
    assert "Lots and books agree." in page
    assert "CN¥0.30" in page
    typed = {
        "order_points_per_unit": "2",
        "expiry_days": "100",
        "warn_days": "5",
        "check_in_points": "3",
        "hundred_points_minor": "0.50",
        "price_cap": "20",
        "least_points": "10",
        **{f"{kind}_points": "7" for kind in ("review", "share", "survey", "mission", "note")},
    }
    wrong = admin.send("/admin/points", "/admin/points", **typed | {"price_cap": "100.01"})
    assert wrong.status_code == 422
    assert counts("point_rules") == {"point_rules": 0}
    typed |= {"streak_days_0": "30", "streak_points_0": "60", "streak_days_1": "", "streak_points_1": ""}
    again = {"streak_days_2": "30", "streak_points_2": "5"}
    for more, told in (
        (again, "Another row has so many days."),
        (again | {"streak_days_2": ""}, "A whole number from 2 to 3650."),
    ):
        wrong = admin.send("/admin/points", "/admin/points", **typed | more)
        assert (wrong.status_code, f'id="streak_days_2-told">{told}<' in wrong.text) == (422, True)
    assert counts("point_rules") == {"point_rules": 0}
    typed |= {"streak_days_2": "5", "streak_points_2": "8"}
    assert admin.send("/admin/points", "/admin/points", **typed).status_code == 303
    assert rows("SELECT document -> 'streak_bonuses' FROM point_rules") == [
        ([{"days": 5, "points": 8}, {"days": 30, "points": 60}],)
    ]
    assert "Version 1 is in force." in admin.look("/admin/points").text
    assert "CN¥0.15" in admin.look("/admin/points").text


def test_finance_reads_and_changes_nothing(site: Flask, admin: Visitor) -> None:
    reward = offered(admin)
    finance = member(site, role=Role.FINANCE)
    for path in ("/admin/points", "/admin/rewards", f"/admin/rewards/{reward}"):
        page = finance.look(path)
        assert page.status_code == 200
        assert f'action="{path}"' not in page.text
    assert "Check in for" not in finance.look("/points").text


def test_the_page_costs_no_more_statements_for_more_movements(site: Flask) -> None:
    lin = member(site)
    have(lin, 5)
    with statements() as few:
        lin.look("/points")
    for number in range(15):
        have(lin, 5, str(number))
    with statements() as many:
        lin.look("/points")
    assert len(many) == len(few)
