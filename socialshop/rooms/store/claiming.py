"""The seat claim: one statement that takes seat, stock and quota, and places the order, or changes nothing that stays.

Seats are a counter on the room that many move at once: one conditional UPDATE whose row is counted, a CHECK behind it,
and a unique index that lets a member hold one live seat a room. Who waited for the room's row sees it as the one ahead
left it, so nobody decides from what was read before.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals.service import RESERVED, UNINVITED
from socialshop.identity.service import BARRED
from socialshop.infra.db import Statement
from socialshop.invites.service import FOLLOWED_ELSEWHERE
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.loyalty.service import HOLDS_COUPONS
from socialshop.memberships.service import HELD
from socialshop.orders.service import BOUGHT_BEFORE, PLACED
from socialshop.rooms.rules import Elsewhere, Status

# Of a room for newcomers: whether the seat is the one that a member has of such rooms before anything was bought.
NEWCOMERS_SEAT = f"newcomer_only AND NOT (opens AND {BOUGHT_BEFORE})"


class Claim(NamedTuple):
    """What a claim came to. Unless `seated` and `reserved` both hold, its transaction must be rolled back."""

    link_known: bool
    claimed: bool
    seated: bool
    reserved: bool
    title: str | None
    price_minor: int | None
    currency: str | None
    sku_id: uuid.UUID | None
    deal_id: uuid.UUID | None
    per_member_limit: int | None
    minimum_tier: str | None
    circle_of: int | None
    early_until: datetime | None
    hold_until: datetime | None
    display_name: str | None
    barred: bool
    held: dict[str, Any]
    has_coupons: bool
    channel: str | None
    newcomer_only: bool | None
    bought: bool
    sku_offered: bool
    uninvited: bool
    shipping_minor: int | None


# Follows a CTE `entered` that has the room's row if the seat may be taken; `room` is the same, with the unit that was
# chosen. A buyer's own link is known and brings nothing.
# A seat that the member has in this room, or, of who has not bought yet, in another for newcomers, stands in the way of
# one more; `bought` is asked of who opens one too, for who has bought may host any number. The hold ends at the latest
# with the room. An amount past the largest is cut here and refused by the caller: it must not be the CHECK
# that speaks.
_CLAIM = f"""
    room AS (
        SELECT id, deal_id,
            CASE WHEN skus -> CAST(:sku_id AS text) IS NULL THEN sku_id ELSE CAST(:sku_id AS uuid) END AS sku_id,
            concat_ws(', ', title, skus -> coalesce(CAST(:sku_id AS text), sku_id::text) ->> 'title') AS title,
            coalesce(CAST(skus -> CAST(:sku_id AS text) ->> 'price_minor' AS bigint), price_minor) AS price_minor,
            currency, return_days, seat_hold_seconds, expires_at, per_member_limit, minimum_tier, circle_of,
            early_until, newcomer_only, shipping_minor, opens
        FROM entered
    ), link AS (
        SELECT l.id, l.channel, CASE WHEN m.number <> :member THEN l.id END AS brings
        FROM invite_links l JOIN members m ON m.id = l.owner_id
        WHERE l.id = coalesce(CAST(:link_id AS uuid), CASE WHEN CAST(:followed_since AS timestamptz) IS NOT NULL THEN (
            {FOLLOWED_ELSEWHERE}) END) OR ((l.code = :code OR l.vanity_key = :vanity_key)
            AND l.paused_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > :now))
    ), seat AS (
        INSERT INTO seats (id, room_id, member, order_id, quantity, sku_id, newcomer, claimed_at, hold_until)
        SELECT :seat_id, id, :member, :order_id, :quantity, sku_id, {NEWCOMERS_SEAT}, :now,
            least(:now + seat_hold_seconds * interval '1 second', expires_at)
        FROM room
        ON CONFLICT DO NOTHING
        RETURNING room_id, member, claimed_at, hold_until
    ), told AS (
        INSERT INTO room_events (room_id, kind, member, at) SELECT room_id, 'seat_held', member, claimed_at FROM seat
    ), wanted AS (
        SELECT deal_id, sku_id, CAST(:quantity AS bigint) AS quantity, opens FROM room
    ), {RESERVED}, ordering AS (
        SELECT CAST(:order_id AS uuid) AS order_id, CAST(:line_id AS uuid) AS line_id, CAST(:member AS bigint) AS buyer,
            id AS room_id, (SELECT brings FROM link) AS link_id, currency,
            least(price_minor * CAST(:quantity AS bigint), {MAX_AMOUNT_MINOR}) AS amount_minor,
            CAST(:now AS timestamptz) AS ordered_at, sku_id, title, CAST(:quantity AS bigint) AS quantity, return_days
        FROM room
    ), {PLACED}
    SELECT CAST(:code AS text) IS NULL OR EXISTS (SELECT FROM link), r.id IS NOT NULL, EXISTS (SELECT FROM seat),
        EXISTS (SELECT FROM reserved), r.title, r.price_minor, r.currency, r.sku_id, r.deal_id,
        r.per_member_limit, r.minimum_tier, r.circle_of, r.early_until, (SELECT hold_until FROM seat),
        (SELECT p.display_name FROM members m JOIN member_profiles p ON p.member_id = m.id WHERE m.number = :member),
        {BARRED}, {HELD}, {HOLDS_COUPONS}, (SELECT channel FROM link WHERE brings IS NOT NULL),
        r.newcomer_only,
        r.newcomer_only AND NOT r.opens AND {BOUGHT_BEFORE},
        CAST(:sku_id AS uuid) IS NULL OR :opening OR EXISTS (
            SELECT FROM rooms offering WHERE offering.id = :room_id
                AND (offering.sku_id = CAST(:sku_id AS uuid) OR offering.skus -> CAST(:sku_id AS text) IS NOT NULL)),
        {UNINVITED}, r.shipping_minor
    FROM (SELECT) AS once LEFT JOIN room r ON true
