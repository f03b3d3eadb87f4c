"""Coupons on pages: made and given by the shop, claimed and used by a member, explained on the way; without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from market import willing
from money_people import number_of
from room_shop import RoomShop, room_shop
from visitors import Visitor, member
from web_client import counts

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.coupon_sentences import because

MADE = {"title": "Spring", "kind": "amount", "amount_minor": "10.00", "valid_days": "30", "stacking": "alone"}


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


@pytest.fixture
def deal(shop: RoomShop) -> str:
    return to_public("deal", shop.deal(2))


@pytest.fixture
def admin(site: Flask) -> Visitor:
    return member(site, role=Role.ADMIN, name="Ada")


def made(admin: Visitor, **changed: str) -> str:
    answer = admin.send("/admin/coupons", "/admin/coupons", **{**MADE, "way": "code", **changed})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def priced(person: Visitor, page: str, what: str, **typed: str) -> Any:
    """The page again, with the price of what was typed into its form."""
    filled_in = person.form(page, f"{page}/{what}") | typed
    return person.client.post(f"{page}/price", data=filled_in, headers={"Accept-Language": "en"})


def test_a_coupon_is_made_claimed_by_a_code_and_acts_on_a_price(site: Flask, admin: Visitor, deal: str) -> None:
    page = made(admin)
    # Answered by a file, the page stays as it was, with its button.
    assert re.search(rf'action="{page}/codes"[^>]* data-file', admin.look(page).text)
    table = admin.send(page, f"{page}/codes", count="2")
    assert (table.status_code, table.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    code = table.text.split()[1]
    lin = member(site)
    assert "No coupon yet" in lin.look("/coupons").text
    wrong = lin.send("/coupons", "/coupons", code="nonsense")
    assert (wrong.status_code, "No coupon is given for this code" in wrong.text) == (404, True)
    assert lin.send("/coupons", "/coupons", code=code).status_code == 303
    assert "CN¥10.00 off" in lin.look("/coupons").text
    assert "立减 ¥10.00" in lin.look("/coupons", language="zh").text
    offered = lin.look(f"/deals/{deal}").text
    assert "What it costs you" in offered
    assert "Coupon “Spring”" in offered
    assert "It earns you 89 points" in offered
    three = priced(lin, f"/deals/{deal}", "rooms", quantity="3")
    assert (three.status_code, "CN¥287.00" in three.text, "It earns you 287 points" in three.text) == (200, True, True)
    kept = priced(lin, f"/deals/{deal}", "rooms", quantity="3", keep_coupons="yes", use_points="1")
    assert ("CN¥297.00" in kept.text, 'class="wrong"' in kept.text) == (True, True), "one point pays nothing"
    assert counts("orders", "seats") == {"orders": 0, "seats": 0}
    sent = lin.send(f"/deals/{deal}", f"/deals/{deal}/rooms", quantity="1")
    paying = lin.look(sent.headers["Location"]).text
    assert "Coupon “Spring”" in paying
    assert "set aside for an order" in lin.look("/coupons").text
    assert "1 / 2" in admin.look(page).text


def test_a_seat_in_a_room_has_its_price_and_a_coupon_that_is_given_leads_to_itself(
    site: Flask, admin: Visitor, shop: RoomShop
) -> None:
    lin = member(site)
    assert lin.card is not None
    room = f"/rooms/{to_public('room', shop.open(shop.deal(3)).room.id)}"
    assert "CN¥99.00" in lin.look(room).text
    two = priced(lin, room, "seats", quantity="2")
    assert (two.status_code, "CN¥198.00" in two.text, "It earns you 198 points" in two.text) == (200, True, True)
    page = made(admin, way="given", channels="moments, wechat group")
    public = to_public("mbr", lin.card.member_id)
    assert admin.send(page, f"{page}/issues", member_ids=public, period="a late parcel").status_code == 303
    told = lin.look("/notices")
    assert "A coupon for you: “Spring”" in told.text
    (address,) = set(re.findall(r'href="(/coupons#cph_[^"]+)"', told.text))
    coupons = lin.look("/coupons").text
    assert f'id="{address.partition("#")[2]}"' in coupons
    assert "through an invitation by moments, wechat group" in coupons
    assert "It is for who comes through another kind of invite link." in lin.look(room).text


def test_a_coupon_for_a_segment_is_made_and_says_why_it_was_given(site: Flask, admin: Visitor) -> None:
    (lin,) = willing(site, 1)
    without = admin.send("/admin/coupons", "/admin/coupons", **{**MADE, "way": "segment"})
    assert (without.status_code, counts("coupons")) == (422, {"coupons": 0})
    for way, box, name in (("segment", "segment_tier-nobody", "segment_tiers"), ("code", "tier-nobody", "tiers")):
        unknown = admin.send("/admin/coupons", "/admin/coupons", **{**MADE, "way": way, box: "yes"})
        told = f'<p class="wrong" id="{name}-told">No tier of the programme in force has this code.</p>'
        assert (unknown.status_code, told in unknown.text, counts("coupons")) == (422, True, {"coupons": 0})
    made(admin, way="segment", newcomer_days="30", **{"segment_tier-normal": "yes"})
    number = number_of(lin)
    with unit_of_work() as uow:
        while loyalty.hand_out_due(uow, "Asia/Shanghai"):
            pass
        (given,) = loyalty.coupons_of(uow, number, None, 5)
    assert because(given.terms, given.row.way, "en") == ["because of your tier", "because you joined not long ago"]


def test_a_coupon_may_be_kept_for_another_time(site: Flask, admin: Visitor, deal: str) -> None:
    page = made(admin)
    lin = member(site)
    code = admin.send(page, f"{page}/codes", count="1").text.split()[1]
    lin.send("/coupons", "/coupons", code=code)
    lin.send(f"/deals/{deal}", f"/deals/{deal}/rooms", quantity="1", keep_coupons="yes")
    assert counts("orders", "coupon_uses") == {"orders": 1, "coupon_uses": 0}


def test_an_admin_gives_pauses_and_resumes_a_coupon(site: Flask, admin: Visitor) -> None:
    page = made(admin, way="given")
    lin = member(site)
    assert lin.card is not None
    public = to_public("mbr", lin.card.member_id)
    assert admin.send(page, f"{page}/issues", member_ids="nobody", period="x").status_code == 422
    assert admin.send(page, f"{page}/issues", member_ids=public, period="a late parcel").status_code == 303
    assert "Spring" in lin.look("/coupons").text
    assert admin.send(page, f"{page}/pause", paused="yes").status_code == 303
    assert "Let it go on" in admin.look(page).text
    assert re.search(r"paused", admin.look("/admin/coupons").text)
    finance = member(site, role=Role.FINANCE)
    assert '<form method="post"' not in finance.look(page).text.split("<main")[1]


def test_a_coupon_whose_figures_do_not_fit_is_told_and_not_made(site: Flask, admin: Visitor) -> None:
    answer = admin.send("/admin/coupons", "/admin/coupons", **{**MADE, "way": "given", "kind": "percentage"})
    assert answer.status_code == 422
    assert "Such a coupon needs other figures" in answer.text
    assert counts("coupons") == {"coupons": 0}
