"""Campaigns: drawn before they start, acting on the treated alone, and measured against those left out."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from campaign_world import ACTOR, CampaignWorld
from due_work import work
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from money_people import number_of
from points_shop import SHANGHAI, points, rows
from points_shop import faults as point_faults
from room_shop import statements
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from web_client import refusal, sign_up

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.errors import CampaignDrawn, CampaignTooLate
from socialshop.loyalty.member_day import MemberDay
from socialshop.loyalty.rules import MissionKind, Repeats
from socialshop.loyalty.schemas.rules import document_of
from socialshop.loyalty.segments import Segment
from socialshop.loyalty.service import NewCoupon, campaigns, missions
from socialshop.loyalty.service import Terms as CouponTerms
from socialshop.loyalty.service.campaigns import Audience, Metric, Verdict
from socialshop.loyalty.service.missions import Terms
from workers import schedule


@pytest.fixture
def world(app: Flask) -> CampaignWorld:
    world = CampaignWorld(app)
    world.begin(40)
    return world


# --- the draw -----------------------------------------------------------------------------------------------------


def test_who_is_left_out_follows_from_the_seed_alone(world: CampaignWorld) -> None:
    campaign = world.draw(world.plan())
    expected = {
        member: int(hashlib.sha256(f"{campaign.seed}:{member}".encode()).hexdigest()[:8], 16) % 10_000 >= 3_000
        for member in range(1, 41)
    }
    query = "SELECT member, treated FROM campaign_members WHERE campaign_id = :id"
    assert {row[0]: row[1] for row in rows(query, id=campaign.id)} == expected
    assert set(expected.values()) == {True, False}


def test_a_large_audience_is_divided_by_its_share(world: CampaignWorld) -> None:
    world.add_members(9_960)
    campaign = world.draw(world.plan(control_bps=2_000))
    control = len(world.members_of(campaign, treated=False))
    # Four standard deviations of a binomial of 10,000 at a fifth: 160.
    assert 1_840 <= control <= 2_160


@pytest.mark.parametrize(
    ("audience", "members"),
    [
        (Audience("newcomers", newcomer_days=30), {41, 42}),
        (Audience("tier", tier="silver"), {3}),
        (Audience("tier", tier="normal"), {*range(1, 43)} - {3}),
    ],
    ids=["newcomers", "a tier", "the first tier, with or without a standing"],
)
def test_an_audience_is_who_it_says_on_the_day_of_the_draw(
    world: CampaignWorld, audience: Audience, members: set[int]
) -> None:
    world.add_members(2, world.clock.now().isoformat())
    with unit_of_work(world.clock) as uow:
        uow.session.execute(
            text(
                "INSERT INTO member_standings (member, version, tier, since)"
                " SELECT n, version, code, now() FROM tiers JOIN (VALUES (1, 'normal'), (3, 'silver')) AS t (n, c)"
                " ON t.c = code"
            )
        )
    campaign = world.draw(world.plan(audience=audience, control_bps=0))
    world.add_members(5, world.clock.now().isoformat())
    assert set(world.members_of(campaign, treated=True)) == members
    assert world.members_of(campaign, treated=False) == []


def test_named_members_are_named_and_finance_and_leavers_are_in_no_group(app: Flask) -> None:
    world = CampaignWorld(app)
    lin, zhu, finance = sign_up(app), sign_up(app), sign_up(app, role=Role.FINANCE)
    with unit_of_work() as uow:
        query = "INSERT INTO erasures (member_id, erased_at) VALUES (:id, now())"
        uow.session.execute(text(query), {"id": zhu.card.member_id})
    named = [person.card.member_id for person in (lin, zhu, finance)]
    campaign = world.draw(world.plan(audience=Audience("members", members=named), control_bps=0))
    assert world.members_of(campaign, treated=True) == [number_of(lin)]
    with pytest.raises(InvalidValue):
        world.plan(audience=Audience("members", members=[uuid.uuid4()]))
    of_none = Audience("segment", segment=Segment(tiers=("platinum",)))
    for audience, field in ((Audience("tier", tier="platinum"), "audience.tier"), (of_none, "audience.segment.tiers")):
        with pytest.raises(InvalidValue) as refused:
            world.plan(audience=audience)
        assert refused.value.field == field


def test_groups_are_fixed_before_the_start_and_for_good(world: CampaignWorld) -> None:
    campaign = world.draw(world.plan())
    before = rows("SELECT * FROM campaign_members ORDER BY member")
    world.add_members(3)
    world.draw(campaign)
    assert rows("SELECT * FROM campaign_members ORDER BY member") == before
    what = (MissionKind.ORDER, Repeats.ONCE)
    with pytest.raises(CampaignDrawn):
        world.do(lambda uow: campaigns.add_mission(uow, ACTOR, campaign.id, what, Terms("一", "One", 1, 1)))
    late = world.plan()
    world.later(days=1)
    with pytest.raises(CampaignTooLate):
        world.draw(late)
    for statement in (
        "UPDATE campaign_members SET treated = NOT treated",
        "UPDATE campaigns SET control_bps = 1",
        "UPDATE campaigns SET starts_at = starts_at - interval '1 day'",
    ):
        with pytest.raises(DBAPIError), unit_of_work() as uow:
            uow.session.execute(text(statement))


def killed_after(_done: None) -> None:
    """The worker dies before what it did is committed."""
    raise RuntimeError("killed")


def test_a_draw_goes_on_where_it_stood_and_gives_each_member_one_lot(world: CampaignWorld) -> None:
    campaign = world.plan()
    for _ in range(2):
        world.do(lambda uow: campaigns.draw(uow, ACTOR, campaign.id))
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'CampaignDrawDue'") == [(1,)]
    world.draw_on(campaign, 15)
    half = world.find(campaign)
    assert (half.is_drawing, half.drawn_percent, half.drawn_at) == (True, 37, None)
    assert rows("SELECT count(*), max(member) FROM campaign_members") == [(15, 15)]
    with pytest.raises(RuntimeError):
        world.do(lambda uow: killed_after(campaigns.on_draw_due(uow, [{"campaign_id": str(campaign.id)}], span=15)))
    assert world.find(campaign) == half
    mission = (MissionKind.ORDER, Repeats.ONCE)
    with pytest.raises(CampaignDrawn):
        world.do(lambda uow: campaigns.add_mission(uow, ACTOR, campaign.id, mission, Terms("一", "One", 1, 1)))
    world.add_members(5)
    for _ in range(5):
        world.draw_on(campaign, 15)
    over = world.find(campaign)
    assert (over.is_drawing, over.drawn_percent, over.drawn_through) == (False, 100, 40)
    assert rows("SELECT count(*), max(member) FROM campaign_members WHERE treated IS NOT NULL") == [(40, 40)]
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'campaign.drawn'") == [(1,)]


def test_a_draw_that_its_start_overtakes_ends_the_campaign(world: CampaignWorld) -> None:
    campaign = world.plan(multiplier_bps=20_000)
    world.do(lambda uow: campaigns.draw(uow, ACTOR, campaign.id))
    world.draw_on(campaign, 15)
    world.later(days=1)
    for _ in range(2):
        world.draw_on(campaign, 15)
    ended = world.find(campaign)
    assert (ended.is_drawing, ended.drawn_at, ended.cancelled_at) == (False, None, world.clock.now())
    world.order(1, 9_900)
    assert points(1).pending == 99
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'campaign.drawn_too_late'") == [(1,)]


# --- what it does -------------------------------------------------------------------------------------------------


def test_orders_of_the_treated_give_more_points_within_its_time_and_a_refund_takes_back_by_the_same_rule(
    world: CampaignWorld,
) -> None:
    campaign = world.draw(world.plan(multiplier_bps=25_000))
    treated, control = (world.members_of(campaign, treated=group)[0] for group in (True, False))
    world.order(treated, 9_990)
    assert points(treated).pending == 99, "it has not begun"
    world.later(days=2)
    order = world.order(treated, 9_990)
    world.order(control, 9_990)
    assert (points(treated).pending, points(control).pending) == (99 + 249, 99)
    world.refund(order, 4_990)
    assert points(treated).pending == 99 + 125
    world.later(days=7)
    world.order(treated, 9_990)
    assert points(treated).pending == 99 + 125 + 99, "it is over"
    with unit_of_work() as uow:
        assert point_faults(uow) == []


def test_told_after_the_end_an_order_placed_within_gives_what_it_would_have(world: CampaignWorld) -> None:
    campaign = world.draw(world.plan(multiplier_bps=20_000))
    treated = world.members_of(campaign, treated=True)[0]
    world.later(days=2)
    (order,) = world.sell_to({treated: 9_900})
    world.later(days=20)
    world.confirmed(order)
    assert points(treated).pending == 198


def test_a_cancelled_campaign_gives_nothing_more(world: CampaignWorld) -> None:
    campaign = world.draw(world.plan(multiplier_bps=20_000))
    treated = world.members_of(campaign, treated=True)[0]
    world.later(days=2)
    for _ in range(2):
        world.do(lambda uow: campaigns.cancel(uow, ACTOR, campaign.id))
    world.order(treated, 9_900)
    assert points(treated).pending == 99
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'campaign.cancelled'") == [(1,)]


def test_missions_of_a_campaign_are_for_the_treated_alone(world: CampaignWorld) -> None:
    campaign, what = world.plan(), (MissionKind.CHECK_IN, Repeats.ONCE)
    world.do(lambda uow: campaigns.add_mission(uow, ACTOR, campaign.id, what, Terms("来", "Come", 1, 11)))
    campaign = world.draw(campaign)
    treated, control = (world.members_of(campaign, treated=group)[0] for group in (True, False))
    world.later(days=2)
    for member in (treated, control):
        world.do(lambda uow, m=member: loyalty.check_in(uow, m, SHANGHAI))
    told = [dict(row.payload) for row in rows("SELECT payload FROM outbox_events WHERE name = 'DeedsDone'")]
    world.do(lambda uow: missions.on_deeds_done(uow, told))
    assert (points(treated).available, points(control).available) == (2 + 11, 2)
    seen = [world.do(lambda uow, m=m: missions.of_member(uow, m, SHANGHAI, None, 9)) for m in (treated, control)]
    assert [len(found) for found in seen] == [1, 0]


def test_the_treated_alone_are_told_once_when_it_begins(world: CampaignWorld) -> None:
    campaign = world.draw(world.plan(notice=("双倍积分", "Twice the points")))

    def announce() -> list[Any]:
        while world.do(campaigns.announce):
            pass
        return rows("SELECT member FROM notices WHERE kind = 'campaign_begun' ORDER BY member")  # type: ignore[return-value]

    assert announce() == []
    world.later(days=1)
    for _ in range(2):
        assert [row[0] for row in announce()] == world.members_of(campaign, treated=True)
    assert schedule.named("announce_campaigns") is not None


def a_coupon(world: CampaignWorld, **limits: Any) -> uuid.UUID:
    terms = CouponTerms(kind="amount", currency="CNY", amount_minor=500)
    new = NewCoupon("Five off", terms, valid_days=30, **limits)
    return world.do(lambda uow: loyalty.make_coupon(uow, ACTOR, new)).row.id  # type: ignore[no-any-return]


def given_coupons(world: CampaignWorld) -> list[int]:
    while world.do(campaigns.give_coupons):
        pass
    return [row[0] for row in rows("SELECT member FROM coupon_holdings ORDER BY member")]


def test_a_coupon_goes_to_the_treated_alone_once_when_it_begins(world: CampaignWorld) -> None:
    coupon = a_coupon(world)
    campaign = world.draw(world.plan(coupon_id=coupon))
    assert given_coupons(world) == []
    world.later(days=1)
    world.do(lambda uow: loyalty.pause_coupon(uow, ACTOR, coupon, paused=True))
    assert given_coupons(world) == [], "a paused coupon waits"
    world.do(lambda uow: loyalty.pause_coupon(uow, ACTOR, coupon, paused=False))
    for _ in range(2):
        assert given_coupons(world) == world.members_of(campaign, treated=True)
    assert schedule.named("give_campaign_coupons") is not None


def test_a_coupon_of_a_campaign_keeps_its_own_limit(world: CampaignWorld) -> None:
    campaign = world.draw(world.plan(coupon_id=a_coupon(world, issue_limit=5)))
    world.later(days=1)
    assert given_coupons(world) == world.members_of(campaign, treated=True)[:5]
    with pytest.raises(InvalidValue):
        world.plan(coupon_id=uuid.uuid4())


# --- the member day and the calendar ------------------------------------------------------------------------------


@given(day=st.dates(date(2024, 1, 1), date(2032, 12, 31)), of_month=st.integers(1, 31), weekday=st.integers(1, 7))
def test_every_month_has_one_member_day_and_every_week_one(day: date, of_month: int, weekday: int) -> None:
    monthly, weekly = MemberDay(day_of_month=of_month), MemberDay(weekday=weekday)
    first = day.replace(day=1)
    in_month = [on for on in monthly.next_days(first, 31) if on.month == day.month]
    assert len(in_month) == 1
    assert in_month[0].day == of_month or (in_month[0] + timedelta(days=1)).month != day.month
    assert [on.isoweekday() for on in weekly.next_days(day, 7)] == [weekday]


def a_member_day(world: CampaignWorld, **rule: Any) -> None:
    """Rules with a member day, in force from now on."""

    def publish(uow: UnitOfWork) -> None:
        document = document_of(loyalty.rules_at(uow, uow.now)) | {"member_day": {"multiplier_bps": 20_000, **rule}}
        loyalty.publish_rules(uow, ACTOR, document, None)

    world.do(publish)


def test_a_member_day_is_one_by_the_shops_clock_and_multiplies_points(world: CampaignWorld) -> None:
    a_member_day(world, day_of_month=8)
    found = {}
    # The eighth in Shanghai begins on the seventh at 16:00 UTC.
    for at in ("2026-03-07T15:59:59", "2026-03-07T16:00:00", "2026-03-08T15:59:59", "2026-03-08T16:00:00"):
        instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
        found[at] = world.do(lambda uow, now=instant: loyalty.is_member_day(uow, now, SHANGHAI))
    assert list(found.values()) == [False, True, True, False]
    world.order(1, 9_900)
    world.later(days=7)
    world.order(2, 9_900)
    assert (points(1).pending, points(2).pending) == (99, 198)


def test_a_campaign_and_the_member_day_do_not_multiply_each_other(world: CampaignWorld) -> None:
    a_member_day(world, weekday=3)
    campaign = world.draw(world.plan(multiplier_bps=30_000))
    treated, control = (world.members_of(campaign, treated=group)[0] for group in (True, False))
    world.later(days=3)  # Wednesday
    for member in (treated, control):
        world.order(member, 9_900)
    assert (points(treated).pending, points(control).pending) == (297, 198)


def test_the_calendar_shows_what_goes_on_and_comes_to_those_it_is_for(world: CampaignWorld) -> None:
    a_member_day(world, day_of_month=31)
    campaign = world.draw(world.plan(multiplier_bps=20_000))
    treated, control = (world.members_of(campaign, treated=group)[0] for group in (True, False))
    with statements() as seen:
        own = world.do(lambda uow: campaigns.calendar_of(uow, treated, SHANGHAI))
    assert len(seen) <= 2
    other = world.do(lambda uow: campaigns.calendar_of(uow, control, SHANGHAI))
    # The next one is sixty days off.
    assert [(each.theme, each.starts_at) for each in other] == [("member_day", datetime(2026, 3, 30, 16, tzinfo=UTC))]
    assert [entry.theme for entry in own] == ["spring", "member_day"]
    world.later(days=9)
    later = world.do(lambda uow: campaigns.calendar_of(uow, treated, SHANGHAI))
    assert {entry.theme for entry in later} == {"member_day"}


# --- what it did --------------------------------------------------------------------------------------------------


def test_a_planted_lift_is_found(world: CampaignWorld) -> None:
    world.add_members(1_960)
    campaign = world.draw(world.plan(target=500))
    assert world.results(campaign).verdict is Verdict.NOT_BEGUN
    world.sell_to_shares(campaign, 25, 10)
    found = world.results(campaign)
    assert found.verdict is Verdict.REACHED
    assert found.measured.rate is not None
    assert found.measured.spend is not None
    assert found.measured.rate.low <= 1_500 <= found.measured.rate.high
    # 0.15 more buyers of 100.00 each.
    assert found.measured.spend.low <= 1_500 <= found.measured.spend.high
    assert sum(day.treated_per_thousand for day in found.days) > 0


def test_where_none_was_planted_none_is_found(world: CampaignWorld) -> None:
    world.add_members(1_960)
    campaign = world.draw(world.plan(goal=Metric.SPEND, target=0))
    world.sell_to_shares(campaign, 15, 15)
    found = world.results(campaign)
    assert found.verdict is Verdict.UNCLEAR
    assert found.measured.spend is not None
    assert found.measured.spend.low <= 0 <= found.measured.spend.high


def test_figures_are_exact_net_of_refunds_within_its_time_and_of_its_members(world: CampaignWorld) -> None:
    campaign = world.draw(world.plan())
    treated, control = (world.members_of(campaign, treated=group) for group in (True, False))
    world.sell_to({treated[0]: 77_000})
    world.later(days=1)
    kept, part, gone = world.sell_to({treated[0]: 10_000, treated[1]: 8_000, treated[2]: 5_000})
    world.sell_to({treated[0]: 2_000, control[0]: 3_000})
    world.add_members(1)
    world.sell_to({41: 9_000})
    for order, amount in ((part, 1_000), (gone, 5_000)):
        with unit_of_work() as uow:
            query = "UPDATE orders SET refunded_minor = :a WHERE id = :id"
            uow.session.execute(text(query), {"a": amount, "id": order})
        world.do(lambda uow, o=order: loyalty.note_refunds(uow, [{"order_id": str(o)}]))
    assert world.results(campaign).verdict is Verdict.GOES_ON
    world.later(days=7)
    world.sell_to({treated[3]: 4_000})
    found = world.results(campaign)
    assert kept != part
    assert found.measured.treated == (len(treated), 2, 12_000 + 7_000, 12_000**2 + 7_000**2)
    assert found.measured.control == (len(control), 1, 3_000, 3_000**2)
    assert found.verdict is Verdict.TOO_FEW
    (day,) = [day for day in found.days if day.treated_minor]
    assert (day.treated_minor, day.control_minor) == (19_000 // len(treated), 3_000 // len(control))


# --- over HTTP ----------------------------------------------------------------------------------------------------


def test_a_campaign_is_planned_drawn_read_and_cancelled_over_http(app: Flask) -> None:
    admin, lin = sign_up(app, role=Role.ADMIN), sign_up(app)
    body: dict[str, Any] = {
        "title_zh": "春",
        "title_en": "Spring",
        "theme": "spring",
        "starts_at": (datetime.now(UTC) + timedelta(days=2)).isoformat().replace("+00:00", "Z"),
        "ends_at": "2036-02-01T00:00:00Z",
        "audience": {"kind": "members", "members": [to_public("mbr", lin.card.member_id)]},
        "control_bps": 0,
        "goal": "spend",
        "target": 100,
    }
    for wrong, field in (
        ({"audience": {"kind": "tier"}}, "audience.tier"),
        ({"audience": {"kind": "newcomers"}}, "audience.newcomer_days"),
        ({"audience": {"kind": "segment"}}, "audience.segment"),
        ({"audience": {"kind": "members", "members": ["mbr_x"]}}, "audience.members"),
        ({"notice_en": "Now"}, "notice_zh"),
        ({"coupon_id": "cpn_x"}, "coupon_id"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at"),
    ):
        assert refusal(admin.call("POST", "/admin/campaigns", json=body | wrong)) == (422, "invalid_value", field)
    assert rows("SELECT count(*) FROM campaigns") == [(0,)]
    campaign = admin.call("POST", "/admin/campaigns", json=body).get_json()
    assert "seed" not in campaign
    path = f"/admin/campaigns/{campaign['id']}"
    assert lin.call("GET", "/calendar").get_json()["data"] == []
    drawing = admin.call("POST", f"{path}/draw")
    assert (drawing.status_code, drawing.get_json()["drawn_at"], drawing.get_json()["drawn_percent"]) == (202, None, 0)
    work(["draw_campaign"])
    drawn = admin.call("GET", path).get_json()
    assert (drawn["drawn_at"] is not None, drawn["drawn_percent"]) == (True, 100)
    assert [entry["title_en"] for entry in lin.call("GET", "/calendar").get_json()["data"]] == ["Spring"]
    found = admin.call("GET", f"{path}/results").get_json()
    assert (found["verdict"], found["treated"]["members"]) == ("not_begun", 1)
    assert found["text"] == "Not yet known: it has not begun."
    assert admin.call("POST", f"{path}/cancel").get_json()["cancelled_at"] is not None
    terms = {"title_zh": "一", "title_en": "One", "times": 1, "points": 1, "kind": "order", "repeats": "once"}
    assert refusal(admin.call("POST", f"{path}/missions", json=terms))[:2] == (409, "campaign_drawn")
    assert lin.call("GET", "/calendar").get_json()["data"] == []
    in_unit_of_work(campaigns.announce)
    assert rows("SELECT count(*) FROM notices WHERE kind = 'campaign_begun'") == [(0,)]
