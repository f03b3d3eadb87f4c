"""Plans that are given and shared, months, and partners' vouchers: once each, also when many come at once."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from at_once import at_once as run_at_once
from at_once import rows_held, together
from flask import Flask
from payment_shop import rows
from plan_shop import ZONE, PlanShop, plan_shop
from sqlalchemy import text

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.errors import NotFound
from socialshop.memberships import service as plans
from socialshop.memberships.errors import (
    FamilyFull,
    FamilyTaken,
    GiftGone,
    GiftNotReady,
    PlanHeld,
    PlanNotActive,
    PlanNotRefundable,
    PlanNoUpgrade,
    VoucherGone,
)
from socialshop.memberships.service import BenefitUse, monthly
from socialshop.memberships.store import months as month_store
from socialshop.payments import service as payments
from socialshop.payments.rules import Outcome
from socialshop.payments.sandbox.books import Command, Refusal
from socialshop.payments.sandbox.journal import Journal
from workers import jobs

AT_ONCE = 6


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PlanShop]:
    with plan_shop(app, tmp_path) as found:
        found.clock.advance(timedelta(seconds=1))
        found.publish(family_seats=2, partners=["cinema"])
        yield found


def at_once(shop: PlanShop, works: Sequence[Callable[[UnitOfWork], Any]], **more: Any) -> Counter[str]:
    """Run each in a thread and a unit of work of its own, all starting together; returns how they ended, by code."""
    return run_at_once(shop.shop.app, shop.clock, works, **more)


def do(shop: PlanShop, act: Callable[..., Any], *args: object, **more: object) -> Any:
    """One of the door's acts, in a unit of work of its own."""
    with unit_of_work(shop.clock) as uow:
        return act(uow, *args, **more)


def given(shop: PlanShop, giver: int) -> tuple[uuid.UUID, str]:
    """A gift that is paid, and the token of its link."""
    gift = do(shop, plans.give, giver, plan="vip", term="month", zone=ZONE)
    payment = do(shop, plans.gift_of, giver, gift).payment
    do(shop, payments.pay, shop.shop.gateways, payment.id, giver, Outcome.SUCCEEDED)
    shop.settle()
    return gift, do(shop, plans.make_gift_link, giver, gift)


def multiplier(shop: PlanShop, member: int) -> int:
    benefits = do(shop, plans.benefits_of, [member])
    return int(benefits[member].points_multiplier_bps)


def test_a_gift_is_paid_by_one_and_had_by_another(shop: PlanShop) -> None:
    giver, member = shop.member(), shop.member()
    gift, token = given(shop, giver)
    assert shop.books() == {"deferred": 1000, "revenue": 0, "provider": -1000}
    shop.pass_days(3)
    assert shop.books()["revenue"] == 0
    subscription = do(shop, plans.redeem, member, token, ZONE)
    runs = shop.of(member)
    assert runs.current is not None
    assert (runs.id, runs.status, runs.renews, runs.current.is_gift) == (subscription, "active", False, True)
    assert (runs.current.starts_on, runs.current.ends_on) == (date(2027, 1, 13), date(2027, 2, 13))
    assert (multiplier(shop, member), multiplier(shop, giver)) == (20_000, 10_000)
    with pytest.raises(GiftGone):
        do(shop, plans.redeem, shop.member(), token, ZONE)
    with pytest.raises(GiftNotReady):
        do(shop, plans.return_gift, giver, gift)
    with pytest.raises(PlanNotRefundable):
        shop.act(plans.refund, member, subscription, zone=ZONE)
    with pytest.raises(PlanNoUpgrade):
        shop.act(plans.upgrade, member, subscription, plan="vip", term="year", zone=ZONE)
    shop.go_to("2027-02-20T00:00:00Z")
    assert shop.of(member).ended_because == "over"
    assert shop.books() == {"deferred": 0, "revenue": 1000, "provider": -1000}
    shop.audit()


def test_a_gift_that_nobody_redeemed_comes_back_whole_and_its_link_is_worth_nothing(shop: PlanShop) -> None:
    giver = shop.member()
    gift, token = given(shop, giver)
    do(shop, plans.return_gift, giver, gift)
    do(shop, plans.return_gift, giver, gift)
    shop.settle()
    assert do(shop, plans.gift_of, giver, gift).status == "returned"
    with pytest.raises(GiftGone):
        do(shop, plans.redeem, shop.member(), token, ZONE)
    assert shop.books() == {"deferred": 0, "revenue": 0, "provider": 0}
    shop.audit()


