"""Campaigns, the groups that a lot divides their members into, and what they give the treated."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.loyalty.lift import Group, Metric


class CampaignRow(NamedTuple):
    """A campaign as it was planned.

    A draft while `draw_began_at` is None, drawn once `drawn_at` is there; in between the lot has fallen over the
    members up to number `drawn_through`, of `draw_last`.
    """

    id: uuid.UUID
    title_zh: str
    title_en: str
    theme: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    tier: str | None
    newcomer_days: int | None
    control_bps: int
    seed: str
    goal: Metric
    target: int
    multiplier_bps: int | None
    notice_zh: str | None
    notice_en: str | None
    coupon_id: uuid.UUID | None
    segment: dict[str, Any] | None = None
    drawn_at: datetime | None = None
    cancelled_at: datetime | None = None
    draw_began_at: datetime | None = None
    draw_last: int | None = None
    drawn_through: int = 0

    @property
    def over_at(self) -> datetime:
        """When it ends, or ended by being cancelled."""
        return self.ends_at if self.cancelled_at is None else min(self.ends_at, self.cancelled_at)

    @property
    def is_drawing(self) -> bool:
        """Whether its groups are being drawn now."""
        return self.draw_began_at is not None and self.drawn_at is None and self.cancelled_at is None

    @property
    def drawn_percent(self) -> int:
        """How far the draw is, by the numbers of members over which the lot has fallen, rounded down."""
        if self.drawn_at is not None:
            return 100
        return self.drawn_through * 100 // self.draw_last if self.draw_last else 0


class Untold(NamedTuple):
    """One of the treated, who is to be told that a campaign has begun."""

    member: int
    campaign_id: uuid.UUID
    title_zh: str
    title_en: str
    notice_zh: str
    notice_en: str


class Giving(NamedTuple):
    """A campaign that goes on and has a coupon left to give to some of its treated."""

    campaign_id: uuid.UUID
    coupon_id: uuid.UUID


class DayRow(NamedTuple):
    """What one group did on a day by the shop's clock; `treated` says which."""

    on: date
    treated: bool
    buyers: int
    spent_minor: int


_COLUMNS = ", ".join(CampaignRow._fields)
_FROM = f"SELECT {_COLUMNS} FROM campaigns c"  # noqa: S608 - constants


def add(session: Session, row: CampaignRow, now: datetime) -> None:
    """Append a draft."""
    names = CampaignRow._fields[: CampaignRow._fields.index("drawn_at")]
    session.execute(
        text(
            f"INSERT INTO campaigns ({', '.join(names)}, created_at)"  # noqa: S608 - constants
            f" VALUES ({', '.join(f':{name}' for name in names)}, :now)".replace(":segment", "CAST(:segment AS jsonb)")
        ),
        {
            **row._asdict(),
            "goal": row.goal.value,
            "segment": json.dumps(row.segment) if row.segment else None,
            "now": now,
        },
    )


def name_members(session: Session, campaign_id: uuid.UUID, members: Collection[int]) -> None:
    """A draft names these members."""
    session.execute(
        text(
            "INSERT INTO campaign_members (campaign_id, member)"
            " SELECT :id, n FROM unnest(CAST(:members AS bigint[])) AS n"
        ),
        {"id": campaign_id, "members": sorted(set(members))},
    )


def find(session: Session, campaign_id: uuid.UUID) -> CampaignRow | None:
    """A campaign."""
    return _one(session, f"{_FROM} WHERE c.id = :id", campaign_id)


def lock(session: Session, campaign_id: uuid.UUID) -> CampaignRow | None:
    """A campaign, for this transaction alone to change."""
    return _one(session, f"{_FROM} WHERE c.id = :id FOR UPDATE", campaign_id)


def page(session: Session, before: uuid.UUID | None, limit: int) -> list[CampaignRow]:
    """Up to `limit` campaigns, the newest first."""
    rows = session.execute(
        text(f"{_FROM} WHERE CAST(:before AS uuid) IS NULL OR c.id < :before ORDER BY c.id DESC LIMIT :limit"),
        {"before": before, "limit": limit},
    )
    return [_row(row) for row in rows]


