"""Wire shapes of tiers, of the own membership, and of programmes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import Language
from socialshop.kernel.money import Money
from socialshop.memberships.programme import Programme
from socialshop.memberships.rules import Benefits
from socialshop.memberships.sentences import why
from socialshop.memberships.service import ChangeRow, Membership, MoveRow, ProgrammeView, TierView
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

PROGRAMME_PREFIX = "tpr"
_BENEFITS: dict[str, Any] = {
    "discount_bps": 300,
    "free_shipping": False,
    "points_multiplier_bps": 12500,
    "early_access_hours": 12,
    "exclusive_deals": False,
    "service_line": False,
    "monthly_coupons": [],
    "birthday_coupons": [],
    "partner_vouchers": ["cinema"],
}
_TIER: dict[str, Any] = {
    "code": "gold",
    "name_zh": "金卡会员",
    "name_en": "Gold",
    "threshold": 10000,
    "benefits": _BENEFITS,
}
_CHANGE: dict[str, Any] = {
    "kind": "upgraded",
    "from_tier": "silver",
    "to_tier": "gold",
    "growth": 10250,
    "threshold": 10000,
    "programme_version": 1,
    "lapses_at": None,
    "at": "2026-01-31T12:00:00Z",
    "why": "Growth of 10250 within 365 days reached the 10000 that Gold asks (programme version 1).",
}
_DOCUMENT: dict[str, Any] = {
    "name": "Two tiers",
    "period_days": 365,
    "grace_days": 30,
    "spend": [{"currency": "CNY", "minor_per_point": 100}],
    "referral_points": 100,
    "activities": [{"kind": "review", "points": 5, "day_cap": 10, "period_cap": 300}],
    "tiers": [
        {"code": "normal", "name_zh": "普通会员", "name_en": "Normal", "threshold": 0},
        {
            "code": "gold",
            "name_zh": "金卡会员",
            "name_en": "Gold",
            "threshold": 10000,
            "benefits": {"early_access_hours": 12},
        },
    ],
}
_DIRECTIONS: dict[int, Literal["up", "down", "moved"]] = {1: "up", 0: "moved", -1: "down"}
_PROGRAMME: dict[str, Any] = {
    "id": "tpr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "draft",
    "document": {**_DOCUMENT, "tiers": [{**tier, "benefits": _BENEFITS} for tier in _DOCUMENT["tiers"]]},
    "created_at": "2026-01-31T12:00:00Z",
    "version": None,
    "effective_at": None,
}


class BenefitsWire(Wire):
    """What a tier gives: `discount_bps` off the goods, points of which 10,000 bps are the plain number."""

    discount_bps: int
    free_shipping: bool
    points_multiplier_bps: int
    early_access_hours: int
    exclusive_deals: bool
    service_line: bool
    monthly_coupons: list[str]
    birthday_coupons: list[str]
    partner_vouchers: list[str]

    @classmethod
    def of(cls, benefits: Benefits) -> BenefitsWire:
        """The wire form of benefits."""
        return cls(
            discount_bps=benefits.discount_bps,
            free_shipping=benefits.free_shipping,
            points_multiplier_bps=benefits.points_multiplier_bps,
            early_access_hours=benefits.early_access_hours,
            exclusive_deals=benefits.exclusive_deals,
            service_line=benefits.service_line,
            monthly_coupons=list(benefits.monthly_coupons),
            birthday_coupons=list(benefits.birthday_coupons),
            partner_vouchers=list(benefits.partner_vouchers),
        )


class TierWire(Wire):
    """A tier: `threshold` is the growth that it asks."""

    model_config = with_example(_TIER)

    code: str
    name_zh: str
    name_en: str
    threshold: int
    benefits: BenefitsWire

    @classmethod
    def of(cls, tier: TierView) -> TierWire:
        """The wire form of a tier."""
        return cls(
            code=tier.code,
            name_zh=tier.name_zh,
            name_en=tier.name_en,
            threshold=tier.threshold,
            benefits=BenefitsWire.of(tier.benefits),
        )


class TierList(Wire):
    """The tiers in force, from the lowest."""

    model_config = with_example({"data": [_TIER]})

    data: list[TierWire]


class GrowthPart(Wire):
    """How much of the growth comes from one kind of fact."""

    kind: str
    entries: int
    points: int


class UseWire(Wire):
    """How often a benefit was used in 365 days; `amount` where it was worth money."""

    benefit: str
    times: int
    amount: MoneyWire | None


class MembershipWire(Wire):
    """Where you are: tier, growth, what the next tier asks and gives. `lapses_at`: without more growth the tier goes.

    `next` is null at the top.
    """

    model_config = with_example(
        {
            "tier": "silver",
            "name_zh": "银卡会员",
            "name_en": "Silver",
            "growth": 2500,
            "growth_parts": [{"kind": "order", "entries": 3, "points": 2500}],
            "since": "2026-01-31T12:00:00Z",
            "lapses_at": None,
            "benefits": _BENEFITS,
            "next": _TIER,
            "missing": 7500,
            "uses": [{"benefit": "early_access", "times": 1, "amount": None}],
        }
    )

    tier: str
    name_zh: str
    name_en: str
    growth: int
    growth_parts: list[GrowthPart]
    since: Instant | None
    lapses_at: Instant | None
    benefits: BenefitsWire
    next: TierWire | None
    missing: int
    uses: list[UseWire]

    @classmethod
    def of(cls, found: Membership) -> MembershipWire:
        """The wire form of a membership."""
        return cls(
            tier=found.benefits.tier,
            name_zh=found.benefits.tier_name_zh,
            name_en=found.benefits.tier_name_en,
            growth=found.growth,
            growth_parts=[GrowthPart(kind=part.kind, entries=part.entries, points=part.points) for part in found.parts],
            since=found.since,
            lapses_at=found.lapses_at,
            benefits=BenefitsWire.of(found.benefits),
            next=TierWire.of(found.next) if found.next else None,
            missing=found.missing,
            uses=[
                UseWire(benefit=used.benefit, times=used.times, amount=_money(used.amount_minor, used.currency))
                for used in found.uses
            ],
        )


class ChangeWire(Wire):
    """A change of your tier, or a warning of one, and why, in English or Chinese."""

    kind: Literal["upgraded", "warned", "kept", "downgraded", "moved"]
    from_tier: str
    to_tier: str
    growth: int
    threshold: int
    programme_version: int
    lapses_at: Instant | None
    at: Instant
    why: str

    @classmethod
    def of(cls, change: ChangeRow, language: Language, zone: str) -> ChangeWire:
        """The wire form of a change."""
        return cls(
            kind=change.kind,  # type: ignore[arg-type]  # the table's CHECK holds the kinds
            from_tier=change.from_tier,
            to_tier=change.to_tier,
            growth=change.growth,
            threshold=change.threshold,
            programme_version=change.version,
            lapses_at=change.lapses_at,
            at=change.at,
            why=why(change, language, zone),
        )


class ChangePage(Page[ChangeWire]):
    """Changes, the newest first."""

    model_config = with_example({"data": [_CHANGE], "next_cursor": None})


class NewProgramme(Programme):
    """The document of a tier programme (docs/memberships.md)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DOCUMENT]})