def test_a_link_needs_a_paid_gift_and_a_new_one_replaces_it(shop: PlanShop) -> None:
    giver = shop.member()
    unpaid = do(shop, plans.give, giver, plan="vip", term="month", zone=ZONE)
    with pytest.raises(GiftNotReady):
        do(shop, plans.make_gift_link, giver, unpaid)
    gift, token = given(shop, giver)
    with pytest.raises(NotFound):
        do(shop, plans.make_gift_link, shop.member(), gift)
    newer = do(shop, plans.make_gift_link, giver, gift)
    with pytest.raises(GiftGone):
        do(shop, plans.redeem, shop.member(), token, ZONE)
    holder = shop.member()
    shop.bought(holder)
    with pytest.raises(PlanHeld):
        do(shop, plans.redeem, holder, newer, ZONE)
    do(shop, plans.redeem, shop.member(), newer, ZONE)
    # The raw token is kept nowhere.
    assert rows("SELECT token_hash FROM plan_gifts WHERE id = :id", id=gift) == [(None,)]


def test_a_gift_is_redeemed_once_however_many_try(shop: PlanShop) -> None:
    _, token = given(shop, shop.member())
    members = [shop.member() for _ in range(AT_ONCE)]
    works = [lambda uow, who=who: plans.redeem(uow, who, token, ZONE) for who in members]
    assert at_once(shop, works) == {"done": 1, "plan_link_gone": AT_ONCE - 1}
    assert len(rows("SELECT 1 FROM plan_terms WHERE kind = 'gift'")) == 1
    assert len(rows("SELECT 1 FROM plan_subscriptions")) == 1
    shop.audit()


def test_a_gift_is_redeemed_or_returned_never_both(shop: PlanShop) -> None:
    giver, member = shop.member(), shop.member()
    gift, token = given(shop, giver)
    works: list[Callable[[UnitOfWork], Any]] = [
        lambda uow: plans.redeem(uow, member, token, ZONE),
        lambda uow: plans.return_gift(uow, giver, gift),
    ]
    assert at_once(shop, works)["done"] == 1
    shop.settle()
    redeemed, returned = (len(rows(f"SELECT 1 FROM plan_{table}")) for table in ("terms", "refunds"))
    assert redeemed + returned == 1
    shop.audit()


def test_a_family_shares_what_a_plan_gives_to_its_end(shop: PlanShop) -> None:
    owner, first, second, third = (shop.member() for _ in range(4))
    subscription = shop.bought(owner, renews=False)
    token = do(shop, plans.make_family_link, owner, subscription)
    for member in (first, first, second):
        do(shop, plans.join_family, member, token)
    with pytest.raises(FamilyFull):
        do(shop, plans.join_family, third, token)
    assert [multiplier(shop, member) for member in (owner, first, second, third)] == [20_000] * 3 + [10_000]
    do(shop, plans.leave_family, second)
    with pytest.raises(FamilyTaken):
        do(shop, plans.join_family, owner, token)
    do(shop, plans.join_family, third, token)
    assert multiplier(shop, second) == 10_000
    family = do(shop, plans.family_of, owner)
    do(shop, plans.unseat, owner, subscription, family.relatives[0].member_id)
    assert multiplier(shop, first) == 10_000
    with pytest.raises(NotFound):
        do(shop, plans.unseat, third, subscription, family.relatives[1].member_id)
    shop.go_to("2027-02-11T00:00:00Z")
    assert multiplier(shop, third) == 10_000
    assert do(shop, plans.family_of, third) is None
    with pytest.raises(GiftGone):
        do(shop, plans.join_family, first, token)


def test_the_last_seat_of_a_family_is_taken_once(shop: PlanShop) -> None:
    owner = shop.member()
    token = do(shop, plans.make_family_link, owner, shop.bought(owner))
    members = [shop.member() for _ in range(AT_ONCE)]
    ended = at_once(shop, [lambda uow, who=who: plans.join_family(uow, who, token) for who in members])
    assert ended == {"done": 2, "family_full": AT_ONCE - 2}