# Who is treated hangs on the seed and the member's number alone: drawn again, by anybody who knows the seed, the groups
# are the same. The first 32 bits of SHA-256 as a number, of which 10,000 lots are made; 2^32 is so large a number that
# no lot is likelier than another by more than three in a million.
_TREATED = """
    ('x' || left(encode(sha256(convert_to(c.seed || ':' || m.number, 'UTF8')), 'hex'), 8))::bit(32)::bigint % 10000
        >= c.control_bps
"""
_DRAW = text(
    f"""
    INSERT INTO campaign_members AS g (campaign_id, member, treated)
    SELECT c.id, m.number, {_TREATED}
    FROM campaigns c JOIN members m ON m.number > c.drawn_through AND m.number <= :through
    LEFT JOIN member_standings s ON s.member = m.number
    WHERE c.id = :id AND m.role <> 'finance'
        AND NOT EXISTS (SELECT FROM erasures e WHERE e.member_id = m.id)
        AND CASE c.audience
            WHEN 'tier' THEN coalesce(s.tier, :first_tier) = c.tier
            WHEN 'newcomers' THEN m.joined_at > c.draw_began_at - c.newcomer_days * interval '1 day'
            WHEN 'members' THEN EXISTS (
                SELECT FROM campaign_members n WHERE n.campaign_id = c.id AND n.member = m.number)
            WHEN 'segment' THEN m.number = ANY(:among)
            ELSE true
        END
    ON CONFLICT (campaign_id, member) DO UPDATE SET treated = excluded.treated
    """  # noqa: S608 - a constant of this module
)
_SPAN_END = text(
    """
    SELECT coalesce(max(number), :last) FROM (
        SELECT number FROM members WHERE number > :after AND number <= :last ORDER BY number LIMIT :span
    ) AS t
    """
)


def begin_draw(session: Session, campaign_id: uuid.UUID, now: datetime) -> int:
    """From now on a draft, which is locked, stands as it is; returns the last number over which its lot will fall.

    Who joins later is in neither group.
    """
    return int(
        session.execute(
            text(
                "UPDATE campaigns SET draw_began_at = :now, draw_last = (SELECT coalesce(max(number), 0) FROM members)"
                " WHERE id = :id RETURNING draw_last"
            ),
            {"id": campaign_id, "now": now},
        ).scalar_one()
    )


def draw_span(
    session: Session, row: CampaignRow, now: datetime, span: int, *, first_tier: str, among: Collection[int]
) -> bool:
    """Let the lot fall over the next `span` members of a campaign, which is locked; True while there are more.

    `among` are those of them who are in its segment, where it is for one.
    """
    bounds = {"after": row.drawn_through, "last": row.draw_last, "span": span}
    through = int(session.execute(_SPAN_END, bounds).scalar_one())
    values = {"id": row.id, "through": through, "first_tier": first_tier, "now": now, "among": list(among)}
    session.execute(_DRAW, values)
    is_over = session.execute(
        text(
            "UPDATE campaigns SET drawn_through = :through,"
            " drawn_at = CASE WHEN :through >= draw_last THEN CAST(:now AS timestamptz) END"
            " WHERE id = :id RETURNING drawn_at IS NOT NULL"
        ),
        values,
    )
    return not is_over.scalar_one()


def cancel(session: Session, campaign_id: uuid.UUID, now: datetime) -> None:
    """End a campaign, which is locked, and its missions."""
    values = {"id": campaign_id, "now": now}
    session.execute(text("UPDATE campaigns SET cancelled_at = :now WHERE id = :id"), values)
    session.execute(
        text("UPDATE missions SET withdrawn_at = :now WHERE campaign_id = :id AND withdrawn_at IS NULL"), values
    )


def mark_told(session: Session, now: datetime, limit: int) -> list[Untold]:
    """Up to `limit` of the treated of campaigns that go on, who were not told of it yet; from now on they are."""
    rows = session.execute(
        text(
            """
            WITH due AS (
                SELECT g.campaign_id, g.member, c.title_zh, c.title_en, c.notice_zh, c.notice_en
                FROM campaigns c JOIN campaign_members g ON g.campaign_id = c.id AND g.treated AND g.told_at IS NULL
                WHERE c.drawn_at IS NOT NULL AND c.cancelled_at IS NULL AND c.notice_en IS NOT NULL
                    AND c.starts_at <= :now AND c.ends_at > :now
                ORDER BY g.campaign_id, g.member LIMIT :limit FOR UPDATE OF g SKIP LOCKED
            )
            UPDATE campaign_members g SET told_at = :now FROM due d
            WHERE g.campaign_id = d.campaign_id AND g.member = d.member
            RETURNING g.member, d.campaign_id, d.title_zh, d.title_en, d.notice_zh, d.notice_en
            """
        ),
        {"now": now, "limit": limit},
    )
    return [Untold(*row) for row in rows]


def next_giving(session: Session, now: datetime) -> Giving | None:
    """A campaign that goes on, some of whose treated did not have their turn at its coupon, which is not paused."""
    row = session.execute(
        text(
            """
            SELECT c.id, c.coupon_id FROM campaigns c JOIN coupons k ON k.id = c.coupon_id AND k.paused_at IS NULL
            WHERE c.drawn_at IS NOT NULL AND c.cancelled_at IS NULL AND c.starts_at <= :now AND c.ends_at > :now
                AND EXISTS (SELECT FROM campaign_members g
                    WHERE g.campaign_id = c.id AND g.treated AND g.coupon_at IS NULL)
            ORDER BY c.id LIMIT 1
            """
        ),
        {"now": now},
    ).one_or_none()
    return None if row is None else Giving(*row)


