"""Paid membership from its offer to its end: bought, tried, renewed, dunned, upgraded, refunded, earned by day."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from payment_shop import rows
from plan_shop import ZONE, PlanShop, plan_shop
from room_shop import statements
from sqlalchemy import text

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.errors import DomainError, NotFound
from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant, to_text
from socialshop.memberships import service as plans
from socialshop.memberships.errors import (
    EffectiveTooEarly,
    PlanHeld,
    PlanNoDowngrade,
    PlanNotActive,
    PlanNotOffered,
    PlanNotRefundable,
    PlanNoUpgrade,
    TrialUsed,
)
from socialshop.memberships.service import BenefitUse, downgrading
from socialshop.memberships.store import standings, subscriptions
from socialshop.memberships.terms import earned_minor
from socialshop.payments import service as payments
from socialshop.payments.rules import Outcome


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PlanShop]:
    with plan_shop(app, tmp_path) as found:
        yield found


def _benefits(shop: PlanShop, member: int) -> tuple[int, int]:
    with unit_of_work(shop.clock) as uow:
        has = plans.benefits_of(uow, [member])[member]
    return has.points_multiplier_bps, has.early_access_hours


def test_a_plan_that_is_paid_begins_and_gives_its_benefits(shop: PlanShop) -> None:
    member = shop.member(growth=1500)
    subscription = shop.buy(member, "year")
    waits = shop.of(member)
    assert waits.due is not None
    assert (waits.status, waits.due.price, waits.due.growth) == ("pending", Money(8801, "CNY"), 1500)
    assert _benefits(shop, member) == (10_000, 0)
    shop.pay(member)
    runs = shop.of(member)
    assert runs.current is not None
    assert (runs.id, runs.status, runs.renews, runs.by_mandate, runs.due) == (subscription, "active", True, True, None)
    assert (runs.current.starts_on, runs.current.ends_on) == (date(2027, 1, 10), date(2028, 1, 10))
    assert _benefits(shop, member) == (20_000, 6)
    assert shop.told(member) == ["plan_started"]
    assert shop.books() == {"deferred": 8801, "revenue": 0, "provider": -8801}
    shop.audit()


def test_what_a_member_bought_stays_whatever_is_published_then(shop: PlanShop) -> None:
    member = shop.member()
    shop.bought(member)
    shop.clock.advance(timedelta(hours=1))
    dearer = [{"term": "month", "prices": [{"growth": 0, "price_minor": 5000}]}]
    shop.publish(terms=dearer, benefits={})
    assert _benefits(shop, member) == (20_000, 6)
    shop.go_to("2027-02-05T00:00:00Z")
    assert shop.of(member).next_price == Money(1000, "CNY")
    other = shop.member()
    shop.buy(other)
    due = shop.of(other).due
    assert due is not None
    assert due.price == Money(5000, "CNY")


def test_a_payment_that_fails_may_be_paid_again_and_one_that_nobody_pays_ends(shop: PlanShop) -> None:
    member = shop.member()
    first = shop.buy(member)
    shop.pay(member, Outcome.FAILED)
    assert shop.of(member).status == "pending"
    assert shop.buy(member) == first
    shop.clock.advance(timedelta(minutes=31))
    shop.tick()
    assert rows("SELECT status FROM plan_subscriptions") == [("abandoned",)]
    again = shop.bought(member)
    assert again != first
    assert shop.of(member).status == "active"
    shop.audit()


def test_money_that_comes_for_a_dropped_charge_goes_back(shop: PlanShop) -> None:
    member = shop.member()
    shop.buy(member)
    due = shop.of(member).due
    assert due is not None
    shop.buy(member, "year")
    with unit_of_work(shop.clock) as uow:
        payments.pay(uow, shop.shop.gateways, due.payment.id, member, Outcome.SUCCEEDED)
    shop.settle()
    assert rows("SELECT status FROM payments WHERE id = :id", id=due.payment.id) == [("released",)]
    assert shop.of(member).status == "pending"
    shop.audit()


def test_one_plan_a_member(shop: PlanShop) -> None:
    member = shop.member()
    shop.bought(member)
    with pytest.raises(PlanHeld):
        shop.buy(member, "year")
    with pytest.raises(PlanNotOffered):
        shop.buy(shop.member(), "quarter")
    with pytest.raises(PlanNotOffered):
        shop.buy(shop.member(), plan="gold")
    shop.clock.advance(timedelta(seconds=1))
    shop.publish(on_sale=False)
    with pytest.raises(PlanNotOffered):
        shop.buy(shop.member())


def _try(shop: PlanShop, member: int) -> uuid.UUID:
    return in_unit_of_work(lambda uow: plans.begin_trial(uow, member, plan="vip", zone=ZONE), shop.clock)


def test_a_trial_is_had_once_ends_by_itself_and_is_followed_by_what_is_bought(shop: PlanShop) -> None:
    member, other = shop.member(), shop.member()
    trial = _try(shop, member)
    _try(shop, other)
    assert _benefits(shop, member) == (20_000, 6)
    with pytest.raises(PlanNotActive):
        shop.act(plans.resume, member, trial)
    assert shop.buy(member) == trial
    shop.pay(member)
    runs = shop.of(member)
    assert runs.current is not None
    assert (runs.current.starts_on, runs.current.ends_on) == (date(2027, 1, 17), date(2027, 2, 17))
    shop.go_to("2027-01-18T00:00:00Z")
    assert shop.of(other).ended_because == "over"
    assert shop.told(other) == ["plan_ending_soon", "plan_ended"]
    assert _benefits(shop, other) == (10_000, 0)
    assert _benefits(shop, member) == (20_000, 6)
    with pytest.raises(TrialUsed):
        _try(shop, other)
    assert len(rows("SELECT 1 FROM plan_subscriptions WHERE status IN ('pending', 'active', 'grace')")) == 1
    shop.audit()


def test_the_price_is_earned_day_by_day_and_missed_days_are_made_up_for(shop: PlanShop) -> None:
    """1000 over 31 days: 8 days of 33 and 23 of 32."""
    shop.bought(shop.member(), renews=False)
    shop.tick()
    assert shop.books()["revenue"] == 0
    shop.pass_days(1)
    assert shop.books()["revenue"] == 33
    shop.tick()
    assert shop.books()["revenue"] == 33
    shop.pass_days(1)
    assert shop.books()["revenue"] == 66
    shop.go_to("2027-01-20T00:00:00Z")
    assert shop.books()["revenue"] == 8 * 33 + 2 * 32
    shop.go_to("2027-03-01T00:00:00Z")
    assert shop.books() == {"deferred": 0, "revenue": 1000, "provider": -1000}
    assert len(rows("SELECT 1 FROM ledger_entries WHERE kind = 'plan_revenue'")) == 4
    shop.audit()


def test_a_renewal_is_announced_charged_and_goes_on_from_the_anchor(app: Flask, tmp_path: Path) -> None:
    with plan_shop(app, tmp_path, "2027-01-31T04:00:00Z") as shop:
        member = shop.member()
        shop.bought(member)
        ends = []
        for _ in range(3):
            now = shop.of(member)
            assert now.ends_at is not None
            shop.go_to(now.ends_at - timedelta(days=7))
            soon = shop.of(member)
            assert (soon.next_price, soon.charge_at) == (Money(1000, "CNY"), now.ends_at)
            shop.go_to(now.ends_at - timedelta(seconds=1))
            assert shop.of(member).status == "active"
            shop.go_to(now.ends_at)
            current = shop.of(member).current
            assert current is not None
            ends.append((current.starts_on, current.ends_on))
        assert ends == [
            (date(2027, 2, 28), date(2027, 3, 31)),
            (date(2027, 3, 31), date(2027, 4, 30)),
            (date(2027, 4, 30), date(2027, 5, 31)),
        ]
        assert shop.told(member) == ["plan_started", *["plan_renewal_soon", "plan_renewed"] * 3]
        assert shop.books()["provider"] == -4000
        shop.audit()


def test_a_renewal_costs_what_was_announced(shop: PlanShop) -> None:
    """Growth counts at the announcement: what comes or ends between it and the charge does not."""
    grown, late = shop.member(), shop.member()
    for member in (grown, late):
        shop.bought(member, "year")
    shop.grow(grown, 1000)
    shop.go_to("2028-01-05T00:00:00Z")
    assert [shop.of(member).next_price for member in (grown, late)] == [Money(8801, "CNY"), Money(10001, "CNY")]
    shop.grow(late, 5000)
    shop.go_to("2028-01-10T08:00:00Z")
    renewed = [shop.of(member).current for member in (grown, late)]
    assert [term.price.amount_minor for term in renewed if term] == [8801, 10001]
    shop.audit()


def test_a_late_announcement_puts_the_charge_off_by_five_days(shop: PlanShop) -> None:
    """The shop was down: the law's five days between announcement and charge are kept, and the benefits stay."""
    member = shop.member()
    shop.bought(member)
    shop.go_to("2027-02-12T00:00:00Z")
    assert shop.of(member).charge_at == shop.clock.now() + timedelta(days=5)
    assert _benefits(shop, member) == (20_000, 6)
    shop.pass_days(5)
    current = shop.of(member).current
    assert current is not None
    assert (current.starts_on, current.ends_on) == (date(2027, 2, 10), date(2027, 3, 10))
    shop.audit()


