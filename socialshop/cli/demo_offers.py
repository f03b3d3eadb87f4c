"""What the demo's shop has for its members: tiers, points, a plan, coupons, rewards, missions, a survey, a campaign."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from socialshop.infra.uow import UnitOfWork

PLAN, PARTNER = "plus", "cinema"
# So long ago the missions opened and the campaign began; both go on for as long again.
SINCE = timedelta(days=7)
# Points of the first days are about to go: the shop is four months old.
_POINTS_LAST_DAYS = 130
_CARDS = ("PARTNER-2301", "PARTNER-2302", "PARTNER-2303")


@dataclass(frozen=True, slots=True)
class Offered:
    """What members do something with: a coupon to be given by hand, a survey to answer."""

    thanks: uuid.UUID
    survey: uuid.UUID


def publish_point_rules(uow: UnitOfWork, admin: uuid.UUID) -> None:
    """The rules that the shop begins with, but that points last a good four months."""
    from socialshop.loyalty import service as loyalty
    from socialshop.loyalty.schemas.rules import document_of

    rules = replace(loyalty.rules_at(uow, uow.now), expiry_days=_POINTS_LAST_DAYS)
    loyalty.publish_rules(uow, admin, document_of(rules), None)


def publish(uow: UnitOfWork, admin: uuid.UUID, currency: str) -> Offered:
    """Bring all of it into force, as an admin would."""
    from socialshop.loyalty import service as loyalty

    monthly = _coupon(uow, admin, currency, "会员月免邮券 / Free shipping, monthly", "monthly", kind="shipping")
    off = {"kind": "amount", "amount_minor": 1000, "minimum_minor": 8000, "stacking": "other_kinds"}
    _coupon(uow, admin, currency, "新人满 80 减 10 / Welcome: 10 off from 80", "newcomer", **off)
    gift = {"kind": "amount", "amount_minor": 500, "stacking": "other_kinds"}
    cut = {"kind": "percentage", "rate_bps": 500, "ceiling_minor": 2000, "stacking": "any"}
    birthday = _coupon(uow, admin, currency, "生日立减 5 元 / 5 off on your birthday", "birthday_benefit", **gift)
    thanks = _coupon(uow, admin, currency, "老友九五折 / 5 % off, with thanks", "given", **cut)
    _publish_tiers(uow, admin, currency, birthday)
    _publish_plan(uow, admin, currency, monthly)
    for title, points, stock in (("茶杯一只 / A tea cup", 180, 20), ("竹茶盘 / A bamboo tray", 900, 5)):
        loyalty.add_reward(uow, admin, loyalty.NewReward(title, points, stock, 1))
    before = replace(uow, now=uow.now - SINCE - timedelta(days=1))
    _open_missions(before, admin)
    _begin_campaign(before, admin, thanks)
    return Offered(thanks, _open_survey(before, admin))


def _coupon(uow: UnitOfWork, admin: uuid.UUID, currency: str, title: str, way: str, **terms: object) -> uuid.UUID:
    from socialshop.loyalty import service as loyalty

    made = loyalty.Terms.model_validate({"currency": currency, **terms})
    return loyalty.make_coupon(uow, admin, loyalty.NewCoupon(title, made, valid_days=45, way=way)).row.id  # type: ignore[arg-type]


def _publish_tiers(uow: UnitOfWork, admin: uuid.UUID, currency: str, birthday: uuid.UUID) -> None:
    """The tiers that the shop begins with, at thresholds that its members reach, and with more to give."""
    from socialshop.kernel.currencies import exponent_of
    from socialshop.kernel.ids import to_public
    from socialshop.memberships import service as memberships
    from socialshop.memberships.programme import Programme

    gift: dict[str, object] = {"birthday_coupons": [to_public("cpn", birthday)]}
    steps: Mapping[str, tuple[int, dict[str, object]]] = {
        "normal": (0, {}),
        "silver": (500, gift),
        "gold": (1500, gift | {"discount_bps": 200}),
        "diamond": (4000, gift | {"discount_bps": 300, "free_shipping": True, "partner_vouchers": [PARTNER]}),
    }
    document = memberships.programme_in_force(uow).programme.model_dump(mode="json")
    document |= {"name": "小店四级 / Four tiers of a small shop", "spend": [{"currency": currency}]}
    document["spend"][0]["minor_per_point"] = 10 ** exponent_of(currency)
    for tier in document["tiers"]:
        tier["threshold"], more = steps[tier["code"]]
        tier["benefits"] |= more
    drafted = memberships.draft_programme(uow, admin, Programme.model_validate(document))
    memberships.publish_programme(uow, admin, drafted.id)


def _publish_plan(uow: UnitOfWork, admin: uuid.UUID, currency: str, monthly: uuid.UUID) -> None:
    """A card by month and year, for less with more growth; a coupon a month, double points, a partner's service."""
    from socialshop.kernel.ids import to_public
    from socialshop.memberships import service as memberships
    from socialshop.memberships.offers import Offer

    def term(name: str, price: int, grown: int) -> dict[str, Any]:
        return {
            "term": name,
            "prices": [{"growth": 0, "price_minor": price}, {"growth": 500, "price_minor": grown}],
        }

    offer = Offer.model_validate(
        {
            "plan": PLAN,
            "name_zh": "尊享卡",
            "name_en": "Plus card",
            "currency": currency,
            "trial_days": 14,
            "terms": [term("month", 1990, 1590), term("year", 19900, 14900)],
            "benefits": {
                "discount_bps": 300,
                "points_multiplier_bps": 20_000,
                "early_access_hours": 24,
                "monthly_coupons": [to_public("cpn", monthly)],
            },
            "family_seats": 3,
            "partners": [PARTNER],
        }
    )
    drafted = memberships.draft_offer(uow, admin, offer)
    memberships.publish_offer(uow, admin, drafted.id)
    memberships.load_vouchers(uow, admin, PARTNER, _CARDS, ("光影影院", "Light cinemas"))


