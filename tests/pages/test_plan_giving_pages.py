"""A plan given by a link, a family that shares one, vouchers taken: on pages, by people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from plan_shop import ZONE, PlanShop, plan_shop
from test_plan_pages import bought
from visitors import Visitor, member

from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.roles import Role
from socialshop.memberships import service as plans

_LINK = re.compile(r'id="plan-link" value="http://[^/"]+(?P<path>/[^"]+)"')


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[PlanShop]:
    with plan_shop(site, tmp_path) as found:
        found.clock.advance(timedelta(seconds=1))
        found.publish(family_seats=1, partners=["cinema"])
        yield found


def _link(person: Visitor, page: str, action: str) -> str:
    """Press the button that makes a link; returns where it leads."""
    answer = person.send(page, action)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    found = _LINK.search(answer.text)
    assert found is not None
    return found["path"]


def test_a_gift_goes_by_a_link_that_works_once(shop: PlanShop) -> None:
    giver, friend, late = (member(shop.shop.app, name=name) for name in ("Lin", "Mei", "Bo"))
    assert giver.send("/plan-gifts", "/plan-gifts", choice="vip.month").status_code == 303
    pay = re.search(r'action="(/plan-gifts/pgf_\w+/pay)"', giver.look("/plan-gifts").text)
    assert pay is not None
    assert giver.send("/plan-gifts", pay[1]).status_code == 303
    on_its_way = giver.look("/plan-gifts").text
    assert ("Your payment is on its way." in on_its_way, pay[1] in on_its_way) == (True, False)
    shop.settle()
    at = _link(giver, "/plan-gifts", pay[1].replace("/pay", "/link"))
    assert "It is yours with one tap" in friend.look(at).text
    taken = friend.send(at, "/gift")
    assert taken.status_code == 303
    assert "This term" in friend.look(taken.headers["Location"]).text
    refused = late.send(at, "/gift")
    assert refused.status_code == 410
    assert "This link gives nothing any more." in refused.text
    assert "Redeemed" in giver.look("/plan-gifts").text
    assert "已兑换" in giver.look("/plan-gifts", "zh").text
    broken = late.look("/gift")
    assert (broken.status_code, "The link is not whole" in broken.text) == (200, True)
    assert "Take it" not in broken.text
    shop.audit()


def test_a_family_is_joined_by_a_link_and_left(shop: PlanShop) -> None:
    owner, guest = member(shop.shop.app, name="Lin"), member(shop.shop.app, name="Mei")
    at = bought(shop, owner)
    link = _link(owner, "/family", f"{at}/family-link")
    assert guest.send(link, "/family").status_code == 303
    assert "It is the plan of Lin." in guest.look("/family").text
    assert "Deals 6 hours before the others" in guest.look("/membership").text
    assert "Mei" in owner.look("/family").text
    assert guest.send("/family", "/family/leave").status_code == 303
    assert "You share no plan" in guest.look("/family").text


def test_a_voucher_is_taken_on_the_page_once_its_codes_are_in_stock(shop: PlanShop) -> None:
    admin, lin = member(shop.shop.app, role=Role.ADMIN), member(shop.shop.app)
    at = bought(shop, lin)
    in_unit_of_work(lambda uow: plans.begin_months(uow, ZONE), shop.clock)
    take = f"/vouchers/{at.rpartition('/')[2]}"
    refused = lin.send("/vouchers", take)
    assert "None of these vouchers is left, or you had" in refused.text
    codes = {"partner": "cinema", "codes": "C-1\nC-2", "partner_zh": "光影影院"}
    half = admin.send("/admin/memberships", "/admin/memberships/vouchers", **codes)
    assert "In both languages, or in neither." in half.text
    stock = admin.send("/admin/memberships", "/admin/memberships/vouchers", **codes, partner_en="Light cinemas")
    assert stock.status_code == 303
    assert "2 of 2 left" in admin.look("/admin/memberships").text
    assert lin.send("/vouchers", take).status_code == 303
    assert lin.send("/vouchers", take).status_code == 303
    page = lin.look("/vouchers").text
    assert ("C-1" in page) != ("C-2" in page)
    assert "1 of 2 left" in admin.look("/admin/memberships").text