def test_a_declined_renewal_is_tried_again_and_the_benefits_stay_for_the_grace(shop: PlanShop) -> None:
    member = shop.member()
    shop.bought(member)
    shop.go_to("2027-02-04T00:00:00Z")
    shop.decline(100)
    shop.go_to("2027-02-09T16:00:00Z")
    late = shop.of(member)
    assert (late.status, late.grace_until) == ("grace", shop.clock.now() + timedelta(days=7))
    assert _benefits(shop, member) == (20_000, 6)
    attempts = []
    for _ in range(5):
        shop.pass_days(1)
        attempts.append(len(rows("SELECT 1 FROM payment_calls WHERE kind = 'charge'")))
    assert attempts == [2, 2, 3, 3, 4]
    assert shop.told(member).count("plan_payment_failed") == 4
    shop.decline(0)
    shop.pay(member)
    paid = shop.of(member)
    assert paid.current is not None
    assert (paid.status, paid.current.starts_on, paid.current.ends_on) == (
        "active",
        date(2027, 2, 10),
        date(2027, 3, 10),
    )
    shop.audit()


def test_a_retry_that_succeeds_goes_on(shop: PlanShop) -> None:
    member = shop.member()
    shop.bought(member)
    shop.go_to("2027-02-04T00:00:00Z")
    shop.decline(100)
    shop.go_to("2027-02-10T00:00:00Z")
    shop.decline(0)
    shop.pass_days(2)
    assert shop.of(member).status == "active"
    assert shop.books()["provider"] == -2000
    shop.audit()