"""  # noqa: S608 - texts of the rooms' own

# The room of who joins one and of who opens one.
PLACE_TAKEN = """
    UPDATE rooms SET seats_taken = seats_taken + 1, version = version + 1
    WHERE id = :room_id AND status = 'open' AND expires_at > :now AND seats_taken < size
      AND NOT EXISTS (
        SELECT FROM seats s
        WHERE s.room_id = :room_id AND s.member = :member AND s.status IN ('held', 'paid', 'confirmed')
      )
    RETURNING *, false AS opens
"""
ROOM_MADE = """
    INSERT INTO rooms (id, deal_id, sku_id, title, price_minor, currency, return_days, seat_hold_seconds,
        per_member_limit, minimum_tier, circle_of, early_until, price_steps, host_perk, newcomer_only, skus,
        shipping_minor, host, size, seats_taken, opened_at, expires_at)
    VALUES (:room_id, :deal_id, :own_sku_id, :title, :price_minor, :currency, :return_days, :seat_hold_seconds,
        :per_member_limit, :minimum_tier, :circle_of, :early_until, CAST(:price_steps AS jsonb),
        CAST(:host_perk AS jsonb), :newcomer_only, CAST(:skus AS jsonb), :shipping_minor, :member,
        :size, 1, :now, :expires_at)
    RETURNING *, CAST(:opens AS boolean) AS opens
"""

_JOIN = Statement(f"WITH entered AS ({PLACE_TAKEN}), {_CLAIM}")

_OPEN = text(f"WITH entered AS ({ROOM_MADE}), {_CLAIM}")


def claim_seat(session: Session, values: Mapping[str, object]) -> Claim:
    """Take a seat in an open room."""
    (row,) = _JOIN.rows(session, {**values, "opening": False})
    return Claim(*row)


def open_room(session: Session, values: Mapping[str, object]) -> Claim:
    """Make a room with its first seat taken."""
    return Claim(*session.execute(_OPEN, {**kept(values), "opening": True}).one())


def kept(values: Mapping[str, object]) -> Mapping[str, object]:
    """A new room's values with its ladder, perk and units as they are kept."""
    names = ("price_steps", "host_perk", "skus")
    return {**values, **{name: json.dumps(values[name]) if values[name] else None for name in names}}


class Standing(NamedTuple):
    """How a room stands towards a member who could not join it."""

    status: Status
    expires_at: datetime
    seated: bool
    elsewhere: Elsewhere


_STANDING = text(
    """
    SELECT r.status, r.expires_at, EXISTS (
        SELECT FROM seats s
        WHERE s.room_id = r.id AND s.member = :member AND s.status IN ('held', 'paid', 'confirmed')
    ), (
        SELECT n.id FROM rooms n
        WHERE n.deal_id = r.deal_id AND n.status = 'open' AND n.expires_at > :now AND n.seats_taken < n.size
            AND NOT EXISTS (SELECT FROM seats s
                WHERE s.room_id = n.id AND s.member = :member AND s.status IN ('held', 'paid', 'confirmed'))
        ORDER BY n.size - n.seats_taken, n.expires_at, n.id LIMIT 1
    ), r.deal_id, d.starts_at <= :now AND coalesce(d.ended_at, d.ends_at) > :now IS NOT false AND d.paused_at IS NULL
    FROM rooms r JOIN deals d ON d.id = r.deal_id WHERE r.id = :room_id
    """
)


def standing(session: Session, room_id: uuid.UUID, member: int, now: datetime) -> Standing | None:
    """What a refused claim met, read anew, and where else the member may sit; None where there is no such room."""
    row = session.execute(_STANDING, {"member": member, "room_id": room_id, "now": now}).one_or_none()
    return Standing(Status(row[0]), row[1], row[2], Elsewhere(row[3], row[4], row[5])) if row else None


def units_of(session: Session, deal_id: uuid.UUID, member: int) -> int:
    """How many units of a deal a member has or may still pay for, in all its rooms."""
    counted = session.execute(
        text(
            """
            SELECT coalesce(sum(s.quantity), 0) FROM seats s JOIN rooms r ON r.id = s.room_id
            WHERE s.member = :member AND r.deal_id = :deal_id AND s.status IN ('held', 'paid', 'confirmed')
            """
        ),
        {"member": member, "deal_id": deal_id},
    )
    return int(counted.scalar_one())
