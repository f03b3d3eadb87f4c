"""Tiers: growth from sales and deeds, up at once, down after a warning and its grace."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from payment_shop import a_member, rows
from sqlalchemy import text
from tiers import Shop

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.memberships import service as memberships
from socialshop.memberships.errors import EffectiveTooEarly
from socialshop.memberships.programme import Programme
from socialshop.memberships.service import Activity

DAY = timedelta(days=1)


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app, ManualClock(datetime(2026, 3, 1, 4, tzinfo=UTC)))


def test_a_sale_raises_its_buyer_at_once_and_says_why(shop: Shop) -> None:
    buyer = shop.member()
    shop.sell(buyer, 1_000_000)
    assert shop.standing(buyer) == ("gold", 10_000, None)
    assert shop.changes(buyer) == [("upgraded", "normal", "gold", 10_000, 10_000)]
    assert rows("SELECT kind, facts ->> 'tier_en' FROM notices WHERE member = :m", m=buyer) == [
        ("tier_upgraded", "Gold")
    ]


def test_what_is_less_than_a_point_is_dropped_sale_by_sale(shop: Shop) -> None:
    buyer = shop.member()
    shop.sell(buyer, 199)
    shop.sell(buyer, 199)
    assert shop.standing(buyer) == ("normal", 2, None)


def test_told_twice_a_sale_counts_once(shop: Shop) -> None:
    buyer = shop.member()
    order = shop.sell(buyer, 250_000)
    shop.confirm(order)
    assert shop.standing(buyer) == ("silver", 2_500, None)
    assert len(shop.changes(buyer)) == 1


def test_a_refund_leaves_the_growth_of_what_is_left_and_warns_before_anything_is_taken(shop: Shop) -> None:
    buyer = shop.member()
    order = shop.sell(buyer, 250_050)
    shop.refund(order, 100_001)
    assert rows("SELECT kind, points FROM growth_entries ORDER BY id") == [("order", 2_500), ("refund", -1_000)]
    tier, growth, lapses_at = shop.standing(buyer)
    assert (tier, growth, lapses_at) == ("silver", 1_500, shop.clock.now() + 30 * DAY)
    assert shop.changes(buyer)[-1] == ("warned", "silver", "normal", 1_500, 2_000)
    told = rows("SELECT facts ->> 'missing' FROM notices WHERE kind = 'tier_warned' AND member = :m", m=buyer)
    assert told == [("500",)]


def test_what_was_wholly_refunded_leaves_nothing_also_to_the_sponsor(shop: Shop) -> None:
    sponsor = shop.member()
    buyer = shop.member()
    order = shop.sell(buyer, 100_00, uplines=[sponsor])
    assert shop.standing(sponsor)[1] == 100
    shop.refund(order, 30_00)
    assert shop.standing(sponsor)[1] == 100
    shop.refund(order, 70_00)
    assert (shop.standing(buyer)[1], shop.standing(sponsor)[1]) == (0, 0)
    shop.sell(buyer, 100_00, uplines=[sponsor])
    assert shop.standing(sponsor)[1] == 0


def test_a_refund_that_is_told_before_its_sale_is_counted_in_the_sale(shop: Shop) -> None:
    buyer = shop.member()
    order = shop.sell(buyer, 250_000, told=False)
    shop.refund(order, 50_000)
    assert rows("SELECT count(*) FROM growth_entries") == [(0,)]
    shop.confirm(order)
    assert shop.standing(buyer) == ("silver", 2_000, None)


def test_a_sponsor_grows_by_the_first_sale_of_a_member_and_by_no_other(shop: Shop) -> None:
    sponsor, buyer = shop.member(), shop.member()
    for _ in range(3):
        shop.sell(buyer, 100, uplines=[sponsor])
    assert shop.standing(sponsor) == ("normal", 100, None)


def test_a_warning_comes_first_and_the_tier_goes_after_its_grace(shop: Shop) -> None:
    buyer = shop.member()
    shop.sell(buyer, 250_000)
    shop.pass_days(364)
    assert shop.standing(buyer) == ("silver", 2_500, None)
    shop.pass_days(1)
    assert shop.standing(buyer) == ("silver", 0, shop.clock.now() + 30 * DAY)
    shop.pass_days(29)
    assert shop.standing(buyer)[0] == "silver"
    shop.pass_days(1)
    assert shop.standing(buyer) == ("normal", 0, None)
    assert [change[0] for change in shop.changes(buyer)] == ["upgraded", "warned", "downgraded"]


def test_who_grows_again_within_the_grace_keeps_the_tier(shop: Shop) -> None:
    buyer = shop.member()
    shop.sell(buyer, 250_000)
    shop.pass_days(365)
    shop.sell(buyer, 200_000)
    assert shop.standing(buyer) == ("silver", 2_000, None)
    assert [change[0] for change in shop.changes(buyer)] == ["upgraded", "warned", "kept"]
    shop.pass_days(200)
    assert shop.standing(buyer)[0] == "silver"


def test_what_members_do_counts_within_the_caps_of_its_rule(shop: Shop) -> None:
    member = shop.member()
    given = [shop.act(member, "review", str(number)) for number in range(3)]
    assert given == [5, 5, 0]
    assert shop.act(member, "review", "0") == 0
    assert shop.act(member, "nothing_known", "1") == 0
    shop.pass_days(1)
    assert shop.act(member, "review", "4") == 5
    assert rows("SELECT points, asked FROM growth_entries ORDER BY id") == [(5, 5), (5, 5), (0, 5), (5, 5)]


def test_the_day_of_a_cap_is_the_shops(shop: Shop) -> None:
    member = shop.member()
    assert shop.act(member, "check_in", "a") == 1
    shop.clock.advance(timedelta(hours=11, minutes=59))
    assert shop.act(member, "check_in", "b") == 0
    shop.clock.advance(timedelta(minutes=1))
    assert shop.act(member, "check_in", "c") == 1


def test_the_period_caps_what_a_rule_gives_in_all(shop: Shop) -> None:
    member = shop.member()
    with unit_of_work(shop.clock) as uow:
        uow.session.execute(
            text(
                "INSERT INTO growth_entries (member, kind, source, points, asked, version, counts_from, recorded_at)"
                " VALUES (:m, 'review', 'old', 297, 297, 1, :at, :at)"
            ),
            {"m": member, "at": shop.clock.now() - 30 * DAY},
        )
    assert shop.act(member, "review", "new") == 3
    shop.pass_days(335)
    assert shop.act(member, "review", "newer") == 5


def test_a_day_is_evaluated_once_in_bounded_batches(shop: Shop) -> None:
    buyers = [shop.member() for _ in range(5)]
    for buyer in buyers:
        shop.sell(buyer, 250_000)
    shop.clock.advance(365 * DAY)
    steps = 1
    while in_unit_of_work(lambda uow: memberships.evaluate_due(uow, "Asia/Shanghai", span=2), shop.clock):
        steps += 1
    assert steps == 4
    assert {shop.standing(buyer)[0] for buyer in buyers} == {"silver"}
    before = rows("SELECT count(*) FROM tier_changes")
    assert not in_unit_of_work(lambda uow: memberships.evaluate_due(uow, "Asia/Shanghai", span=2), shop.clock)
    assert rows("SELECT count(*) FROM tier_changes") == before


def test_a_programme_moves_members_on_the_day_it_begins_and_keeps_who_moved_and_by_which_rule(shop: Shop) -> None:
    silver, gold = shop.member(), shop.member()
    shop.sell(silver, 250_000)
    shop.sell(gold, 1_200_000)
    shop.pass_days(0)
    tomorrow = shop.clock.now() + DAY
    new = shop.publish(ladder=[("normal", 0), ("silver", 3_000), ("jade", 11_000), ("diamond", 12_000)], at=tomorrow)
    assert new == 2
    shop.pass_days(0)
    assert (shop.standing(silver)[0], shop.standing(gold)[0]) == ("silver", "gold")
    shop.pass_days(1)
    assert shop.standing(silver) == ("silver", 2_500, shop.clock.now() + 10 * DAY)
    assert shop.standing(gold) == ("diamond", 12_000, None)
    assert rows("SELECT kind, to_tier FROM tier_changes WHERE version = 2 ORDER BY member") == [
        ("warned", "normal"),
        ("upgraded", "diamond"),
    ]


def test_a_tier_that_a_programme_no_longer_knows_becomes_the_one_in_its_place(shop: Shop) -> None:
    gold = shop.member()
    shop.sell(gold, 1_200_000)
    shop.publish(ladder=[("normal", 0), ("jade", 10_000), ("pearl", 20_000)])
    with unit_of_work(shop.clock) as uow:
        # Published and not yet evaluated: what the tier gave is still given.
        assert memberships.benefits_of(uow, [gold])[gold].early_access_hours == 12
    shop.pass_days(0)
    assert shop.standing(gold)[0] == "jade"
    assert shop.changes(gold)[-1][:3] == ("moved", "gold", "jade")
    with unit_of_work(shop.clock) as uow:
        assert memberships.benefits_of(uow, [gold])[gold].early_access_hours == 0


def test_before_publishing_one_sees_who_would_move(shop: Shop) -> None:
    ups, downs = [shop.member() for _ in range(2)], [shop.member() for _ in range(7)]
    for member in downs:
        shop.sell(member, 250_000)
    for member in ups:
        shop.sell(member, 150_000)
    draft = shop.draft(ladder=[("normal", 0), ("silver", 1_000), ("gold", 2_400), ("diamond", 90_000)])
    with unit_of_work(shop.clock) as uow:
        moves = memberships.who_moves(uow, draft)
    assert [(move.from_tier, move.to_tier, move.direction, move.members) for move in moves] == [
        ("silver", "gold", 1, 7),
        ("normal", "silver", 1, 2),
    ]
    assert len(moves[0].examples) == 5
    assert rows("SELECT count(*) FROM tier_programme_versions") == [(1,)]
    draft = shop.draft(ladder=[("normal", 0), ("silver", 3_000)])
    with unit_of_work(shop.clock) as uow:
        moves = memberships.who_moves(uow, draft)
    assert [(move.from_tier, move.to_tier, move.direction, move.members) for move in moves] == [
        ("silver", "normal", -1, 7)
    ]


def test_a_programme_never_begins_in_the_past_nor_before_the_last(shop: Shop) -> None:
    now = shop.clock.now()
    shop.publish(ladder=[("normal", 0)], at=now + 2 * DAY)
    for at in (now - DAY, now + DAY, now + 2 * DAY):
        with pytest.raises(EffectiveTooEarly):
            shop.publish(ladder=[("normal", 0)], at=at)
    assert rows("SELECT count(*) FROM tier_programme_versions") == [(2,)]


def test_published_again_a_programme_stays_as_it_is(shop: Shop) -> None:
    draft = shop.draft(ladder=[("normal", 0)])
    first = shop.bring_into_force(draft)
    shop.clock.advance(DAY)
    assert shop.bring_into_force(draft) == first


@pytest.mark.parametrize(
    "ladder", [[("a", 1)], [("a", 0), ("b", 0)], [("a", 0), ("a", 5)], [("a", 0), ("b", 5), ("c", 4)], []]
)
def test_a_ladder_begins_at_nothing_and_rises(ladder: list[tuple[str, int]]) -> None:
    with pytest.raises(ValueError, match=r"thresholds|twice|at least 1"):
        Programme.model_validate(
            {
                "name": "x",
                "period_days": 1,
                "grace_days": 1,
                "tiers": [{"code": c, "name_zh": c, "name_en": c, "threshold": t} for c, t in ladder],
            }
        )


def test_growth_is_told_by_what_it_comes_from(shop: Shop) -> None:
    buyer = shop.member()
    order = shop.sell(buyer, 30_000)
    shop.sell(buyer, 20_000)
    shop.refund(order, 10_000)
    shop.act(buyer, "review", "one")
    with unit_of_work(shop.clock) as uow:
        found = memberships.membership_of(uow, buyer)
    assert [(part.kind, part.entries, part.points) for part in found.parts] == [
        ("order", 2, 500),
        ("review", 1, 5),
        ("refund", 1, -100),
    ]
    assert (found.growth, found.next.code if found.next else None, found.missing) == (405, "silver", 1_595)


def test_nobody_grows_by_an_order_of_another_currency_without_a_rule(shop: Shop) -> None:
    buyer = shop.member()
    shop.sell(buyer, 999_999, currency="USD")
    assert shop.standing(buyer) == ("normal", 0, None)


def test_what_a_benefit_was_worth_is_counted_once_each(shop: Shop) -> None:
    with unit_of_work(shop.clock) as uow:
        member = a_member(uow)
    use = memberships.BenefitUse(member, "member_discount", str(uuid.uuid4()), 120, "CNY")
    for _ in range(2):
        with unit_of_work(shop.clock) as uow:
            memberships.note_uses(uow, [use, memberships.BenefitUse(member, "early_access", "room one")])
    with unit_of_work(shop.clock) as uow:
        found = memberships.membership_of(uow, member)
    assert [(used.benefit, used.times, used.amount_minor, used.currency) for used in found.uses] == [
        ("early_access", 1, None, None),
        ("member_discount", 1, 120, "CNY"),
    ]


def test_activities_are_told_in_one_call(shop: Shop) -> None:
    one, two = shop.member(), shop.member()
    acts = [Activity(one, "share", "a"), Activity(two, "share", "a"), Activity(one, "share", "b")]
    assert in_unit_of_work(lambda uow: memberships.add_activity(uow, acts, "Asia/Shanghai"), shop.clock) == [2, 2, 2]