def test_what_is_not_paid_within_the_grace_ends(shop: PlanShop) -> None:
    member = shop.member()
    shop.bought(member)
    shop.go_to("2027-02-04T00:00:00Z")
    shop.decline(100)
    shop.go_to("2027-02-10T00:00:00Z")
    due = shop.of(member).due
    assert due is not None
    shop.pass_days(8)
    over = shop.of(member)
    assert (over.status, over.ended_because, over.due) == ("ended", "unpaid", None)
    assert _benefits(shop, member) == (10_000, 0)
    assert rows("SELECT count(*) FROM payment_mandates WHERE ended_at IS NULL") == [(0,)]
    assert shop.books() == {"deferred": 0, "revenue": 1000, "provider": -1000}
    shop.decline(0)
    shop.bought(member)
    shop.audit()


def test_without_a_mandate_the_member_is_asked_to_pay(shop: PlanShop) -> None:
    member = shop.member()
    subscription = shop.bought(member, renews=False)
    assert shop.of(member).by_mandate is False
    shop.act(plans.resume, member, subscription)
    shop.go_to("2027-02-04T00:00:00Z")
    shop.go_to("2027-02-10T00:00:00Z")
    assert shop.told(member)[-1] == "plan_payment_due"
    shop.pay(member)
    assert shop.of(member).status == "active"
    # The payment by hand gave leave to charge the next.
    assert shop.of(member).by_mandate is True
    shop.audit()


def test_a_cancelled_plan_ends_with_its_term_and_may_be_resumed_before(shop: PlanShop) -> None:
    member = shop.member()
    subscription = shop.bought(member)
    shop.act(plans.cancel, member, subscription)
    shop.act(plans.cancel, member, subscription)
    assert shop.of(member).renews is False
    shop.go_to("2027-02-05T00:00:00Z")
    assert shop.told(member) == ["plan_started", "plan_ending_soon"]
    shop.act(plans.resume, member, subscription)
    shop.tick()
    # Announced anew, and five days are kept.
    assert shop.of(member).charge_at == shop.clock.now() + timedelta(days=5)
    shop.act(plans.cancel, member, subscription)
    shop.go_to("2027-02-10T00:00:00Z")
    assert shop.of(member).ended_because == "over"
    with pytest.raises(PlanNotActive):
        shop.act(plans.resume, member, subscription)
    with pytest.raises(NotFound):
        shop.act(plans.cancel, shop.member(), subscription)
    assert shop.books()["provider"] == -1000
    shop.audit()


def _mandates(shop: PlanShop) -> tuple[int, int]:
    """How many stand here, and at the provider."""
    here = rows("SELECT count(*) FROM payment_mandates WHERE ended_at IS NULL")[0][0]
    return here, sum(payment.mandate is not None for payment in shop.shop.journal.payments())


