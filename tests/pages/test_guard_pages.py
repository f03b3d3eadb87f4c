"""The legal guard's page: why the plan in force is safe or not, which parts of the tree are near or over, in words."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from room_shop import statements
from visitors import Visitor, member
from web_client import counts

from socialshop.commissions import service as commissions
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.roles import Role
from tests.sample_sales import LONG_AGO, a_plan, place

_TEAM = {101: None, 102: 101} | {103 + n: 102 for n in range(28)}


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_page_says_why_a_plan_is_safe_or_not_and_which_parts_of_the_tree_are_near_or_over(
    site: Flask, admin: Visitor
) -> None:
    # given nobody earns
    page = plain(admin.look("/admin/guard").text)
    assert "no plan in force" in page
    assert "over: 0 near: 0" in page
    # given two levels are paid, 30 people stand on three levels and 29 on two
    in_unit_of_work(lambda uow: place(uow, _TEAM))
    in_unit_of_work(commissions.count_places)
    in_unit_of_work(lambda uow: commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO))
    admin.look("/admin/guard")
    with statements() as seen:
        page = plain(admin.look("/admin/guard").text)
    # then: one statement counts, one lists, one names
    assert len([one for one in seen if "team_figures" in one]) == 2
    assert "allowed, worth knowing" in page
    assert "Up to level 2 above the buyer: members earn by people whom others brought." in page
    assert "No: nobody earns more for standing higher." in page
    assert "No: only sales are rewarded, never a person who registers." in page
    assert "from 30 people on 3 levels on" in page
    assert "over: 1 near: 1" in page
    assert "Ask counsel, or publish a plan that pays directly alone." in page
    assert re.findall(r"(beyond|near) (\d+) (\d) ", page) == [("beyond", "30", "3"), ("near", "29", "2")]
    chinese = plain(admin.look("/admin/guard", "zh").text)
    assert "最高至买家上 2 层" in chinese
    assert "第一、五部分" in chinese
    api = admin.client.get("/admin/guard")
    assert api.status_code == 200


def test_the_safest_plan_is_drafted_from_the_page_and_makes_depth_harmless(site: Flask, admin: Visitor) -> None:
    before = counts("commission_plan_drafts")
    assert admin.send("/admin/guard", "/admin/guard", name="Direct only", rate="", hold_days="7").status_code == 422
    assert counts("commission_plan_drafts") == before
    answer = admin.send("/admin/guard", "/admin/guard", name="Direct only", rate="8", hold_days="7")
    assert answer.status_code == 303
    plan = str(answer.headers["Location"])
    assert "nothing to say" in admin.look(plan).text
    assert admin.send(f"{plan}/publish", f"{plan}/publish").status_code == 303
    in_unit_of_work(lambda uow: place(uow, _TEAM))
    in_unit_of_work(commissions.count_places)
    page = plain(admin.look("/admin/guard").text)
    assert "safe: direct only" in page
    assert "Only who brought the buyer earns, by what that buyer buys." in page
    assert "As long as the plan pays directly alone, nobody earns by how deep or large the tree is." in page
    finance = member(site, role=Role.FINANCE, name="Fin")
    assert "Draft a plan that pays directly alone" not in finance.look("/admin/guard").text
