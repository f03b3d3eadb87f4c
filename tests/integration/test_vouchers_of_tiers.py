"""Partners' vouchers as a benefit of a tier: one a month and partner, by tier or plan, whoever asks at once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from at_once import at_once as run_at_once
from at_once import together
from flask import Flask
from payment_shop import rows
from plan_shop import ZONE, PlanShop, plan_shop
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from tiers import a_programme
from web_client import refusal, sign_up

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.roles import Role
from socialshop.memberships import service as plans
from socialshop.memberships.errors import VoucherGone
from socialshop.memberships.service import monthly
from socialshop.memberships.store import months as month_store


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PlanShop]:
    """A shop whose gold tier and whose plan both bring the vouchers of a cinema, which has nine codes."""
    with plan_shop(app, tmp_path, "2027-01-15T04:00:00Z") as found:
        found.clock.advance(timedelta(seconds=1))
        found.publish(partners=["cinema"])
        tiers = [
            {"code": "normal", "name_zh": "普通", "name_en": "Normal", "threshold": 0},
            {
                "code": "gold",
                "name_zh": "金卡",
                "name_en": "Gold",
                "threshold": 1_000,
                "benefits": {"partner_vouchers": ["cinema"]},
            },
        ]
        drafted = do(found, plans.draft_programme, uuid.uuid4(), a_programme([], tiers=tiers))
        do(found, plans.publish_programme, uuid.uuid4(), drafted.id)
        do(found, plans.load_vouchers, uuid.uuid4(), "cinema", [f"C-{number}" for number in range(9)])
        yield found


def do(shop: PlanShop, act: Callable[..., Any], *args: object) -> Any:
    with unit_of_work(shop.clock) as uow:
        return act(uow, *args)


def at_once(shop: PlanShop, works: Sequence[Callable[[UnitOfWork], Any]]) -> Counter[str]:
    return run_at_once(shop.shop.app, shop.clock, works)


def in_gold(shop: PlanShop, member: int) -> int:
    statement = "INSERT INTO member_standings (member, version, tier, since) VALUES (:m, 2, 'gold', now())"
    with unit_of_work(shop.clock) as uow:
        uow.session.execute(text(statement), {"m": member})
    return member


def take(shop: PlanShop, member: int) -> Any:
    return do(shop, plans.take_tier_voucher, member, "cinema", ZONE)


def taken(member: int) -> list[tuple[str, str | None]]:
    """The codes that a member has, each with the month of the tier's, the oldest first."""
    query = "SELECT code, month_on::text FROM partner_vouchers WHERE member = :m ORDER BY given_at"
    return [tuple(row) for row in rows(query, m=member)]


def begin(shop: PlanShop) -> None:
    while in_unit_of_work(lambda uow: plans.begin_months(uow, ZONE), shop.clock):
        pass