def test_a_mandate_that_nobody_needs_is_ended_at_the_provider_too(shop: PlanShop) -> None:
    """Whoever cancels, upgrades, pays too late or leaves has as many mandates as plans that renew: one, or none."""
    cancels, upgrades, late, leaves = (shop.member() for _ in range(4))
    subscription = shop.bought(cancels)
    assert _mandates(shop) == (1, 1)
    shop.act(plans.cancel, cancels, subscription)
    assert (_mandates(shop), shop.of(cancels).by_mandate) == ((0, 0), False)
    shop.act(plans.resume, cancels, subscription)
    shop.go_to("2027-02-04T00:00:00Z")
    shop.go_to("2027-02-09T16:00:00Z")
    facts = rows("SELECT facts FROM notices WHERE member = :m AND kind = 'plan_renewal_soon'", m=cancels)[-1][0]
    assert (facts["say"], facts["amount_minor"]) == ("by_hand", 1000)
    # Nothing is charged without a new leave, which paying by hand gives.
    assert (shop.told(cancels)[-1], rows("SELECT 1 FROM payment_calls WHERE kind = 'charge'")) == (
        "plan_payment_due",
        [],
    )
    shop.pay(cancels)
    assert _mandates(shop) == (1, 1)
    first = shop.bought(upgrades)
    shop.act(plans.upgrade, upgrades, first, plan="vip", term="year", zone=ZONE)
    assert _mandates(shop) == (2, 2)
    shop.pay(upgrades)
    assert (_mandates(shop), shop.of(upgrades).by_mandate) == ((2, 2), True)
    shop.buy(late)
    due = shop.of(late).due
    assert due is not None
    shop.buy(late, "year")
    with unit_of_work(shop.clock) as uow:
        payments.pay(uow, shop.shop.gateways, due.payment.id, late, Outcome.SUCCEEDED)
    shop.settle()
    assert (_mandates(shop), shop.of(late).status) == ((2, 2), "pending")
    shop.bought(leaves)
    assert _mandates(shop) == (3, 3)
    holding = next(each for each in payments.PERSONAL if each.table == "payment_mandates")
    with unit_of_work(shop.clock) as uow:
        uow.session.execute(text(holding.erases[0]), {"number": leaves})
    assert _mandates(shop) == (2, 3)
    with unit_of_work(shop.clock) as uow:
        payments.poll(uow)
    shop.settle()
    assert _mandates(shop) == (2, 2)
    assert rows("SELECT DISTINCT status FROM payment_calls WHERE kind = 'end_mandate'") == [("succeeded",)]
    shop.audit()


def test_cancelling_and_resuming_once_the_term_is_over_gives_nothing_free(shop: PlanShop) -> None:
    """Given a renewal announced late, so that the charge is after the end, when the member cancels, then all ends."""
    member = shop.member()
    subscription = shop.bought(member)
    shop.go_to("2027-02-08T00:00:00Z")
    shop.go_to("2027-02-12T00:00:00Z")
    runs = shop.of(member)
    assert (runs.status, runs.charge_at) == ("active", parse_instant("2027-02-13T00:00:00Z"))
    assert _benefits(shop, member) == (20_000, 6)
    shop.act(plans.cancel, member, subscription)
    ended = shop.of(member)
    assert (ended.status, ended.ended_because) == ("ended", "cancelled")
    assert _benefits(shop, member) == (10_000, 0)
    with pytest.raises(PlanNotActive):
        shop.act(plans.resume, member, subscription)
    shop.pass_days(10)
    assert rows("SELECT kind, status FROM plan_charges") == [("start", "paid")]
    assert shop.books() == {"deferred": 0, "revenue": 1000, "provider": -1000}
    shop.audit()


def test_what_was_cancelled_is_not_resumed_between_its_end_and_the_schedule(shop: PlanShop) -> None:
    member = shop.member()
    subscription = shop.bought(member)
    shop.act(plans.cancel, member, subscription)
    shop.go_to("2027-02-09T00:00:00Z")
    shop.clock.advance(timedelta(hours=16))
    assert shop.of(member).status == "active"
    with pytest.raises(PlanNotActive):
        shop.act(plans.resume, member, subscription)
    shop.tick()
    ended = shop.of(member)
    assert (ended.status, ended.ended_because, ended.renews) == ("ended", "over", False)
    assert rows("SELECT kind, status FROM plan_charges") == [("start", "paid")]
    shop.audit()


def test_an_early_refund_is_whole_and_takes_back_what_was_earned(shop: PlanShop) -> None:
    member = shop.member()
    subscription = shop.bought(member)
    shop.pass_days(3)
    assert shop.books()["revenue"] == 99
    shop.act(plans.refund, member, subscription, zone=ZONE)
    gone = shop.of(member)
    assert (gone.status, gone.ended_because) == ("ended", "refunded")
    assert [(r.amount, r.rule, r.status) for r in gone.refunds] == [(Money(1000, "CNY"), "whole", "paid")]
    assert shop.books() == {"deferred": 0, "revenue": 0, "provider": 0}
    assert _benefits(shop, member) == (10_000, 0)
    assert shop.told(member)[-1] == "plan_refunded"
    shop.act(plans.refund, member, subscription, zone=ZONE)
    shop.pass_days(40)
    assert shop.books() == {"deferred": 0, "revenue": 0, "provider": 0}
    shop.audit()