def _open_missions(uow: UnitOfWork, admin: uuid.UUID) -> None:
    from socialshop.loyalty.rules import MissionKind, Repeats
    from socialshop.loyalty.service import missions

    for kind, times, points, zh, en in (
        (MissionKind.CHECK_IN, 10, 30, "签到满十天", "Check in on ten days"),
        (MissionKind.ORDER, 3, 60, "拼成三单", "Buy in three rooms that fill"),
        (MissionKind.FRIEND, 2, 80, "带两位好友首单", "Two friends' first orders"),
    ):
        closes_at = uow.now + 4 * SINCE
        terms = missions.Terms(zh, en, times, points)
        missions.add(uow, admin, missions.NewMission(kind, Repeats.ONCE, None, closes_at, terms))


def _open_survey(uow: UnitOfWork, admin: uuid.UUID) -> uuid.UUID:
    from socialshop.loyalty.service import surveys
    from socialshop.loyalty.survey_rules import Kind, Option, Question

    goods = (Option("绿茶", "Green tea"), Option("红茶", "Black tea"), Option("乌龙", "Oolong"))
    questions = [
        Question(Kind.SINGLE, "下一季想拼哪种茶？", "Which tea shall be next?", goods),
        Question(Kind.SCALE, "上次拼团满意吗？", "How was your last room?"),
        Question(Kind.TEXT, "还想看到什么？", "What else would you like to see?", required=False),
    ]
    new = surveys.NewSurvey("选下一季的茶", "The next season's tea", questions, None, None, uow.now + 4 * SINCE)
    return surveys.add(uow, admin, new).id


def _begin_campaign(uow: UnitOfWork, admin: uuid.UUID, coupon: uuid.UUID) -> None:
    """Half of the members by lot, so that its results have both groups; it began a day after it was drawn."""
    from socialshop.loyalty.service import campaigns

    starts_at = uow.now + timedelta(days=1)
    new = campaigns.NewCampaign(
        title_zh="秋茶上新",
        title_en="Autumn tea",
        theme="autumn",
        starts_at=starts_at,
        ends_at=starts_at + 2 * SINCE,
        audience=campaigns.Audience("all"),
        control_bps=5_000,
        goal=campaigns.Metric.BUYERS,
        target=500,
        multiplier_bps=20_000,
        notice=("秋茶上新，积分翻倍。", "The autumn tea is in, at twice the points."),
        coupon_id=coupon,
    )
    added = campaigns.add(uow, admin, new)
    campaigns.draw(uow, admin, added.id)
    campaigns.on_draw_due(uow, [{"campaign_id": str(added.id)}])