def test_a_tier_brings_a_voucher_a_month_of_the_shops_clock_and_says_so(shop: PlanShop) -> None:
    """Given gold, when a voucher is asked for by the API, then one a month is given, listed and metered."""
    gold, plain = sign_up(shop.shop.app), sign_up(shop.shop.app)
    number = in_gold(shop, rows("SELECT number FROM members WHERE id = :i", i=gold.card.member_id)[0][0])
    assert gold.call("GET", "/me/membership").get_json()["benefits"]["partner_vouchers"] == ["cinema"]
    said = [gold.call("POST", "/me/vouchers", json={"partner": "cinema"}).get_json() for _ in range(2)]
    assert said[0] == said[1]
    assert {name: said[0][name] for name in ("code", "by", "month", "month_on")} == {
        "code": "C-0",
        "by": "tier",
        "month": None,
        "month_on": "2027-01-01",
    }
    assert refusal(gold.call("POST", "/me/vouchers", json={"partner": "spa"}))[:2] == (409, "voucher_gone")
    # What the partner is called is said with its codes, in both languages, and holds for what was given before.
    admin, load = sign_up(shop.shop.app, role=Role.ADMIN), {"partner": "cinema", "codes": ["C-0"], "partner_zh": "影院"}
    assert refusal(admin.call("POST", "/admin/partner-vouchers", json=load))[0] == 422
    named = load | {"partner_en": "Cinemas"}
    assert admin.call("POST", "/admin/partner-vouchers", json=named).get_json() == {"new": 0}
    mine = gold.call("GET", "/me/vouchers").get_json()["data"][0]
    assert [(each["partner_zh"], each["partner_en"]) for each in (said[0], mine)] == [(None, None), ("影院", "Cinemas")]
    assert admin.call("GET", "/admin/partner-vouchers").get_json()["data"][0]["title_en"] == "Cinemas"
    assert refusal(plain.call("POST", "/me/vouchers", json={"partner": "cinema"}))[:2] == (409, "voucher_gone")
    # The last second of January in Shanghai, and the first of February.
    shop.go_to("2027-01-31T15:59:59Z")
    assert take(shop, number).code == "C-0"
    shop.go_to("2027-01-31T16:00:00Z")
    assert take(shop, number).code == "C-1"
    assert taken(number) == [("C-0", "2027-01-01"), ("C-1", "2027-02-01")]
    assert rows("SELECT member, benefit, source FROM benefit_uses ORDER BY source") == [
        (number, "tier_voucher", "cinema 2027-01"),
        (number, "tier_voucher", "cinema 2027-02"),
    ]
    listed = do(shop, plans.vouchers_of, number)
    assert [(row.code, row.number) for row in listed] == [("C-1", None), ("C-0", None)]
    assert [(row.loaded, row.left) for row in do(shop, plans.voucher_stock)] == [(9, 7)]


def test_tier_and_plan_bring_one_of_a_partners_a_month_and_a_tiers_is_no_use_of_the_plan(shop: PlanShop) -> None:
    """The plan's months begin on the 15th. Two vouchers never lie in months that overlap."""
    both = in_gold(shop, shop.member())
    subscription = shop.bought(both, "year")
    begin(shop)
    take(shop, both)
    with pytest.raises(VoucherGone, match="by your tier"):
        do(shop, plans.take_voucher, both, subscription, "cinema")
    assert do(shop, plans.refund_quote, both, subscription, ZONE).rule == "whole"
    shop.go_to("2027-02-15T04:00:00Z")
    begin(shop)
    do(shop, plans.take_voucher, both, subscription, "cinema")
    for day in ("2027-02-20", "2027-03-14"):
        shop.go_to(f"{day}T04:00:00Z")
        with pytest.raises(VoucherGone, match="by a plan"):
            take(shop, both)
    shop.go_to("2027-04-01T04:00:00Z")
    take(shop, both)
    assert taken(both) == [("C-0", "2027-01-01"), ("C-1", None), ("C-2", "2027-04-01")]


def test_who_asks_by_tier_and_plan_at_once_has_one(shop: PlanShop, monkeypatch: pytest.MonkeyPatch) -> None:
    both = in_gold(shop, shop.member())
    subscription = shop.bought(both, "year")
    begin(shop)
    works = [
        lambda uow: plans.take_tier_voucher(uow, both, "cinema", ZONE),
        lambda uow: plans.take_voucher(uow, both, subscription, "cinema"),
    ]
    assert at_once(shop, works * 3) == {"done": 3, "voucher_gone": 3}
    assert len(taken(both)) == 1
    # The planted fault: nobody waits, and both take before either is seen.
    shop.go_to("2027-06-20T04:00:00Z")
    begin(shop)
    monkeypatch.setattr(monthly, "advisory_lock", lambda *_: True)
    monkeypatch.setattr(month_store, "_give", together(month_store._give))
    assert at_once(shop, works) == {"done": 2}
    assert len(taken(both)) == 3


def test_a_tiers_month_holds_by_its_key_alone(shop: PlanShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nobody waits and nobody looks. The key refuses the second, and no code is lost by it."""
    gold = in_gold(shop, shop.member())
    monkeypatch.setattr(monthly, "advisory_lock", lambda *_: True)
    monkeypatch.setattr(month_store, "voucher_by_tier", lambda *_: None)
    take(shop, gold)
    with pytest.raises(IntegrityError, match="uq_partner_vouchers_month_on"):
        take(shop, gold)
    assert [(row.loaded, row.left) for row in do(shop, plans.voucher_stock)] == [(9, 8)]