def test_a_used_or_late_plan_is_refunded_by_its_unused_days(shop: PlanShop) -> None:
    """Ten days of 31 are gone and the eleventh has begun: 20 × 1000 / 31 = 645."""
    member = shop.member()
    subscription = shop.bought(member)
    with unit_of_work(shop.clock) as uow:
        plans.note_uses(uow, [BenefitUse(member, "early_access", "a room")])
    shop.pass_days(10)
    quote = shop.act(plans.refund_quote, member, subscription, zone=ZONE)
    assert (quote.amount_minor, quote.rule, quote.unused_days, quote.days) == (645, "prorated", 20, 31)
    shop.act(plans.refund, member, subscription, zone=ZONE)
    assert shop.books() == {"deferred": 0, "revenue": 355, "provider": -355}
    shop.audit()


def test_nothing_is_refunded_on_the_last_day_or_of_a_trial(shop: PlanShop) -> None:
    member, other = shop.member(), shop.member()
    subscription = shop.bought(member, renews=False)
    trial = _try(shop, other)
    with pytest.raises(PlanNotRefundable):
        shop.act(plans.refund, other, trial, zone=ZONE)
    shop.go_to("2027-02-09T00:00:00Z")
    before = shop.books()
    with pytest.raises(PlanNotRefundable):
        shop.act(plans.refund, member, subscription, zone=ZONE)
    assert shop.books() == before
    assert shop.of(member).status == "active"


def test_an_upgrade_credits_the_unused_days_exactly(shop: PlanShop) -> None:
    """Ten days of 31 are gone: 21 × 1000 / 31 = 677 of the month's 1000 pay a part of the year's 10001."""
    member = shop.member()
    subscription = shop.bought(member)
    shop.pass_days(10)
    (quote,) = shop.act(plans.upgrades_of, member, subscription, zone=ZONE)
    assert (quote.price_minor, quote.credit_minor, quote.amount_minor) == (10001, 677, 9324)
    shop.act(plans.upgrade, member, subscription, plan="vip", term="year", zone=ZONE)
    assert shop.of(member).term == "month"
    shop.pay(member)
    runs = shop.of(member)
    assert runs.current is not None
    assert (runs.term, runs.current.starts_on, runs.current.ends_on) == ("year", date(2027, 1, 20), date(2028, 1, 20))
    assert shop.books() == {"deferred": 10001, "revenue": 323, "provider": -10324}
    shop.audit()
    # What is refunded then comes from the year's own payment first, and the rest from the month's.
    shop.act(plans.refund, member, subscription, zone=ZONE)
    assert [r.amount.amount_minor for r in shop.of(member).refunds] == [9324, 677]
    assert shop.books() == {"deferred": 0, "revenue": 323, "provider": -323}
    shop.audit()


def test_what_is_no_upgrade_is_refused(shop: PlanShop) -> None:
    member, other = shop.member(), shop.member()
    year = shop.bought(member, "year")
    with pytest.raises(PlanNoUpgrade):
        shop.act(plans.upgrade, member, year, plan="vip", term="month", zone=ZONE)
    with pytest.raises(PlanNoUpgrade):
        shop.act(plans.upgrade, member, year, plan="vip", term="year", zone=ZONE)
    with pytest.raises(PlanNoUpgrade):
        shop.act(plans.upgrade, other, _try(shop, other), plan="vip", term="year", zone=ZONE)
    assert shop.of(member).due is None


def test_a_renewal_takes_the_place_of_an_upgrade_that_was_not_paid(shop: PlanShop) -> None:
    member = shop.member()
    subscription = shop.bought(member)
    shop.go_to("2027-02-04T00:00:00Z")
    shop.go_to("2027-02-09T15:50:00Z")
    shop.act(plans.upgrade, member, subscription, plan="vip", term="year", zone=ZONE)
    shop.go_to("2027-02-09T16:00:00Z")
    runs = shop.of(member)
    assert runs.current is not None
    assert (runs.term, runs.current.starts_on) == ("month", date(2027, 2, 10))
    shop.audit()


def _sell_basic(shop: PlanShop) -> None:
    """A second plan beside the first, which gives less and whose year costs less with growth."""
    steps = [{"growth": 0, "price_minor": 5000}, {"growth": 1000, "price_minor": 4000}]
    terms = [{"term": "month", "prices": [{"growth": 0, "price_minor": 600}]}, {"term": "year", "prices": steps}]
    shop.publish(plan="basic", name_en="Basic card", name_zh="基础卡", terms=terms, benefits={"early_access_hours": 2})