def test_a_member_sits_in_one_family(shop: PlanShop) -> None:
    owners, member = [shop.member(), shop.member()], shop.member()
    tokens = [do(shop, plans.make_family_link, owner, shop.bought(owner)) for owner in owners]
    do(shop, plans.join_family, member, tokens[0])
    with pytest.raises(FamilyTaken):
        do(shop, plans.join_family, member, tokens[1])


def test_relatives_beyond_the_seats_of_the_new_offer_leave_at_an_upgrade(shop: PlanShop) -> None:
    """Given a plan of two seats, both taken, when the better plan has one, then who came first stays."""
    shop.publish(
        plan="pair",
        family_seats=1,
        terms=[{"term": "year", "prices": [{"growth": 0, "price_minor": 50_000}]}],
        benefits={"points_multiplier_bps": 50_000},
    )
    owner, first, second = (shop.member() for _ in range(3))
    subscription = shop.bought(owner)
    token = do(shop, plans.make_family_link, owner, subscription)
    for member in (second, first):
        do(shop, plans.join_family, member, token)
        shop.clock.advance(timedelta(minutes=1))
    do(shop, plans.leave_family, second)
    do(shop, plans.join_family, second, token)
    shop.act(plans.upgrade, owner, subscription, plan="pair", term="year", zone=ZONE)
    assert [multiplier(shop, member) for member in (owner, first, second)] == [20_000] * 3
    shop.pay(owner)
    assert [multiplier(shop, member) for member in (owner, first, second)] == [50_000, 50_000, 10_000]
    assert rows("SELECT member FROM plan_seats WHERE left_at IS NULL") == [(first,)]
    assert do(shop, plans.family_of, second) is None
    with pytest.raises(FamilyFull):
        do(shop, plans.join_family, second, token)


def test_what_a_relative_used_while_sharing_counts_against_a_whole_refund(shop: PlanShop) -> None:
    """Three days of 31 are gone and the fourth has begun: 27 × 1000 / 31 = 870, also when the relative has left."""
    owner, relative = shop.member(), shop.member()
    subscription = shop.bought(owner)
    do(shop, plans.join_family, relative, do(shop, plans.make_family_link, owner, subscription))
    do(shop, plans.note_uses, [BenefitUse(relative, "early_access", "a room")])
    do(shop, plans.leave_family, relative)
    shop.pass_days(3)
    quote = do(shop, plans.refund_quote, owner, subscription, ZONE)
    assert (quote.amount_minor, quote.rule, quote.unused_days) == (870, "prorated", 27)
    shop.act(plans.refund, owner, subscription, zone=ZONE)
    assert shop.books() == {"deferred": 0, "revenue": 130, "provider": -130}
    shop.audit()


def test_what_a_relative_used_before_or_after_sharing_is_not_the_plans(shop: PlanShop) -> None:
    owner, relative = shop.member(), shop.member()
    subscription = shop.bought(owner)
    token = do(shop, plans.make_family_link, owner, subscription)
    do(shop, plans.note_uses, [BenefitUse(relative, "early_access", "before")])
    shop.clock.advance(timedelta(minutes=1))
    do(shop, plans.join_family, relative, token)
    shop.clock.advance(timedelta(minutes=1))
    do(shop, plans.leave_family, relative)
    shop.clock.advance(timedelta(minutes=1))
    do(shop, plans.note_uses, [BenefitUse(relative, "early_access", "after")])
    quote = do(shop, plans.refund_quote, owner, subscription, ZONE)
    assert (quote.amount_minor, quote.rule) == (1000, "whole")


