"""Coupons for a segment of the members: who is in it; who declined is in none; each is given it once a year."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from campaign_world import ACTOR, ZONE, CampaignWorld
from flask import Flask
from market import willing
from points_shop import rows
from pydantic import ValidationError
from room_shop import statements
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from web_client import counts, refusal, sign_up

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.roles import Role
from socialshop.kernel.time import day_of
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.segments import Segment, document_of
from socialshop.loyalty.service import NewCoupon, Terms
from socialshop.loyalty.service.campaigns import Audience
from socialshop.loyalty.store import segments

_AGREE = """
    INSERT INTO member_consents (member_id, document, version, given, accepted_at)
    SELECT id, 'terms', '1', true, joined_at FROM members
    WHERE NOT EXISTS (SELECT FROM member_consents c WHERE c.member_id = members.id)
"""
_FACTS = (
    "INSERT INTO member_standings (member, version, tier, since)"
    " SELECT 1, version, code, now() FROM tiers WHERE code = 'silver'",
    "INSERT INTO member_birthdays (member_id, month, day, set_at)"
    " SELECT id, CASE number WHEN 3 THEN 3 ELSE 4 END, 5, now() FROM members WHERE number IN (3, 4)",
    "INSERT INTO plan_offers (id, plan, document, created_by, created_at)"
    " SELECT gen_random_uuid(), plan, '{}', gen_random_uuid(), now() FROM (VALUES ('vip'), ('other')) AS t (plan)",
    "INSERT INTO plan_subscriptions (id, member, offer_id, term, status, renews, number, anchor_on, ends_on, ends_at,"
    " created_at, ended_at, ended_because)"
    " SELECT gen_random_uuid(), t.member, o.id, 'month', t.status, false, 1, '2026-03-01', '2026-04-01', '2026-04-01Z',"
    " now(), CASE t.status WHEN 'ended' THEN now() END, CASE t.status WHEN 'ended' THEN 'over' END"
    " FROM (VALUES (2, 'vip', 'active'), (4, 'vip', 'ended'), (5, 'other', 'active')) AS t (member, plan, status)"
    " JOIN plan_offers o ON o.plan = t.plan",
)


@pytest.fixture
def world(app: Flask) -> CampaignWorld:
    """Eight members of old and two new ones (9, 10).

    1 is in silver, 2 has the plan vip, 3 was born in March, 5 bought for 50.00 a while ago, 6 lately for 150.00 and
    250.00, 7 long ago but got the money back.
    """
    world = CampaignWorld(app)
    world.begin(8)
    with unit_of_work(world.clock) as uow:
        for statement in _FACTS:
            uow.session.execute(text(statement))
    (back,) = world.sell_to({7: 9_000})
    world.sell_to({5: 5_000})
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE loyalty_sales SET left_minor = 0 WHERE order_id = :id"), {"id": back})
    world.clock.advance(timedelta(days=20))
    world.sell_to({6: 15_000})
    world.sell_to({6: 25_000})
    world.add_members(2, world.clock.now().isoformat())
    world.clock.advance(timedelta(days=5))
    with unit_of_work() as uow:
        uow.session.execute(text(_AGREE))
    return world


def matching(world: CampaignWorld, **rule: Any) -> list[int]:
    def read(uow: Any) -> list[int]:
        day = day_of(uow.now, ZONE)
        more = {"first_tier": "normal", "currency": "CNY", "day": day, "now": uow.now}
        return segments.matching(uow.session, Segment(**rule), range(1, 11), **more)

    return world.do(read)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("rule", "members"),
    [
        ({"tiers": ("silver",)}, [1]),
        ({"tiers": ("normal",)}, [2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ({"plans": ("vip",)}, [2]),
        ({"newcomer_days": 6}, [9, 10]),
        ({"newcomer_days": 4}, []),
        ({"birthday_month": True}, [3]),
        ({"not_bought_days": 25}, [5]),
        ({"not_bought_days": 5}, [5, 6]),
        ({"not_bought_days": 26}, []),
        ({"spends_from_minor": 5_000}, [5, 6]),
        ({"spends_from_minor": 5_001}, [6]),
        ({"spends_from_minor": 20_000, "spends_below_minor": 20_001}, [6]),
        ({"spends_below_minor": 20_000}, [5]),
        ({"tiers": ("normal",), "not_bought_days": 5, "spends_from_minor": 6_000}, [6]),
        ({"tiers": ("silver",), "birthday_month": True}, []),
    ],
)
def test_who_is_in_a_segment(world: CampaignWorld, rule: dict[str, Any], members: list[int]) -> None:
    assert matching(world, **rule) == members
    # Who declines is in none, at once; who never agreed to anything is in none.
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO member_consents (member_id, document, version, given, accepted_at)"
                " SELECT id, 'personalisation', '1', false, now() FROM members WHERE number = ANY(:n)"
            ),
            {"n": members[:1]},
        )
    assert matching(world, **rule) == members[1:]


@pytest.mark.parametrize(
    "rule", [{}, {"spends_from_minor": 5, "spends_below_minor": 5}, {"newcomer_days": 0}, {"tiers": ("No",)}]
)
def test_a_rule_that_asks_for_nothing_or_for_what_cannot_be_is_none(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Segment(**rule)


def walk(world: CampaignWorld) -> int:
    """The day's rounds; returns how many statements each span cost at most."""
    most = 0
    more = True
    while more:
        with statements() as counted:
            more = world.do(lambda uow: loyalty.hand_out_due(uow, ZONE, span=4))
        most = max(most, len(counted))
    return most