def test_a_downgrade_takes_effect_at_the_terms_end_and_moves_no_money_before(shop: PlanShop) -> None:
    """Given a year of a plan that renews, when a smaller one is chosen, then it follows, announced with its price."""
    _sell_basic(shop)
    member = shop.member(growth=1500)
    subscription = shop.bought(member, "year")
    quotes = shop.act(plans.downgrades_of, member, subscription)
    assert [(q.offer.plan, q.term, q.price_minor) for q in quotes] == [
        ("basic", "month", 600),
        ("basic", "year", 4000),
        ("vip", "month", 1000),
    ]
    shop.pass_days(100)
    before = shop.books()
    for _ in range(2):
        shop.act(plans.downgrade, member, subscription, plan="basic", term="year")
    runs = shop.of(member)
    assert runs.follows is not None
    assert (runs.follows.offered.offer.plan, runs.follows.term, runs.due, runs.term) == ("basic", "year", None, "year")
    assert (shop.books(), _benefits(shop, member)) == (before, (20_000, 6))
    shop.go_to("2028-01-04T00:00:00Z")
    assert (shop.of(member).next_price, _benefits(shop, member)) == (Money(4000, "CNY"), (20_000, 6))
    facts = rows("SELECT facts FROM notices WHERE member = :m AND kind = 'plan_renewal_soon'", m=member)[0][0]
    assert (facts["say"], facts["plan_en"], facts["next_en"], facts["amount_minor"]) == (
        "year",
        "VIP card",
        "Basic card",
        4000,
    )
    shop.go_to("2028-01-09T16:00:00Z")
    small = shop.of(member)
    assert small.current is not None
    assert (small.offered.offer.plan, small.follows, small.current.price) == ("basic", None, Money(4000, "CNY"))
    assert (small.current.starts_on, small.current.ends_on) == (date(2028, 1, 10), date(2029, 1, 10))
    assert _benefits(shop, member) == (10_000, 2)
    assert shop.told(member) == ["plan_started", "plan_renewal_soon", "plan_started"]
    assert shop.books() == {"deferred": 4000, "revenue": 8801, "provider": -12801}
    shop.audit()


def test_a_downgrade_is_undone_until_the_term_is_over_and_gone_with_an_upgrade_or_cancel(shop: PlanShop) -> None:
    _sell_basic(shop)
    member = shop.member()
    subscription = shop.bought(member)
    shop.act(plans.downgrade, member, subscription, plan="basic", term="month")
    shop.go_to("2027-02-04T00:00:00Z")
    assert shop.of(member).next_price == Money(600, "CNY")
    shop.clock.advance(timedelta(hours=1))
    shop.act(plans.keep_plan, member, subscription)
    shop.act(plans.keep_plan, member, subscription)
    # Announced anew at once, and for the day that was announced before.
    again = shop.of(member)
    assert (again.follows, again.next_price, again.charge_at) == (None, Money(1000, "CNY"), again.ends_at)
    shop.tick()
    assert shop.told(member).count("plan_renewal_soon") == 2
    shop.act(plans.downgrade, member, subscription, plan="basic", term="month")
    shop.act(plans.cancel, member, subscription)
    shop.act(plans.resume, member, subscription)
    assert shop.of(member).follows is None
    shop.act(plans.downgrade, member, subscription, plan="basic", term="month")
    shop.act(plans.upgrade, member, subscription, plan="vip", term="year", zone=ZONE)
    shop.pay(member)
    assert (shop.of(member).follows, shop.of(member).term) == (None, "year")
    shop.audit()


def _chooses_at_the_last_moment(shop: PlanShop) -> tuple[int, uuid.UUID]:
    """A member whose bank says no chooses a smaller plan a second before the term ends, and the schedule runs."""
    member = shop.member()
    subscription = shop.bought(member)
    shop.go_to("2027-02-04T00:00:00Z")
    shop.decline(100)
    shop.go_to("2027-02-09T15:59:59Z")
    shop.act(plans.downgrade, member, subscription, plan="basic", term="month")
    assert _benefits(shop, member) == (20_000, 6)
    shop.go_to("2027-02-09T16:00:00Z")
    return member, subscription


def test_a_downgrade_at_the_last_moment_gives_no_day_of_the_greater_plan(shop: PlanShop) -> None:
    """Given a charge announced for the term's end, then the smaller plan's is made then, and its benefits hold."""
    _sell_basic(shop)
    member, subscription = _chooses_at_the_last_moment(shop)
    runs = shop.of(member)
    assert (runs.status, runs.due is not None) == ("grace", True)
    assert rows("SELECT kind, price_minor, status FROM plan_charges ORDER BY created_at, id") == [
        ("start", 1000, "paid"),
        ("renewal", 600, "due"),
    ]
    assert _benefits(shop, member) == (10_000, 2)
    assert shop.told(member).count("plan_renewal_soon") == 2
    # Back to the greater plan once the term is over: no.
    with pytest.raises(PlanNotActive):
        shop.act(plans.keep_plan, member, subscription)
    shop.pay(member)
    assert (shop.of(member).offered.offer.plan, _benefits(shop, member)) == ("basic", (10_000, 2))
    # Chosen and undone at the last moment, the charge stays where it was: nothing is free.
    shop.decline(0)
    another = shop.member()
    own = shop.bought(another)
    ends_at = shop.of(another).ends_at
    assert ends_at is not None
    shop.go_to(ends_at - timedelta(days=6))
    shop.go_to(ends_at - timedelta(seconds=1))
    shop.act(plans.downgrade, another, own, plan="basic", term="month")
    shop.act(plans.keep_plan, another, own)
    shop.go_to(ends_at)
    renewed = shop.of(another).current
    assert renewed is not None
    assert (renewed.starts_on, renewed.price) == (ends_at.astimezone(ZoneInfo(ZONE)).date(), Money(1000, "CNY"))
    shop.audit()