class ProgrammeWire(Wire):
    """A programme; `version` and `effective_at` are null for a draft."""

    model_config = with_example(_PROGRAMME)

    id: str
    status: Literal["draft", "published"]
    document: Programme
    created_at: Instant
    version: int | None
    effective_at: Instant | None

    @classmethod
    def of(cls, view: ProgrammeView) -> ProgrammeWire:
        """The wire form of a programme."""
        return cls(
            id=to_public(PROGRAMME_PREFIX, view.id),
            status="draft" if view.number is None else "published",
            document=view.programme,
            created_at=view.created_at,
            version=view.number,
            effective_at=view.effective_at,
        )


class ProgrammePage(Page[ProgrammeWire]):
    """Programmes, the newest first."""

    model_config = with_example({"data": [_PROGRAMME], "next_cursor": None})


class ProgrammePublication(Wire):
    """From when on the programme holds: by default from now."""

    model_config = with_example({"effective_at": "2026-02-01T00:00:00Z"})

    effective_at: GivenInstant | None = None


class MoveWire(Wire):
    """How many members would leave a tier for another: `up` at once, `down` after a warning and its grace.

    `moved`: at once too; the programme has their tier no more, and their growth is that of the other.
    """

    from_tier: str
    to_tier: str
    direction: Literal["up", "down", "moved"]
    members: int
    examples: list[str]

    @classmethod
    def of(cls, move: MoveRow) -> MoveWire:
        """The wire form of a move."""
        return cls(
            from_tier=move.from_tier,
            to_tier=move.to_tier,
            direction=_DIRECTIONS[move.direction],
            members=move.members,
            examples=[to_public("mbr", member) for member in move.examples],
        )


class MoveList(Wire):
    """Who would move; who is in no row stays."""

    model_config = with_example(
        {
            "data": [
                {
                    "from_tier": "silver",
                    "to_tier": "gold",
                    "direction": "up",
                    "members": 12,
                    "examples": ["mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"],
                }
            ]
        }
    )

    data: list[MoveWire]


def _money(amount_minor: int | None, currency: str | None) -> MoneyWire | None:
    return None if amount_minor is None or currency is None else MoneyWire.of(Money(amount_minor, currency))
