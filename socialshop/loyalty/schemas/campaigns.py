"""Wire shapes of campaigns: planned, drawn, measured; and the calendar that members see."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from socialshop.infra.locales import money_text
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.languages import Language
from socialshop.loyalty.lift import Group, Interval, Metric
from socialshop.loyalty.lift_sentences import Said, tell
from socialshop.loyalty.rules import LONGEST_DAYS, MissionKind, Repeats
from socialshop.loyalty.schemas.missions import Kind, MissionTerms, RepeatsWire, Title
from socialshop.loyalty.segments import Segment, parse
from socialshop.loyalty.service.campaigns import (
    CAMPAIGN_PREFIX,
    Audience,
    CampaignRow,
    Entry,
    NewCampaign,
    Results,
)
from socialshop.web.paging import Page
from socialshop.web.problems import InvalidFields
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

MOST_NAMED = 10_000
MOST_CONTROL_BPS = 9_000
LEAST_MULTIPLIER_BPS, MOST_MULTIPLIER_BPS = 10_001, 100_000
MOST_TARGET = 10**12
Theme = Literal["spring", "summer", "autumn", "winter", "festival", "sale", "thanks"]
Notice = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

_TERMS = {
    "title_zh": "春茶节",
    "title_en": "Spring tea",
    "theme": "spring",
    "starts_at": "2036-03-20T00:00:00Z",
    "ends_at": "2036-04-03T00:00:00Z",
    "control_bps": 2_000,
    "goal": "buyers",
    "target": 100,
    "multiplier_bps": 20_000,
    "coupon_id": None,
}
_CAMPAIGN = {
    **_TERMS,
    "id": "cam_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "audience": "all",
    "tier": None,
    "newcomer_days": None,
    "notice_zh": None,
    "notice_en": None,
    "segment": None,
    "draw_began_at": "2036-03-18T07:59:30Z",
    "drawn_percent": 100,
    "drawn_at": "2036-03-18T08:00:00Z",
    "cancelled_at": None,
}
_GROUP = {"members": 800, "buyers": 120, "rate_bps": 1_500, "per_head": {"amount_minor": 2_310, "currency": "CNY"}}
_RESULTS = {
    "verdict": "reached",
    "text": "It worked, and the goal is reached: …",
    "treated": _GROUP,
    "control": {
        "members": 200,
        "buyers": 18,
        "rate_bps": 900,
        "per_head": {"amount_minor": 1_240, "currency": "CNY"},
    },
    "rate_bps": {"low": 60, "estimate": 600, "high": 1_010},
    "spend_minor": {"low": 310, "estimate": 1_070, "high": 1_830},
}
_ENTRY = {
    "theme": "spring",
    "title_zh": "春茶节",
    "title_en": "Spring tea",
    "starts_at": "2036-03-20T00:00:00Z",
    "ends_at": "2036-04-03T00:00:00Z",
    "multiplier_bps": 20_000,
    "coupon": None,
    "missions": 2,
}


class AudienceWire(Wire):
    """For whom: all, those in a tier, newcomers of the last days, members who are named, or a segment."""

    kind: Literal["all", "tier", "newcomers", "members", "segment"]
    tier: str | None = None
    newcomer_days: int | None = Field(None, ge=1, le=LONGEST_DAYS)
    members: list[str] | None = Field(None, min_length=1, max_length=MOST_NAMED)
    segment: Segment | None = None

    def audience(self) -> Audience:
        """The command. Raises InvalidFields where what the kind asks for is missing, or is no member's id."""
        needed = {
            "tier": self.tier,
            "newcomers": self.newcomer_days,
            "members": self.members,
            "segment": self.segment,
        }
        if self.kind in needed and needed[self.kind] is None:
            field = "newcomer_days" if self.kind == "newcomers" else self.kind
            raise _wrong(f"audience.{field}", "missing", "an audience of this kind says which")
        return Audience(self.kind, self.tier, self.newcomer_days, self._ids(), self.segment)

    def _ids(self) -> list[uuid.UUID]:
        try:
            return [from_public("mbr", id_) for id_ in self.members or ()]
        except NotFound:
            raise _wrong("audience.members", "not_allowed", "ids of members look like mbr_…") from None


class CampaignDraft(Wire):
    """A campaign to plan.

    `target`: by how much the treated should be ahead, in basis points of the rate of buyers (`buyers`) or minor units
    of the shop's currency per head (`spend`). `control_bps` of the audience are left out by lot, to compare with.
    """

    model_config = with_example({**_TERMS, "audience": {"kind": "all"}})

    title_zh: Title
    title_en: Title
    theme: Theme
    starts_at: GivenInstant
    ends_at: GivenInstant
    audience: AudienceWire
    control_bps: int = Field(ge=0, le=MOST_CONTROL_BPS)
    goal: Literal["buyers", "spend"]
    target: int = Field(ge=0, le=MOST_TARGET)
    multiplier_bps: int | None = Field(None, ge=LEAST_MULTIPLIER_BPS, le=MOST_MULTIPLIER_BPS)
    notice_zh: Notice | None = None
    notice_en: Notice | None = None
    coupon_id: str | None = None

    def new(self) -> NewCampaign:
        """The command. Raises InvalidFields."""
        if (self.notice_zh is None) != (self.notice_en is None):
            missing = "notice_zh" if self.notice_zh is None else "notice_en"
            raise _wrong(missing, "required", "a notice speaks both languages")
        notice = (self.notice_zh, self.notice_en) if self.notice_zh and self.notice_en else None
        return NewCampaign(
            self.title_zh,
            self.title_en,
            self.theme,
            self.starts_at,
            self.ends_at,
            self.audience.audience(),
            self.control_bps,
            Metric(self.goal),
            self.target,
            self.multiplier_bps,
            notice,
            self._coupon(),
        )

    def _coupon(self) -> uuid.UUID | None:
        try:
            return None if self.coupon_id is None else from_public("cpn", self.coupon_id)
        except NotFound:
            raise _wrong("coupon_id", "not_allowed", "ids of coupons look like cpn_…") from None


