"""What a simulation reads besides sales: orders by who brought their buyers, and the record of clicks and views."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from socialshop.commissions.history import History
from socialshop.commissions.milestones import SoldOrder
from socialshop.commissions.store.clawbacks import REFUNDED
from socialshop.commissions.store.facts import listed_channel
from socialshop.commissions.store.simulations import SOLD, SimulationRow
from socialshop.commissions.store.tallies import LEADS_TO, TALLY, Recounted, TallyRow


class Days(NamedTuple):
    """Which days are read, by the clock of `zone`; whether members who are no publishers count too."""

    first: date
    last: date
    zone: str
    everybody: bool


class DayRow(NamedTuple):
    """Counted clicks or views of a link's day, less what was struck out, and what conditions ask of them."""

    on_day: date
    link_id: uuid.UUID
    kind: str
    member: int
    counted: int
    begins: datetime
    publisher: bool
    channel: str | None
    deal_id: uuid.UUID | None
    product_id: uuid.UUID | None


# The sums by day are forgotten in time, what was tallied never: of both the larger is what was counted. Who was a
# publisher then is what the tally says, or the row of publishers for days that nobody tallied.
_COUNTED = f"""
    WITH seen AS (
        SELECT link_id, 'click' AS kind, on_day, clicks AS counted FROM invite_click_days
        WHERE on_day BETWEEN :first AND :last AND clicks > 0
        UNION ALL
        SELECT link_id, 'view', on_day, views FROM banner_view_days
        WHERE on_day BETWEEN :first AND :last AND views > 0
    ), tallied AS (
        SELECT y.link_id, y.kind, y.on_day, max(y.member) AS member, CAST(sum(y.counted) AS bigint) AS counted,
            bool_or(coalesce(CAST(y.facts ->> 'publisher' AS boolean), false)) AS publisher,
            CAST(coalesce(sum(x.counted), 0) AS bigint) AS struck
        FROM tallies y LEFT JOIN LATERAL (
            SELECT sum(counted) AS counted FROM disallowed_tallies WHERE tally_id = y.id
        ) x ON true
        WHERE y.kind <> 'milestone' AND y.on_day BETWEEN :first AND :last GROUP BY y.link_id, y.kind, y.on_day
    )
    SELECT w.on_day, w.link_id, w.kind, coalesce(w.member, m.number) AS member,
        greatest(w.seen, w.taken) - w.struck AS counted, d.begins, w.publisher OR p.member IS NOT NULL AS publisher,
        {listed_channel("l", "d.begins")} AS channel, deal.id AS deal_id,
        coalesce(product.id, deal.product_id) AS product_id
    FROM (
        SELECT link_id, kind, on_day, t.member, coalesce(s.counted, 0) AS seen, coalesce(t.counted, 0) AS taken,
            coalesce(t.struck, 0) AS struck, coalesce(t.publisher, false) AS publisher
        FROM seen s FULL JOIN tallied t USING (link_id, kind, on_day)
    ) w
    CROSS JOIN LATERAL (
        SELECT CAST(w.on_day AS timestamp) AT TIME ZONE :zone AS begins,
            CAST(w.on_day + 1 AS timestamp) AT TIME ZONE :zone AS ends
    ) d
    JOIN invite_links l ON l.id = w.link_id
    JOIN members m ON m.id = l.owner_id
    LEFT JOIN publishers p ON p.member = m.number AND p.approved_at <= d.begins
        AND (p.ended_at IS NULL OR p.ended_at >= d.ends)
    {LEADS_TO}
    WHERE greatest(w.seen, w.taken) > w.struck AND (:everybody OR w.publisher OR p.member IS NOT NULL)
"""  # noqa: S608 - our own text


def days(session: Session, asked: Days, after: tuple[date, uuid.UUID, str] | None, limit: int) -> list[DayRow]:
    """Up to `limit` links' days with something counted, in the order of day, link and kind, after this one."""
    since = after or (asked.first, uuid.UUID(int=0), "")
    rows = session.execute(
        text(
            f"SELECT * FROM ({_COUNTED}) c WHERE (on_day, link_id, kind) > (:after_day, :after_link, :after_kind)"  # noqa: S608
            " ORDER BY on_day, link_id, kind LIMIT :limit"
        ),
        {**asked._asdict(), "after_day": since[0], "after_link": since[1], "after_kind": since[2], "limit": limit},
    )
    return [DayRow(*row) for row in rows]


