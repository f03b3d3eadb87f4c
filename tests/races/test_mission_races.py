"""Many at once at one member's missions, at one sale, at one survey: exact, and seen to be what holds it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from at_once import at_once, together
from campaign_world import CampaignWorld
from flask import Flask
from mission_shop import MissionShop
from points_shop import faults, points, rows

from socialshop.infra.uow import unit_of_work
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.service import campaigns, surveys
from socialshop.loyalty.service.surveys import NewSurvey
from socialshop.loyalty.store import campaigns as campaigns_store
from socialshop.loyalty.store import lots, missions
from socialshop.loyalty.survey_rules import Given, Kind, Question
from tests.races.test_points_races import AT_ONCE

ADMIN = uuid.uuid4()


@pytest.fixture
def shop(app: Flask) -> MissionShop:
    shop = MissionShop(app)
    shop.begin(AT_ONCE + 1)
    return shop


def told_at_once(shop: MissionShop, orders: list[uuid.UUID]) -> None:
    """Each of these orders is noted by a worker of its own, all at the same time."""
    works = [lambda uow, o=order: loyalty.note_sales(uow, [{"order_ids": [str(o)]}]) for order in orders]
    assert at_once(shop.app, shop.clock, works) == {"done": len(orders)}


def test_sales_noted_at_once_are_all_counted_and_rewarded_once(shop: MissionShop) -> None:
    mission = shop.mission("order", times=AT_ONCE, gives=40)
    told_at_once(shop, [shop.placed(1) for _ in range(AT_ONCE)])
    assert shop.done(1, mission) == [(AT_ONCE, True, 1)]
    assert points(1).available == 40
    with unit_of_work() as uow:
        assert faults(uow) == []


def test_counting_without_the_members_lock_is_seen(shop: MissionShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: nobody waits for the member, and each counts what it sees alone."""
    mission, count = shop.mission("order", times=AT_ONCE), missions.count
    all_have_read = together(lambda: None, AT_ONCE)

    def late(*given: Any) -> Any:
        all_have_read()
        return count(*given)

    monkeypatch.setattr(lots, "lock_members", lambda *_: None)
    monkeypatch.setattr(missions, "count", late)
    told_at_once(shop, [shop.placed(1) for _ in range(AT_ONCE)])
    assert shop.done(1, mission)[0][0] < AT_ONCE


def test_one_sale_told_by_many_at_once_is_one_and_its_share_earns_once(shop: MissionShop) -> None:
    mission = shop.mission("friend", times=1, gives=7)
    order = shop.placed(2, sponsor=1, link=shop.link(3))
    told_at_once(shop, [order] * AT_ONCE)
    assert rows("SELECT count(*) FROM loyalty_sales") == [(1,)]
    assert (shop.done(1, mission), points(1).available, points(3).available) == ([(1, True, 1)], 7, 5)


def test_draws_side_by_side_are_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world, draw_span = CampaignWorld(app), campaigns_store.draw_span
    world.begin(40)
    campaign = world.plan()
    world.do(lambda uow: campaigns.draw(uow, ADMIN, campaign.id))

    def draw_at_once() -> int:
        told = [{"campaign_id": str(campaign.id)}]
        at_once(app, world.clock, [lambda uow: campaigns.on_draw_due(uow, told, span=5)] * 4)
        return world.find(campaign).drawn_through

    assert draw_at_once() == 20
    # The planted fault: nobody waits for the campaign, and spans are drawn twice instead of one after another.
    monkeypatch.setattr(campaigns_store, "lock", campaigns_store.find)
    all_have_read = together(lambda: None, 4)
    monkeypatch.setattr(
        campaigns_store, "draw_span", lambda *given, **more: (all_have_read(), draw_span(*given, **more))[1]
    )
    assert draw_at_once() < 40
    monkeypatch.undo()
    world.draw(campaign, 15)
    assert rows("SELECT count(*) FROM campaign_members WHERE treated IS NOT NULL") == [(40,)]


def test_a_refund_beside_other_sales_leaves_what_stands(shop: MissionShop) -> None:
    mission = shop.mission("order", times=2, gives=40)
    gone = shop.sell(1)
    later = [shop.placed(1) for _ in range(3)]
    shop.refund_order(gone)
    works = [lambda uow, o=order: loyalty.note_sales(uow, [{"order_ids": [str(o)]}]) for order in later]
    works += [lambda uow: loyalty.note_refunds(uow, [{"order_id": str(gone)}])] * 3
    at_once(shop.app, shop.clock, works)
    assert [(done, rewarded) for done, rewarded, _ in shop.done(1, mission)] == [(3, True)]
    assert points(1).available == 40
    with unit_of_work() as uow:
        assert faults(uow) == []


def test_of_many_answers_at_once_one_is_kept_and_earns(shop: MissionShop) -> None:
    questions = [Question(Kind.TEXT, "什么？", "What?")]
    closes_at = shop.clock.now().replace(year=2036)
    new = NewSurvey("茶", "Tea", questions, None, None, closes_at)
    survey = shop.do(lambda uow: surveys.add(uow, ADMIN, new))
    works = [lambda uow, said=str(n): surveys.answer(uow, 1, survey.id, [Given(1, (), said)]) for n in range(AT_ONCE)]
    assert at_once(shop.app, shop.clock, works) == {"done": 1, "survey_answered": AT_ONCE - 1}
    assert points(1).available == 30
    assert rows("SELECT count(*) FROM survey_replies") == [(1,)]