def test_a_segment_is_given_its_coupon_once_a_year_and_told(world: CampaignWorld) -> None:
    terms = {"kind": "amount", "currency": "CNY", "amount_minor": 500}
    segment = {"not_bought_days": 10}
    new = NewCoupon("Come back", Terms.model_validate(terms | {"segment": segment}), valid_days=9, way="segment")
    for wrong in (
        NewCoupon("No segment", Terms.model_validate(terms), valid_days=9, way="segment"),
        NewCoupon("Not for one", Terms.model_validate(terms | {"segment": segment}), valid_days=9),
    ):
        with pytest.raises(InvalidValue):
            world.do(lambda uow, wrong=wrong: loyalty.make_coupon(uow, ACTOR, wrong))
    world.do(lambda uow: loyalty.make_coupon(uow, ACTOR, new))
    assert walk(world) <= 14
    given = "SELECT member, period FROM coupon_holdings ORDER BY period, member"
    assert rows(given) == [(5, "2026")]
    world.clock.advance(timedelta(days=6))
    walk(world)
    assert rows(given) == [(5, "2026"), (6, "2026")], "ten days after the last purchase, and nobody twice"
    assert rows("SELECT member FROM notices WHERE kind = 'coupon_given' ORDER BY member") == [(5,), (6,)]
    world.clock.advance(timedelta(days=365))
    walk(world)
    assert rows(given) == [(5, "2026"), (6, "2026"), (5, "2027"), (6, "2027")]
    with unit_of_work(world.clock) as uow:
        (mine, _before) = loyalty.coupons_of(uow, 6, None, 9)
    assert mine.terms.segment == Segment(not_bought_days=10)


def test_over_http_a_segment_is_named_and_its_member_reads_why(app: Flask) -> None:
    admin, (lin,) = sign_up(app, role=Role.ADMIN), willing(app, 1)
    terms = {"kind": "amount", "currency": "CNY", "amount_minor": 500}
    body = {"title": "Hello", "valid_days": 9, "way": "segment"}
    for wrong in ({}, {"segment": {}}, {"segment": {"colour": "red"}}, {"segment": {"newcomer_days": "9"}}):
        assert refusal(admin.call("POST", "/admin/coupons", json=body | {"terms": terms | wrong}))[:2] == (
            422,
            "invalid_value",
        )
    assert counts("coupons") == {"coupons": 0}
    segment = {"newcomer_days": 9, "tiers": ["normal"]}
    made = admin.call("POST", "/admin/coupons", json=body | {"terms": terms | {"segment": segment}})
    assert made.status_code == 201, made.text
    with unit_of_work() as uow:
        while loyalty.hand_out_due(uow, ZONE):
            pass
    (mine,) = lin.call("GET", "/me/coupons").get_json()["data"]
    assert mine["because_en"] == ["because of your tier", "because you joined not long ago"]
    assert mine["because_zh"] == ["因为你的会员等级", "因为你刚加入不久"]


def test_a_campaign_for_a_segment_is_drawn_among_who_is_in_it(world: CampaignWorld) -> None:
    """Given spans of three, when the lot has fallen, then nobody else is in a group, and the segment stands."""
    segment = Segment(spends_from_minor=1, spends_below_minor=30_000)
    campaign = world.draw(world.plan(audience=Audience("segment", segment=segment), control_bps=0), span=3)
    assert (campaign.segment, world.members_of(campaign, treated=True)) == (document_of(segment), [5, 6])
    assert world.members_of(campaign, treated=False) == []
    with pytest.raises(InvalidValue):
        world.plan(audience=Audience("segment"))
    with pytest.raises(DatabaseError), unit_of_work() as uow:
        uow.session.execute(text("UPDATE campaigns SET segment = '{}'"))
