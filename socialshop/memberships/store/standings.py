"""Where members stand, and what that gives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

IN_FORCE = "(SELECT number FROM tier_programme_versions WHERE effective_at <= :now ORDER BY effective_at DESC LIMIT 1)"

# A part of others' statements: the tier of member `m`. Who has no standing is in the first tier of what is in force.
TIER_OF = f"""
    coalesce((SELECT s.tier FROM member_standings s WHERE s.member = m.number),
        (SELECT t.code FROM tiers t WHERE t.level = 0 AND t.version = {IN_FORCE}))
"""  # noqa: S608 - a constant of this module

# A tier's benefits are those of the programme in force, from its instant on; a tier that it does not know any more
# keeps what it had until the member is evaluated. Beside it stand the plans that the member has or shares, as they were
# bought; once a term is over, a smaller one that was chosen to follow it, whether its charge is done or not.
_HELD = f"""
    SELECT m.number AS member, coalesce(t.code, o.code, b.code) AS code,
        coalesce(t.name_zh, o.name_zh, b.name_zh) AS name_zh, coalesce(t.name_en, o.name_en, b.name_en) AS name_en,
        coalesce(t.level, o.level, b.level) AS level, coalesce(t.benefits, o.benefits, b.benefits) AS benefits, (
            SELECT coalesce(jsonb_agg(f.document -> 'benefits'), '[]')
            FROM plan_subscriptions p JOIN plan_offers f ON f.id = CASE
                WHEN p.next_offer_id IS NOT NULL AND p.ends_at <= :now THEN p.next_offer_id ELSE p.offer_id END
            WHERE p.status IN ('active', 'grace') AND (p.member = m.number OR p.id = (
                SELECT f.subscription_id FROM plan_seats f WHERE f.member = m.number AND f.left_at IS NULL))
        ) AS plans
    FROM unnest(CAST(%(members)s AS bigint[])) AS m (number)
    CROSS JOIN (SELECT {IN_FORCE} AS version) i
    JOIN tiers b ON b.version = i.version AND b.level = 0
    LEFT JOIN member_standings s ON s.member = m.number
    LEFT JOIN tiers t ON t.version = i.version AND t.code = s.tier
    LEFT JOIN tiers o ON o.version = s.version AND o.code = s.tier
"""  # noqa: S608 - a constant of this module
_BENEFITS = text(_HELD % {"members": ":members"})

# A part of others' statements: what the member `:member` has at `:now`, for `held_in` to read.
HELD = f"(SELECT to_jsonb(h) FROM ({_HELD % {'members': 'ARRAY[:member]'}}) AS h)"  # noqa: S608 - as above


class TierRow(NamedTuple):
    """A member's tier, with the benefits of its document."""

    member: int
    code: str
    name_zh: str
    name_en: str
    level: int
    benefits: dict[str, Any]


class HeldRow(NamedTuple):
    """A member's tier, and the benefits of the plans that the member has beside it."""

    tier: TierRow
    plans: list[dict[str, Any]]


def held_by(session: Session, members: Collection[int], now: datetime) -> list[HeldRow]:
    """What these members have; also numbers that nobody has."""
    rows = session.execute(_BENEFITS, {"members": list(members), "now": now})
    return [HeldRow(TierRow(*row[:-1]), row[-1]) for row in rows]


def held_in(found: Mapping[str, Any]) -> HeldRow:
    """What a statement found that `HELD` is a part of."""
    return HeldRow(TierRow(*(found[name] for name in TierRow._fields)), found["plans"])


def first_tier(session: Session, now: datetime) -> str:
    """The lowest tier of the programme in force."""
    statement = text(f"SELECT code FROM tiers WHERE level = 0 AND version = {IN_FORCE}")  # noqa: S608 - a constant
    return str(session.execute(statement, {"now": now}).scalar_one())


def level_of(session: Session, code: str, now: datetime) -> int | None:
    """How high this tier is in the programme in force; None where it knows none of that code."""
    statement = text(f"SELECT level FROM tiers WHERE code = :code AND version = {IN_FORCE}")  # noqa: S608 - a constant
    found: int | None = session.execute(statement, {"code": code, "now": now}).scalar_one_or_none()
    return found


def tiers_at(session: Session, asked: Sequence[tuple[int, datetime]], now: datetime) -> list[tuple[int, datetime, str]]:
    """(member, instant, tier) for each of these: the tier that the changes say was held then.

    Before the first change that is what it began from; who has never changed is where the standing is, and who has none
    in the first tier.
    """
    rows = session.execute(
        text(
            f"""
            SELECT m.number, m.at, coalesce(
                (SELECT c.to_tier FROM tier_changes c
                 WHERE c.member = m.number AND c.at <= m.at AND c.kind <> 'warned' ORDER BY c.id DESC LIMIT 1),
                (SELECT c.from_tier FROM tier_changes c
                 WHERE c.member = m.number AND c.at > m.at AND c.kind <> 'warned' ORDER BY c.id LIMIT 1),
                {TIER_OF}
            )
            FROM unnest(CAST(:members AS bigint[]), CAST(:ats AS timestamptz[])) AS m (number, at)
            """  # noqa: S608 - constants of this module
        ),
        {"members": [member for member, _ in asked], "ats": [at for _, at in asked], "now": now},
    )
    return [(row[0], row[1], row[2]) for row in rows]