def tallied(session: Session, row: SimulationRow, after: uuid.UUID, limit: int) -> list[Recounted]:
    """Up to `limit` tallies of that time by plans in this currency, in id order, after this one.

    A tally is of when its day began, or the order was sold that reached a milestone. With what was struck out of it; of
    a milestone that fell nothing is left.
    """
    rows = session.execute(
        text(
            f"""
            SELECT {TALLY}, coalesce((
                SELECT CAST(sum(x.counted) AS bigint) FROM disallowed_tallies x WHERE x.tally_id = y.id
            ), (SELECT y.counted FROM milestones s WHERE s.tally_id = y.id AND s.fallen_at IS NOT NULL), 0)
            FROM tallies y JOIN commission_plan_versions v ON v.id = y.plan_version_id
            WHERE v.currency = :currency AND y.tallied_at <= :asked_at AND y.id > :after
                AND CAST(y.facts ->> 'sale_at' AS timestamptz) >= :sales_from
                AND CAST(y.facts ->> 'sale_at' AS timestamptz) < :sales_to
            ORDER BY y.id LIMIT :limit
            """  # noqa: S608 - our own names
        ),
        {**row._asdict(), "after": after, "limit": limit},
    )
    width = len(TallyRow._fields)
    return [Recounted(TallyRow(*one[:width]), one[width]) for one in rows]


def orders(session: Session, row: SimulationRow, zone: str, part: int, parts: int) -> list[SoldOrder]:
    """The orders of every `parts`th sponsor, by sponsor in the time of their sales, each less what went back of it."""
    found = session.execute(
        text(
            f"""
            SELECT l.order_id, l.uplines[1], l.buyer, l.sale_at, CAST(l.sale_at AT TIME ZONE :zone AS date),
                CAST(greatest(sum(l.base_minor) - coalesce(sum(gone.refunded_minor), 0), 0) AS bigint)
            FROM accrued_lines l {REFUNDED}
            WHERE {SOLD} AND l.order_line_id <= :last_line AND cardinality(l.uplines) > 0
                AND mod(l.uplines[1], :parts) = :part
            GROUP BY l.order_id, l.uplines[1], l.buyer, l.sale_at
            ORDER BY l.uplines[1], l.sale_at, l.order_id
            """  # noqa: S608 - our own names
        ),
        {**row._asdict(), "zone": zone, "part": part, "parts": parts},
    )
    return [SoldOrder(*one) for one in found]


def history(session: Session, row: SimulationRow, asked: Days | None) -> History:
    """What the record knows of those sales, and how much was counted on those days. Two statements."""
    lines = session.execute(
        text(
            f"""
            SELECT count(*), count(*) FILTER (WHERE o.source = 'import'), count(l.host), count(r.deal_id),
                count(k.product_id), count({listed_channel("i", "l.sale_at")}),
                count(*) FILTER (WHERE l.sale_at >= (SELECT min(at) FROM tier_changes))
            FROM accrued_lines l
            JOIN order_lines ol ON ol.id = l.order_line_id JOIN orders o ON o.id = l.order_id
            LEFT JOIN skus k ON k.id = ol.sku_id LEFT JOIN rooms r ON r.id = o.room_id
            LEFT JOIN invite_links i ON i.id = o.link_id
            WHERE {SOLD}
            """  # noqa: S608 - our own text
        ),
        row._asdict(),
    ).one()
    known = History(*lines)
    if asked is not None:
        sums = f"SELECT kind, CAST(sum(counted) AS bigint) FROM ({_COUNTED}) c GROUP BY kind"  # noqa: S608
        counted = {one.kind: one.sum for one in session.execute(text(sums), asked._asdict())}
        known = known._replace(clicks=counted.get("click", 0), views=counted.get("view", 0))
    return known


def keep_history(session: Session, simulation_id: uuid.UUID, known: History) -> None:
    """Keep what the record knows."""
    _set(session, simulation_id, "history", known._asdict())


def go_on(session: Session, simulation_id: uuid.UUID, then: dict[str, Any]) -> None:
    """How far it came behind the sales."""
    _set(session, simulation_id, "then_at", then)


def _set(session: Session, simulation_id: uuid.UUID, name: str, value: dict[str, Any]) -> None:
    session.execute(
        text(f"UPDATE plan_simulations SET {name} = :value WHERE id = :id").bindparams(  # noqa: S608 - our own names
            bindparam("value", type_=JSONB)
        ),
        {"id": simulation_id, "value": value},
    )