def test_refunds_that_the_provider_refused_are_asked_for_again_a_day_later(
    shop: PlanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a plan's and a gift's refund refused, when a day is over, then both are paid, and once."""
    member, giver = shop.member(), shop.member()
    subscription, (gift, _) = shop.bought(member), given(shop, giver)
    run = Journal.run

    def refuse(journal: Journal, key: str, command: Command) -> Any:
        if command.kind == "refund":
            raise Refusal(409, "over_refund")
        return run(journal, key, command)

    def refunds() -> list[tuple[str, int]]:
        return rows("SELECT status, sum(amount_minor)::bigint FROM plan_refunds GROUP BY status ORDER BY status")

    def retry() -> None:
        jobs.run_periodic("retry_plan_refunds", shop.clock.now().isoformat())
        shop.settle()

    with monkeypatch.context() as refusing:
        refusing.setattr(Journal, "run", refuse)
        shop.act(plans.refund, member, subscription, zone=ZONE)
        shop.act(plans.return_gift, giver, gift)
    assert refunds() == [("failed", 2000)]
    shop.clock.advance(timedelta(hours=23))
    retry()
    assert refunds() == [("failed", 2000)]
    shop.clock.advance(timedelta(hours=1))
    retry()
    assert refunds() == [("paid", 2000)]
    assert [shop.told(who)[-1] for who in (member, giver)] == ["plan_refunded"] * 2
    shop.clock.advance(timedelta(days=2))
    retry()
    assert shop.books() == {"deferred": 0, "revenue": 0, "provider": 0}
    shop.audit()


def months(shop: PlanShop) -> list[tuple[int, int, date]]:
    return rows("SELECT member, number, begins_on FROM plan_months ORDER BY member, number")


def begin(shop: PlanShop) -> None:
    while in_unit_of_work(lambda uow: plans.begin_months(uow, ZONE), shop.clock):
        pass


def test_a_month_begins_once_for_each_who_shares_it_from_the_anchor(app: Flask, tmp_path: Path) -> None:
    with plan_shop(app, tmp_path, "2027-01-31T04:00:00Z") as shop:
        shop.clock.advance(timedelta(seconds=1))
        shop.publish(family_seats=1)
        owner, guest = shop.member(), shop.member()
        subscription = shop.bought(owner, "year")
        begin(shop)
        begin(shop)
        do(shop, plans.join_family, guest, do(shop, plans.make_family_link, owner, subscription))
        shop.go_to("2027-04-01T00:00:00Z")
        assert at_once(shop, [lambda uow: plans.begin_months(uow, ZONE)] * AT_ONCE) == {"done": AT_ONCE}
        begin(shop)
        assert months(shop) == [
            (owner, 1, date(2027, 1, 31)),
            (owner, 2, date(2027, 2, 28)),
            (owner, 3, date(2027, 3, 31)),
            (guest, 2, date(2027, 2, 28)),
            (guest, 3, date(2027, 3, 31)),
        ]
        assert rows("SELECT count(*) FROM outbox_events WHERE name = 'PlanMonthBegan'") == [(5,)]


def test_no_month_begins_for_a_trial_or_after_the_end(shop: PlanShop) -> None:
    tries, buys = shop.member(), shop.member()
    do(shop, plans.begin_trial, tries, plan="vip", zone=ZONE)
    shop.bought(buys, renews=False)
    shop.pass_days(5)
    begin(shop)
    shop.go_to("2027-03-20T00:00:00Z")
    begin(shop)
    assert months(shop) == [(buys, 1, date(2027, 1, 10))]


def test_a_voucher_is_given_once_a_month_and_never_to_two(shop: PlanShop) -> None:
    members = [shop.member() for _ in range(3)]
    subscriptions = [shop.bought(member) for member in members]
    assert do(shop, plans.load_vouchers, uuid.uuid4(), "cinema", ["A", "B"]) == 2
    assert do(shop, plans.load_vouchers, uuid.uuid4(), "cinema", ["B", "C"]) == 1
    with pytest.raises(PlanNotActive):
        do(shop, plans.take_voucher, members[0], subscriptions[0], "cinema")
    begin(shop)
    first = do(shop, plans.take_voucher, members[0], subscriptions[0], "cinema")
    assert do(shop, plans.take_voucher, members[0], subscriptions[0], "cinema") == first
    with pytest.raises(VoucherGone):
        do(shop, plans.take_voucher, members[0], subscriptions[0], "spa")
    with pytest.raises(NotFound):
        do(shop, plans.take_voucher, members[1], subscriptions[0], "cinema")
    assert [(row.partner, row.loaded, row.left) for row in do(shop, plans.voucher_stock)] == [("cinema", 3, 2)]
    assert rows("SELECT benefit FROM benefit_uses") == [("partner_voucher",)]
    shop.settle()
    assert shop.told(members[0]) == ["plan_started", "plan_month"]


def test_who_shares_one_plan_and_owns_another_has_one_voucher_of_a_partner_at_once(
    shop: PlanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, both = shop.member(), shop.member()
    do(shop, plans.load_vouchers, uuid.uuid4(), "cinema", [str(number) for number in range(9)])
    shared = shop.bought(owner, "year")
    do(shop, plans.join_family, both, do(shop, plans.make_family_link, owner, shared))
    own = shop.bought(both, "year")
    begin(shop)
    begin(shop)
    looked = month_store.has_elsewhere
    monkeypatch.setattr(month_store, "has_elsewhere", lambda *given: (looked(*given), time.sleep(0.2))[0])
    works = [lambda uow, id_=each: plans.take_voucher(uow, both, id_, "cinema") for each in (shared, own)]
    assert at_once(shop, works) == {"done": 1, "voucher_gone": 1}
    assert rows("SELECT count(*) FROM partner_vouchers WHERE member = :m", m=both) == [(1,)]
    # The planted fault: nobody waits, and both look before either takes.
    shop.pass_days(40)
    begin(shop)
    monkeypatch.setattr(monthly, "advisory_lock", lambda *_: True)
    monkeypatch.setattr(month_store, "has_elsewhere", together(looked))
    assert at_once(shop, works) == {"done": 2}


def test_buying_refunding_and_buying_again_drains_no_vouchers(shop: PlanShop) -> None:
    """The first day of 365 has begun: 364 × 10001 / 365 = 9973 come back, and the month's vouchers are had already."""
    owner, relative = shop.member(), shop.member()
    do(shop, plans.load_vouchers, uuid.uuid4(), "cinema", [str(number) for number in range(9)])

    def buy() -> uuid.UUID:
        found = shop.bought(owner, "year")
        do(shop, plans.join_family, relative, do(shop, plans.make_family_link, owner, found))
        begin(shop)
        return found

    first = buy()
    for member in (owner, relative):
        do(shop, plans.take_voucher, member, first, "cinema")
    assert do(shop, plans.refund_quote, owner, first, ZONE).amount_minor == 9973
    shop.act(plans.refund, owner, first, zone=ZONE)
    shop.clock.advance(timedelta(minutes=5))
    again = buy()
    for member in (owner, relative):
        with pytest.raises(VoucherGone):
            do(shop, plans.take_voucher, member, again, "cinema")
    assert [(row.loaded, row.left) for row in do(shop, plans.voucher_stock)] == [(9, 7)]
    shop.go_to("2027-02-11T00:00:00Z")
    begin(shop)
    for member in (owner, relative):
        do(shop, plans.take_voucher, member, again, "cinema")
    assert [(row.loaded, row.left) for row in do(shop, plans.voucher_stock)] == [(9, 5)]
    shop.audit()


def test_the_last_vouchers_go_to_as_many_as_there_are(shop: PlanShop) -> None:
    members = [shop.member() for _ in range(AT_ONCE)]
    held = {member: shop.bought(member) for member in members}
    do(shop, plans.load_vouchers, uuid.uuid4(), "cinema", ["A", "B"])
    begin(shop)
    works = [lambda uow, who=who: plans.take_voucher(uow, who, held[who], "cinema") for who in members]
    ended = at_once(shop, [*works, *works[:2]])
    assert len(rows("SELECT DISTINCT member FROM partner_vouchers WHERE given_at IS NOT NULL")) == 2
    assert ended["voucher_gone"] >= AT_ONCE - 2
    assert len(rows("SELECT 1 FROM partner_vouchers WHERE given_at IS NULL")) == 0


def test_a_voucher_that_is_read_without_a_lock_is_seen(shop: PlanShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: all who come at once take the same code, and each overwrites the one before."""
    wrong = str(month_store._GIVE).replace("FOR NO KEY UPDATE SKIP LOCKED", "")
    monkeypatch.setattr(month_store, "_GIVE", text(wrong))
    members = [shop.member() for _ in range(AT_ONCE)]
    held = {member: shop.bought(member) for member in members}
    do(shop, plans.load_vouchers, uuid.uuid4(), "cinema", [str(number) for number in range(AT_ONCE)])
    begin(shop)
    works = [lambda uow, who=who: plans.take_voucher(uow, who, held[who], "cinema") for who in members]
    with rows_held("SELECT FROM partner_vouchers") as let_go:
        assert at_once(shop, works, meanwhile=lambda: let_go(AT_ONCE)) == {"done": AT_ONCE}
    assert rows("SELECT count(*) FROM partner_vouchers WHERE given_at IS NOT NULL") == [(1,)]
