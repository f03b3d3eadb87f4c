"""Months of plans and what they bring: each begins once for each who shares it; vouchers are given once a month."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# The month of a subscription is passed once, by the statement that counts it up; whoever shares it then has it too.
# In the order of their index: by id, each batch would pass over all whose month the batches before have begun.
_BEGIN = text(
    """
    WITH due AS (
        SELECT id, member, months_from, months_issued + 1 AS number,
            (months_from + make_interval(months => months_issued))::date AS begins_on
        FROM plan_subscriptions
        WHERE status IN ('active', 'grace') AND months_from IS NOT NULL
          AND months_from + make_interval(months => months_issued) <= CAST(:today AS date)
          AND months_from + make_interval(months => months_issued) < ends_on
        ORDER BY months_from + make_interval(months => months_issued) LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ), counted AS (
        UPDATE plan_subscriptions s SET months_issued = d.number FROM due d WHERE s.id = d.id
        RETURNING s.id, s.member, s.offer_id, d.number, d.begins_on
    ), sharing AS (
        SELECT id, member, offer_id, number, begins_on FROM counted
        UNION ALL
        SELECT c.id, f.member, c.offer_id, c.number, c.begins_on FROM counted c
        JOIN plan_seats f ON f.subscription_id = c.id AND f.left_at IS NULL
    ), written AS (
        INSERT INTO plan_months (subscription_id, member, number, begins_on, issued_at)
        SELECT id, member, number, begins_on, :now FROM sharing ON CONFLICT DO NOTHING
        RETURNING subscription_id, member, number
    )
    SELECT s.id, s.member, s.number, s.begins_on, s.offer_id FROM sharing s
    JOIN written w ON w.subscription_id = s.id AND w.member = s.member AND w.number = s.number ORDER BY s.id, s.member
    """
)
# A voucher as its member sees it, with what its partner is called.
_SHOWN = """partner, code, number, month_on, given_at, (SELECT title_zh FROM partners p WHERE p.code = partner),
    (SELECT title_en FROM partners p WHERE p.code = partner)"""
# The next code of a partner that nobody has; whoever comes at the same moment takes another.
_GIVE = text(
    f"""
    UPDATE partner_vouchers SET subscription_id = :subscription, member = :member, number = :number, given_at = :now,
        month_on = :month_on
    WHERE id = (
        SELECT id FROM partner_vouchers WHERE partner = :partner AND given_at IS NULL ORDER BY id LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING {_SHOWN}
    """  # noqa: S608 - a constant of this module
)
_VOUCHERS = f"SELECT {_SHOWN} FROM partner_vouchers"  # noqa: S608 - a constant of this module


class MonthRow(NamedTuple):
    """A month that began for a member."""

    subscription_id: uuid.UUID
    member: int
    number: int
    begins_on: date
    offer_id: uuid.UUID


class VoucherRow(NamedTuple):
    """A partner's voucher that a member has: of month `number` of a plan, or by a tier of the month from `month_on`."""

    partner: str
    code: str
    number: int | None
    month_on: date | None
    given_at: datetime
    title_zh: str | None
    title_en: str | None


class StockRow(NamedTuple):
    """How many vouchers of a partner were loaded, and how many are left; the titles are None where it has none."""

    partner: str
    loaded: int
    left: int
    title_zh: str | None
    title_en: str | None


class PartnerRow(NamedTuple):
    """What a partner is called."""

    code: str
    title_zh: str
    title_en: str


def begin(session: Session, today: date, limit: int, now: datetime) -> list[MonthRow]:
    """The next month of up to `limit` subscriptions whose turn it is. One statement."""
    return [MonthRow(*row) for row in session.execute(_BEGIN, {"today": today, "limit": limit, "now": now})]


def newest(session: Session, subscription_id: uuid.UUID, member: int) -> int | None:
    """The number of the member's newest month of the plan; None before the first."""
    found: int | None = session.execute(
        text(
            "SELECT number FROM plan_months WHERE subscription_id = :id AND member = :member"
            " ORDER BY number DESC LIMIT 1"
        ),
        {"id": subscription_id, "member": member},
    ).scalar_one_or_none()
    return found


def voucher(session: Session, partner: str, subscription_id: uuid.UUID, member: int, number: int) -> VoucherRow | None:
    """The voucher of the partner's that the member has for that month."""
    row = session.execute(
        text(
            f"{_VOUCHERS} WHERE partner = :partner AND subscription_id = :id AND member = :member AND number = :number"
        ),
        {"partner": partner, "id": subscription_id, "member": member, "number": number},
    ).one_or_none()
    return VoucherRow(*row) if row else None


def voucher_by_tier(session: Session, partner: str, member: int, month_on: date) -> VoucherRow | None:
    """The voucher of the partner's that the member has by a tier for the month from that day on."""
    row = session.execute(
        text(f"{_VOUCHERS} WHERE partner = :partner AND member = :member AND month_on = :month_on"),
        {"partner": partner, "member": member, "month_on": month_on},
    ).one_or_none()
    return VoucherRow(*row) if row else None


def has_elsewhere(session: Session, partner: str, subscription_id: uuid.UUID, member: int, number: int) -> bool:
    """Whether the member has the partner's voucher otherwise, for a month that overlaps this one of the plan's.

    That is a month of another subscription, or one of the tier's.
    """
    found = session.execute(
        text(
            """
            SELECT EXISTS (
                SELECT FROM plan_months n JOIN partner_vouchers v ON v.member = n.member AND v.partner = :partner
                JOIN plan_months o ON (o.subscription_id, o.number, o.member) = (v.subscription_id, v.number, v.member)
                WHERE (n.subscription_id, n.number, n.member) = (:id, :number, :member)
                    AND v.subscription_id <> :id AND o.begins_on + interval '1 month' > n.begins_on)
                OR EXISTS (
                SELECT FROM plan_months n JOIN partner_vouchers v ON v.member = n.member AND v.partner = :partner
                WHERE (n.subscription_id, n.number, n.member) = (:id, :number, :member)
                    AND v.month_on < n.begins_on + interval '1 month' AND v.month_on + interval '1 month' > n.begins_on)
            """
        ),
        {"partner": partner, "id": subscription_id, "member": member, "number": number},
    )
    return bool(found.scalar_one())


def has_by_plan(session: Session, partner: str, member: int, month_on: date) -> bool:
    """Whether the member has the partner's voucher of a plan's month that overlaps the one from that day on."""
    found = session.execute(
        text(
            """
            SELECT EXISTS (
                SELECT FROM partner_vouchers v
                JOIN plan_months o ON (o.subscription_id, o.number, o.member) = (v.subscription_id, v.number, v.member)
                WHERE v.member = :member AND v.partner = :partner
                    AND o.begins_on < CAST(:month_on AS date) + interval '1 month'
                    AND o.begins_on + interval '1 month' > CAST(:month_on AS date))
            """
        ),
        {"partner": partner, "member": member, "month_on": month_on},
    )
    return bool(found.scalar_one())


def give(
    session: Session, partner: str, *, subscription_id: uuid.UUID, member: int, number: int, now: datetime
) -> VoucherRow | None:
    """Give the member the partner's next voucher for that month of the plan; None where none is left."""
    return _give(session, partner, member, now, subscription=subscription_id, number=number)


def give_by_tier(session: Session, partner: str, member: int, month_on: date, now: datetime) -> VoucherRow | None:
    """Give the member the partner's next voucher for the month from that day on; None where none is left."""
    return _give(session, partner, member, now, month_on=month_on)


def _give(session: Session, partner: str, member: int, now: datetime, **month: object) -> VoucherRow | None:
    values = {"subscription": None, "number": None, "month_on": None} | month
    row = session.execute(_GIVE, {"partner": partner, "member": member, "now": now} | values).one_or_none()
    return VoucherRow(*row) if row else None


def vouchers_of(session: Session, member: int) -> list[VoucherRow]:
    """What the member has, the newest first."""
    rows = session.execute(
        text(f"{_VOUCHERS} WHERE member = :member ORDER BY given_at DESC, partner"),
        {"member": member},
    )
    return [VoucherRow(*row) for row in rows]


def load(session: Session, partner: str, ids: Sequence[uuid.UUID], codes: Sequence[str], now: datetime) -> int:
    """Keep codes of a partner; one that is there already stays as it is. Returns how many are new."""
    rows = session.execute(
        text(
            """
            INSERT INTO partner_vouchers (id, partner, code, loaded_at)
            SELECT id, :partner, code, :now FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS g (id, code)
            ON CONFLICT (partner, code) DO NOTHING RETURNING id
            """
        ),
        {"partner": partner, "ids": list(ids), "codes": list(codes), "now": now},
    )
    return len(rows.all())


def stock(session: Session) -> list[StockRow]:
    """What each partner's stock is."""
    rows = session.execute(
        text(
            "SELECT v.partner, count(*), count(*) FILTER (WHERE v.given_at IS NULL), p.title_zh, p.title_en"
            " FROM partner_vouchers v LEFT JOIN partners p ON p.code = v.partner"
            " GROUP BY v.partner, p.title_zh, p.title_en ORDER BY v.partner"
        )
    )
    return [StockRow(*row) for row in rows]


def name_partner(session: Session, partner: PartnerRow, now: datetime) -> None:
    """Call the partner so from now on."""
    session.execute(
        text(
            """
            INSERT INTO partners (code, title_zh, title_en, named_at) VALUES (:code, :title_zh, :title_en, :now)
            ON CONFLICT (code) DO UPDATE SET title_zh = :title_zh, title_en = :title_en, named_at = :now
            """
        ),
        {**partner._asdict(), "now": now},
    )


def partners(session: Session, codes: Collection[str]) -> list[PartnerRow]:
    """Of these partners, what those are called that have a name."""
    rows = session.execute(
        text("SELECT code, title_zh, title_en FROM partners WHERE code = ANY(:codes) ORDER BY code"),
        {"codes": list(codes)},
    )
    return [PartnerRow(*row) for row in rows]
