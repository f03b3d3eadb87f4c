"""A plan bought, paid, upgraded, cancelled and given back on pages; offers drafted and published at the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from payment_shop import rows
from plan_shop import PlanShop, plan_shop
from visitors import Visitor, member

from socialshop.kernel.roles import Role


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[PlanShop]:
    with plan_shop(site, tmp_path) as found:
        yield found


def number(person: Visitor) -> int:
    assert person.card is not None
    return int(rows("SELECT number FROM members WHERE id = :id", id=person.card.member_id)[0][0])


def bought(shop: PlanShop, person: Visitor, choice: str = "vip.month") -> str:
    """Buy and pay on the pages; returns the address of the subscription."""
    answer = person.send("/plan", "/plan", choice=choice, renews="yes")
    assert answer.status_code == 303, answer.text
    at = answer.headers["Location"]
    assert person.send(at, f"{at}/pay", outcome="succeeded").status_code == 303
    shop.settle()
    return str(at)


def test_the_price_is_explained_by_growth_in_both_languages(shop: PlanShop) -> None:
    lin = member(shop.shop.app)
    shop.grow(number(lin), 1500)
    page = lin.look("/plan").text
    assert "Your growth is 1500." in page
    assert "88.01</span></strong>" in page
    assert "Renew it by itself. You are told 7 days before" in page
    assert "Try it for 7 days, for nothing" in page
    zh = lin.look("/plan", "zh").text
    assert "你的成长值为 1500。" in zh
    assert "会员卡" in zh
    assert 'href="/plan"' in lin.look("/me").text


def test_a_plan_is_bought_upgraded_and_given_back(shop: PlanShop) -> None:
    lin = member(shop.shop.app)
    at = bought(shop, lin)
    page = lin.look(at).text
    assert "runs" in page
    assert "100.01" in page
    assert "Deals 6 hours before the others" in lin.look("/membership").text
    assert lin.send(at, f"{at}/upgrade", choice="vip.year").status_code == 303
    assert "Less what is left of the term now" in lin.look(at).text
    assert lin.send(at, f"{at}/pay", outcome="succeeded").status_code == 303
    shop.settle()
    assert shop.of(number(lin)).term == "year"
    assert "All of it: it is early" in lin.look(at).text
    assert lin.send(at, f"{at}/refund").status_code == 303
    shop.settle()
    assert "paid back" in lin.look(at).text
    assert "What you had" in lin.look("/plan").text
    shop.audit()


def test_one_tap_cancels_and_another_resumes(shop: PlanShop) -> None:
    lin = member(shop.shop.app)
    at = bought(shop, lin)
    assert lin.send(at, f"{at}/cancel").status_code == 303
    assert "It ends, and nothing more is charged." in lin.look(at).text
    assert lin.send(at, f"{at}/resume").status_code == 303
    assert "You are told the price 7 days before." in lin.look(at).text


def test_a_shorter_term_is_chosen_for_after_the_term_and_taken_back(shop: PlanShop) -> None:
    lin = member(shop.shop.app)
    at = bought(shop, lin, "vip.year")
    assert "Something smaller, after the term" in lin.look(at).text
    assert lin.send(at, f"{at}/downgrade", choice="vip.month").status_code == 303
    page = lin.look(at).text
    assert "Chosen: VIP card, a month" in page
    assert "Choose it for then" not in page
    price = re.search(r"Keep VIP card, a year: (CN¥[0-9.]+)<", page)
    assert price is not None
    assert f"<dd>{price[1]}</dd>" in re.sub(r"<span[^>]*>|</span>", "", page)
    assert "到期后换更低的计划" in lin.look(at, "zh").text
    assert lin.send(at, f"{at}/keep").status_code == 303
    page = lin.look(at).text
    assert "Chosen:" not in page
    assert "Choose it for then" in page


def test_a_trial_begins_with_one_button_and_is_offered_once(shop: PlanShop) -> None:
    lin = member(shop.shop.app)
    assert lin.send("/plan", "/plan/trial").status_code == 303
    page = lin.look("/plan").text
    assert "Try it" not in page
    assert "Buy it" in page


def test_another_members_plan_is_not_there(shop: PlanShop) -> None:
    at = bought(shop, member(shop.shop.app))
    assert member(shop.shop.app).look(at).status_code == 404


def test_an_admin_drafts_from_what_is_on_sale_sees_who_pays_and_publishes(shop: PlanShop) -> None:
    admin = member(shop.shop.app, role=Role.ADMIN)
    bought(shop, member(shop.shop.app, name="Mei"))
    page = admin.look("/admin/memberships").text
    assert "on sale" in page
    assert "Mei" in page
    typed = {
        "plan": "vip",
        "name_zh": "金卡",
        "name_en": "Gold card",
        "on_sale": "yes",
        "trial_days": "0",
        "prices_month": "0 15.00",
        "prices_quarter": "",
        "prices_year": "0 888.00\n1000 88.00",
        "points": "200",
        "hours": "24",
        "remind_days": "7",
        "retry_days": "1, 3",
        "grace_days": "7",
        "full_refund_days": "7",
        "family_seats": "0",
        "partners": "",
    }
    wrong = admin.send("/admin/memberships", "/admin/memberships", **(typed | {"prices_year": "0 88\n1000 888"}))
    assert wrong.status_code == 422
    assert "more growth never costs more" in wrong.text
    answer = admin.send("/admin/memberships", "/admin/memberships", **typed)
    assert answer.status_code == 303, answer.text
    at = answer.headers["Location"]
    preview = admin.look(at).text
    assert "Who would pay what" in preview
    assert "888.00" in preview
    shop.clock.advance(timedelta(minutes=1))
    assert admin.send(at, f"{at}/publish", effective_at="").status_code == 303
    assert rows("SELECT number FROM plan_versions ORDER BY number") == [(1,), (2,)]
    zh = admin.look(at, "zh").text
    assert "谁付多少" in zh