class CampaignMissionDraft(MissionTerms):
    """A mission for those whom a campaign treats, for its time."""

    model_config = with_example(
        {"title_zh": "两单", "title_en": "Two orders", "times": 2, "points": 30, "kind": "order", "repeats": "once"}
    )

    kind: Kind
    repeats: RepeatsWire

    def what(self) -> tuple[MissionKind, Repeats]:
        """What it counts, and how often it begins anew."""
        return MissionKind(self.kind), Repeats(self.repeats)


class CampaignWire(Wire):
    """A campaign: a draft while `draw_began_at` is null; `drawn_percent` says how far the draw is."""

    model_config = with_example(_CAMPAIGN)

    id: str
    title_zh: str
    title_en: str
    theme: str
    starts_at: Instant
    ends_at: Instant
    audience: str
    tier: str | None
    newcomer_days: int | None
    control_bps: int
    goal: str
    target: int
    multiplier_bps: int | None
    notice_zh: str | None
    notice_en: str | None
    coupon_id: str | None
    segment: Segment | None
    draw_began_at: Instant | None
    drawn_percent: int
    drawn_at: Instant | None
    cancelled_at: Instant | None

    @classmethod
    def of(cls, row: CampaignRow) -> CampaignWire:
        """The wire form of a campaign; its seed stays inside."""
        inside = {"seed", "draw_last", "drawn_through"}
        plain = {name: value for name, value in row._asdict().items() if name not in inside}
        coupon = None if row.coupon_id is None else to_public("cpn", row.coupon_id)
        ids = {"id": to_public(CAMPAIGN_PREFIX, row.id), "coupon_id": coupon, "segment": _segment_of(row)}
        return cls(**{**plain, **ids, "goal": row.goal.value, "drawn_percent": row.drawn_percent})


def _segment_of(row: CampaignRow) -> Segment | None:
    return None if row.segment is None else parse(row.segment)


class CampaignPage(Page[CampaignWire]):
    """Campaigns, the newest first."""

    model_config = with_example({"data": [_CAMPAIGN], "next_cursor": None})


class GroupWire(Wire):
    """One of the two groups: how many, how many bought, their share, and what was spent per head."""

    model_config = with_example(_GROUP)

    members: int
    buyers: int
    rate_bps: int
    per_head: MoneyWire

    @classmethod
    def of(cls, group: Group, currency: str) -> GroupWire:
        """The wire form of a group."""
        head = MoneyWire(amount_minor=group.per_head_minor, currency=currency)
        return cls(members=group.members, buyers=group.buyers, rate_bps=group.rate_bps, per_head=head)


class IntervalWire(Wire):
    """The treated less the controls: the estimate, and where the true difference lies with 95 % confidence."""

    low: int
    estimate: int
    high: int

    @classmethod
    def of(cls, interval: Interval | None) -> IntervalWire | None:
        """The wire form of an interval."""
        return None if interval is None else cls(**interval._asdict())


class CampaignResultsWire(Wire):
    """What a campaign did, by sales placed within its time, net of refunds; `text` in English or Chinese."""

    model_config = with_example(_RESULTS)

    verdict: str
    text: str
    treated: GroupWire
    control: GroupWire
    rate_bps: IntervalWire | None
    spend_minor: IntervalWire | None

    @classmethod
    def of(cls, campaign: CampaignRow, found: Results, language: Language) -> CampaignResultsWire:
        """The wire form of results."""
        measured = found.measured
        return cls(
            verdict=found.verdict.value,
            text=sentence_of(campaign, found, language),
            treated=GroupWire.of(measured.treated, found.currency),
            control=GroupWire.of(measured.control, found.currency),
            rate_bps=IntervalWire.of(measured.rate),
            spend_minor=IntervalWire.of(measured.spend),
        )


class CalendarEntryWire(Wire):
    """A campaign that you are in, or a member day (theme `member_day`), with what it gives."""

    model_config = with_example(_ENTRY)

    theme: str
    title_zh: str
    title_en: str
    starts_at: Instant
    ends_at: Instant
    multiplier_bps: int | None
    coupon: str | None
    missions: int

    @classmethod
    def of(cls, entry: Entry) -> CalendarEntryWire:
        """The wire form of an entry."""
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})


class CalendarPage(Page[CalendarEntryWire]):
    """What goes on, and what begins within sixty days, the first to begin first."""

    model_config = with_example({"data": [_ENTRY], "next_cursor": None})


def sentence_of(campaign: CampaignRow, found: Results, language: Language) -> str:
    """What may be said of a campaign's goal."""
    difference = found.measured.rate if campaign.goal is Metric.BUYERS else found.measured.spend
    said = Said(found.verdict, campaign.goal, difference, found.currency)
    return tell(language, said, lambda amount: money_text(amount, language))


def _wrong(field: str, reason: str, detail: str) -> InvalidFields:
    return InvalidFields([{"field": field, "reason": reason, "detail": detail}])