def test_each_guard_of_a_downgrade_is_needed(shop: PlanShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted faults: each lets a member have the greater plan for the smaller's price, or a dearer one."""
    _sell_basic(shop)
    # Benefits that do not look at the term's end.
    with monkeypatch.context() as planted:
        careless = str(standings._BENEFITS).replace("p.ends_at <= :now", "false")
        planted.setattr(standings, "_BENEFITS", text(careless))
        member, _ = _chooses_at_the_last_moment(shop)
        assert _benefits(shop, member) == (20_000, 6)
    assert _benefits(shop, member) == (10_000, 2)
    shop.decline(0)
    shop.pass_days(8)
    # A choice that is announced by the schedule, five days from then.
    another = shop.member()
    own = shop.bought(another)
    ends_at = shop.of(another).ends_at
    assert ends_at is not None
    shop.go_to(ends_at - timedelta(days=6))
    with monkeypatch.context() as planted:
        planted.setattr(downgrading, "announce_again", lambda *_: None)
        shop.go_to(ends_at - timedelta(seconds=1))
        shop.act(plans.downgrade, another, own, plan="basic", term="month")
        shop.tick()
        assert shop.of(another).charge_at == shop.clock.now() + timedelta(days=5)
    # Nobody asks whether the term is over: who chose then would have the days since for the smaller price.
    shop.clock.advance(timedelta(days=2))
    with pytest.raises(PlanNotActive):
        shop.act(plans.keep_plan, another, own)
    with monkeypatch.context() as planted:
        planted.setattr(downgrading, "is_over", lambda *_: False)
        shop.act(plans.keep_plan, another, own)
        assert _benefits(shop, another) == (20_000, 6)


def test_what_is_no_downgrade_is_refused_and_changes_nothing(shop: PlanShop) -> None:
    _sell_basic(shop)
    shop.publish(plan="abroad", currency="USD", terms=[{"term": "month", "prices": [{"growth": 0, "price_minor": 1}]}])
    member, other, ending, late = shop.member(), shop.member(), shop.member(), shop.member()
    month, once = shop.bought(member), shop.bought(ending, renews=False)
    overdue = shop.bought(late)
    before = rows("SELECT id, next_offer_id, next_term, renews, charge_at FROM plan_subscriptions ORDER BY id")
    for plan, term in (("vip", "month"), ("vip", "year"), ("basic", "year"), ("abroad", "month")):
        with pytest.raises(PlanNoDowngrade):
            shop.act(plans.downgrade, member, month, plan=plan, term=term)
    with pytest.raises(PlanNotOffered):
        shop.act(plans.downgrade, member, month, plan="gold", term="month")
    with pytest.raises(PlanNotActive):
        shop.act(plans.downgrade, ending, once, plan="basic", term="month")
    with pytest.raises(NotFound):
        shop.act(plans.downgrade, other, month, plan="basic", term="month")
    assert rows("SELECT id, next_offer_id, next_term, renews, charge_at FROM plan_subscriptions ORDER BY id") == before
    # Announced late, the charge is after the end: who chose now would have the better plan's days for nothing.
    shop.go_to("2027-02-12T00:00:00Z")
    assert shop.act(plans.downgrades_of, late, overdue) == []
    with pytest.raises(PlanNotActive):
        shop.act(plans.downgrade, late, overdue, plan="basic", term="month")


def test_offers_are_versions_and_the_preview_counts_who_would_pay_what(shop: PlanShop) -> None:
    shop.member()
    grown = shop.member(growth=1200)
    in_unit_of_work(
        lambda uow: plans.add_activity(uow, [plans.Activity(grown, "mission", "x")], ZONE),
        shop.clock,
    )
    with unit_of_work(shop.clock) as uow:
        drafted = plans.draft_offer(uow, uuid.uuid4(), plans.offer_page(uow, None, 1)[0].offer)
        payers = plans.who_pays(uow, drafted.id)
        with pytest.raises(EffectiveTooEarly):
            plans.publish_offer(uow, uuid.uuid4(), drafted.id, shop.clock.now() - timedelta(days=1))
    everybody = rows("SELECT count(*) FROM members")[0][0]
    assert [(p.term, p.price_minor, p.members) for p in payers] == [
        ("month", 1000, everybody),
        ("year", 10001, everybody - 1),
        ("year", 8801, 1),
    ]


@pytest.mark.parametrize("sql", ["UPDATE plan_offers SET plan = 'x'", "DELETE FROM plan_versions"])
def test_what_was_offered_is_never_changed(shop: PlanShop, sql: str) -> None:
    with pytest.raises(Exception, match=r"never changed|append|permission denied"):
        rows(sql)


def test_a_notice_says_plan_price_and_day_in_both_languages(shop: PlanShop) -> None:
    member = shop.member()
    shop.bought(member)
    shop.go_to("2027-02-04T00:00:00Z")
    facts = rows("SELECT facts FROM notices WHERE member = :m AND kind = 'plan_renewal_soon'", m=member)[0][0]
    assert facts == {
        "plan_zh": "会员卡",
        "plan_en": "VIP card",
        "currency": "CNY",
        "amount_minor": 1000,
        "until": to_text(shop.of(member).charge_at),  # type: ignore[arg-type]
    }


def test_every_refusal_leaves_everything_as_it_was(shop: PlanShop) -> None:
    member = shop.member()
    subscription = shop.bought(member)
    shop.act(plans.refund, member, subscription, zone=ZONE)
    before = rows("SELECT status, renews FROM plan_subscriptions ORDER BY id"), shop.books()
    for act, more in (
        (plans.cancel, {}),
        (plans.resume, {}),
        (plans.upgrade, {"plan": "vip", "term": "year", "zone": ZONE}),
        (plans.refund_quote, {"zone": ZONE}),
    ):
        with pytest.raises(DomainError):
            shop.act(act, member, subscription, **more)
    assert (rows("SELECT status, renews FROM plan_subscriptions ORDER BY id"), shop.books()) == before


@pytest.mark.parametrize(
    ("zone", "begins", "term", "ends_on", "ends_at"),
    [
        # A leap day: a year later it is the 28th.
        ("Asia/Shanghai", "2028-02-29T04:00:00Z", "year", date(2029, 2, 28), "2029-02-27T16:00:00Z"),
        # Across the beginning of summer time the term's last midnight is an hour earlier in UTC, and no day is lost.
        ("Europe/Berlin", "2027-03-14T12:00:00Z", "month", date(2027, 4, 14), "2027-04-13T22:00:00Z"),
        # Late in the evening in UTC it is the next day there already.
        ("Asia/Shanghai", "2027-01-30T17:00:00Z", "month", date(2027, 2, 28), "2027-02-27T16:00:00Z"),
    ],
)
def test_a_term_by_the_shops_calendar_earns_its_price_exactly(
    *,
    app: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    begins: str,
    term: str,
    ends_on: date,
    ends_at: str,
) -> None:
    there = app.extensions["socialshop_settings"].model_copy(update={"time_zone": zone})
    monkeypatch.setitem(app.extensions, "socialshop_settings", there)
    with plan_shop(app, tmp_path, begins) as shop:
        shop.zone = zone
        member = shop.member()
        shop.bought(member, term, renews=False)
        runs = shop.of(member)
        assert runs.current is not None
        assert (runs.current.ends_on, to_text(runs.ends_at)) == (ends_on, ends_at)  # type: ignore[arg-type]
        shop.go_to(parse_instant(ends_at) - timedelta(seconds=1))
        price = runs.current.price.amount_minor
        days = (ends_on - runs.current.starts_on).days
        assert shop.books()["revenue"] == earned_minor(price, days, days - 1)
        shop.go_to(ends_at)
        assert shop.books() == {"deferred": 0, "revenue": price, "provider": -price}
        assert shop.of(member).ended_because == "over"
        shop.audit()


def test_what_is_over_is_ended_by_its_time(shop: PlanShop) -> None:
    """Given plans bought in reverse order of their ends, when one is taken, then it is what ended first."""
    year = shop.bought(shop.member(), "year", renews=False)
    month = shop.bought(shop.member(), renews=False)
    shop.clock.advance(timedelta(days=400))
    assert year < month
    with unit_of_work(shop.clock) as uow:
        assert [row.id for row in subscriptions.take_ended(uow.session, uow.now, 1)] == [month]
        assert [row.id for row in subscriptions.take_ended(uow.session, uow.now, 3)] == [year, month]


@pytest.mark.parametrize("members", [1, 4])
def test_a_list_of_subscriptions_takes_six_statements_however_long_it_is(shop: PlanShop, members: int) -> None:
    for _ in range(members):
        shop.bought(shop.member())
    with unit_of_work(shop.clock) as uow, statements() as seen:
        assert len(plans.subscription_page(uow, None, None, 50)) == members
    assert len(seen) == 6