def take_turns(session: Session, campaign_id: uuid.UUID, now: datetime, limit: int) -> list[int]:
    """Up to `limit` of the treated who did not have their turn at the campaign's coupon; they have it now."""
    rows = session.execute(
        text(
            """
            WITH due AS (
                SELECT member FROM campaign_members
                WHERE campaign_id = :id AND treated AND coupon_at IS NULL ORDER BY member LIMIT :limit FOR UPDATE
            )
            UPDATE campaign_members g SET coupon_at = :now FROM due
            WHERE g.campaign_id = :id AND g.member = due.member RETURNING g.member
            """
        ),
        {"id": campaign_id, "now": now, "limit": limit},
    )
    return sorted(rows.scalars())


class Upcoming(NamedTuple):
    """A campaign as one of its treated sees it; `missions` counts its missions."""

    id: uuid.UUID
    title_zh: str
    title_en: str
    theme: str
    starts_at: datetime
    ends_at: datetime
    multiplier_bps: int | None
    coupon: str | None
    missions: int


def upcoming(session: Session, member: int, now: datetime, until: datetime, limit: int) -> list[Upcoming]:
    """Campaigns that treat the member and go on, or begin by then; the first to begin first."""
    rows = session.execute(
        text(
            """
            SELECT c.id, c.title_zh, c.title_en, c.theme, c.starts_at, c.ends_at, c.multiplier_bps,
                (SELECT k.title FROM coupons k WHERE k.id = c.coupon_id),
                (SELECT count(*) FROM missions m WHERE m.campaign_id = c.id AND m.withdrawn_at IS NULL)
            FROM campaign_members g JOIN campaigns c ON c.id = g.campaign_id
            WHERE g.member = :member AND g.treated AND c.drawn_at IS NOT NULL AND c.cancelled_at IS NULL
                AND c.ends_at > :now AND c.starts_at < :until
            ORDER BY c.starts_at, c.id LIMIT :limit
            """
        ),
        {"member": member, "now": now, "until": until, "limit": limit},
    )
    return [Upcoming(*row) for row in rows]


def groups(session: Session, campaign: CampaignRow, currency: str) -> tuple[Group, Group]:
    """The treated and the controls: who bought within the campaign's time, and what refunds left of what they spent."""
    rows = session.execute(
        text(
            """
            SELECT g.treated, count(*), count(s.spent),
                coalesce(sum(s.spent), 0), coalesce(sum(s.spent * s.spent), 0)
            FROM campaign_members g
            LEFT JOIN (
                SELECT buyer, sum(left_minor) AS spent FROM loyalty_sales
                WHERE placed_at >= :starts AND placed_at < :over AND currency = :currency AND left_minor > 0
                GROUP BY buyer
            ) AS s ON s.buyer = g.member
            WHERE g.campaign_id = :id AND g.treated IS NOT NULL GROUP BY g.treated
            """
        ),
        {"id": campaign.id, "starts": campaign.starts_at, "over": campaign.over_at, "currency": currency},
    )
    found = {row[0]: Group(*(int(figure) for figure in row[1:])) for row in rows}
    return found.get(True, Group(0, 0, 0, 0)), found.get(False, Group(0, 0, 0, 0))


def days(session: Session, campaign: CampaignRow, currency: str, zone: str) -> list[DayRow]:
    """What each group did on each day of the campaign on which it did anything."""
    rows = session.execute(
        text(
            """
            SELECT (s.placed_at AT TIME ZONE :zone)::date, g.treated, count(DISTINCT s.buyer),
                CAST(sum(s.left_minor) AS bigint)
            FROM campaign_members g JOIN loyalty_sales s ON s.buyer = g.member
            WHERE g.campaign_id = :id AND g.treated IS NOT NULL AND s.placed_at >= :starts AND s.placed_at < :over
                AND s.currency = :currency AND s.left_minor > 0
            GROUP BY 1, 2 ORDER BY 1, 2
            """
        ),
        {
            "id": campaign.id,
            "starts": campaign.starts_at,
            "over": campaign.over_at,
            "currency": currency,
            "zone": zone,
        },
    )
    return [DayRow(*row) for row in rows]


def _one(session: Session, statement: str, campaign_id: uuid.UUID) -> CampaignRow | None:
    row = session.execute(text(statement), {"id": campaign_id}).one_or_none()
    return _row(row) if row else None


def _row(row: Sequence[object]) -> CampaignRow:
    found = CampaignRow(*row)  # type: ignore[arg-type]
    return found._replace(goal=Metric(found.goal))
