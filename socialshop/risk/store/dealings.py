"""What clusters did with money, and what single members did too often."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.risk.rules import Dealings

# An order that was paid and stood, or was given back by its buyer: not one whose room came to nothing.
_BOUGHT = """
    (o.status IN ('confirmed', 'shipped', 'received', 'completed') OR (o.status = 'refunded'
        AND EXISTS (SELECT FROM refunds g WHERE g.order_id = o.id AND g.status = 'refunded')))
"""
_GIVEN_BACK = "EXISTS (SELECT FROM refunds g WHERE g.order_id = o.id AND g.status = 'refunded')"
_OF_THESE = "(CAST(:numbers AS bigint[]) IS NULL OR {} = ANY(CAST(:numbers AS bigint[])))"


def of_clusters(session: Session, clusters: Sequence[Collection[int]], since: datetime) -> list[Dealings]:
    """What each of these groups did since then, in their order. One statement."""
    if not clusters:
        return []
    rows = session.execute(
        text(
            f"""
            WITH who AS MATERIALIZED (
                SELECT * FROM unnest(CAST(:places AS integer[]), CAST(:numbers AS bigint[])) AS w (place, number)
            ), bought AS MATERIALIZED (
                SELECT w.place, o.id, o.room_id, {_GIVEN_BACK} AS given_back
                FROM who w JOIN orders o ON o.buyer = w.number AND o.ordered_at >= :since
                WHERE {_BOUGHT}
            ), own AS (
                SELECT b.place, b.room_id FROM (SELECT DISTINCT place, room_id FROM bought) b
                JOIN rooms r ON r.id = b.room_id AND r.status = 'filled'
                JOIN seats s ON s.room_id = r.id AND s.paid_at IS NOT NULL
                LEFT JOIN who w ON w.place = b.place AND w.number = s.member
                GROUP BY b.place, b.room_id HAVING count(*) > 1 AND count(*) = count(w.number)
            ), buying AS (
                SELECT b.place, count(*) AS orders, count(*) FILTER (WHERE b.given_back) AS refunded,
                    count(own.room_id) AS own_orders, count(DISTINCT own.room_id) AS own_rooms
                FROM bought b LEFT JOIN own ON own.place = b.place AND own.room_id = b.room_id GROUP BY b.place
            ), hosts AS (
                SELECT h.place, max(h.orders) AS orders FROM (
                    SELECT b.place, count(*) AS orders FROM bought b JOIN rooms r ON r.id = b.room_id
                    GROUP BY b.place, r.host) h
                GROUP BY h.place
            ), earned AS (
                SELECT w.place, sum(a.amount_minor) AS earned,
                    sum(a.amount_minor) FILTER (WHERE b.number IS NOT NULL) AS inside
                FROM who w
                JOIN accruals a ON a.beneficiary = w.number AND a.accrued_at >= :since
                JOIN accrued_lines l ON l.order_line_id = a.order_line_id
                LEFT JOIN who b ON b.place = w.place AND b.number = l.buyer
                GROUP BY w.place
            )
            SELECT count(*), coalesce(max(g.orders), 0), coalesce(max(g.own_rooms), 0), coalesce(max(g.own_orders), 0),
                coalesce(max(g.refunded), 0), CAST(coalesce(max(e.earned), 0) AS bigint),
                CAST(coalesce(max(e.inside), 0) AS bigint), coalesce(max(h.orders), 0),
                CAST(extract(epoch FROM max(m.joined_at) - min(m.joined_at)) AS bigint) / 86400
            FROM who w JOIN members m ON m.number = w.number
            LEFT JOIN buying g ON g.place = w.place
            LEFT JOIN hosts h ON h.place = w.place
            LEFT JOIN earned e ON e.place = w.place
            GROUP BY w.place ORDER BY w.place
            """  # noqa: S608 - constants of this module
        ),
        {
            "places": [place for place, members in enumerate(clusters) for _ in members],
            "numbers": [number for members in clusters for number in sorted(members)],
            "since": since,
        },
    )
    return [Dealings(*map(int, row)) for row in rows]


class Rate(NamedTuple):
    """How many of the orders that a member bought or earned by came back."""

    number: int
    orders: int
    refunded: int


def refund_rates(
    session: Session, since: datetime, numbers: Sequence[int] | None, *, least: int, rate_bps: int
) -> list[Rate]:
    """Members of `least` orders or more of which `rate_bps` or more came back."""
    rows = session.execute(
        text(
            f"""
            WITH theirs AS (
                SELECT o.buyer AS number, o.id, {_GIVEN_BACK} AS given_back FROM orders o
                WHERE o.ordered_at >= :since AND {_BOUGHT} AND {_OF_THESE.format("o.buyer")}
                UNION
                SELECT a.beneficiary, o.id, {_GIVEN_BACK} FROM accruals a
                JOIN accrued_lines l ON l.order_line_id = a.order_line_id JOIN orders o ON o.id = l.order_id
                WHERE a.accrued_at >= :since AND {_BOUGHT} AND {_OF_THESE.format("a.beneficiary")}
            )
            SELECT number, count(*), count(*) FILTER (WHERE given_back) FROM theirs GROUP BY number
            HAVING count(*) >= :least AND count(*) FILTER (WHERE given_back) * 10000 >= :rate * count(*)
            ORDER BY number
            """  # noqa: S608 - constants of this module
        ),
        {"since": since, "numbers": _array(numbers), "least": least, "rate": rate_bps},
    )
    return [Rate(*row) for row in rows]


class Times(NamedTuple):
    """How often a member did something."""

    number: int
    times: int


def many_links(session: Session, since: datetime, numbers: Sequence[int] | None, most: int) -> list[Times]:
    """Who made `most` links or more since then."""
    source = "invite_links l JOIN members m ON m.id = l.owner_id WHERE l.created_at"
    return _often(session, "m.number", source, since, numbers, most=most)


def disputed(session: Session, since: datetime, numbers: Sequence[int] | None, most: int) -> list[Times]:
    """Of whose payments the bank took back `most` or more since then, but for what was decided for the shop."""
    source = "payment_disputes d JOIN payments p ON p.id = d.payment_id WHERE d.status <> 'won' AND d.opened_at"
    return _often(session, "p.payer", source, since, numbers, most=most)


def many_registrations(session: Session, since: datetime, numbers: Sequence[int] | None, most: int) -> list[Times]:
    """Below whom `most` members or more registered since then."""
    source = "referral_nodes n WHERE n.sponsor IS NOT NULL AND n.placed_at"
    return _often(session, "n.sponsor", source, since, numbers, most=most)


def many_rooms(session: Session, since: datetime, numbers: Sequence[int] | None, most: int) -> list[Times]:
    """Who opened `most` rooms or more since then."""
    return _often(session, "r.host", "rooms r WHERE r.opened_at", since, numbers, most=most)


class Flood(NamedTuple):
    """A member one of whose links was opened very often, most of it by programs, again and again, or by nobody new."""

    number: int
    clicks: int
    not_counted: int


def floods(
    session: Session, since: datetime, numbers: Sequence[int] | None, *, most: int, idle_bps: int
) -> list[Flood]:
    """Whose links had `most` clicks or more since then, `idle_bps` or more of which did not count."""
    rows = session.execute(
        text(
            f"""
            SELECT m.number, count(*), count(*) FILTER (WHERE c.verdict <> 'counted')
            FROM invite_clicks c JOIN invite_links l ON l.id = c.link_id JOIN members m ON m.id = l.owner_id
            WHERE c.clicked_at >= :since AND c.verdict IS NOT NULL AND {_OF_THESE.format("m.number")}
            GROUP BY m.number HAVING count(*) >= :most
                AND count(*) FILTER (WHERE c.verdict <> 'counted') * 10000 >= :idle * count(*)
            ORDER BY m.number
            """  # noqa: S608 - a constant of this module
        ),
        {"since": since, "numbers": _array(numbers), "most": most, "idle": idle_bps},
    )
    return [Flood(*row) for row in rows]


class Guest(NamedTuple):
    """A new member who was in the rooms of one host alone."""

    number: int
    host: int
    rooms: int


def one_host_guests(session: Session, since: datetime, numbers: Sequence[int] | None, least: int) -> list[Guest]:
    """Members who joined the shop since then and were in `least` filled rooms or more, all of one host."""
    rows = session.execute(
        text(
            f"""
            SELECT m.number, min(r.host), count(DISTINCT r.id)
            FROM members m JOIN seats s ON s.member = m.number AND s.paid_at IS NOT NULL
            JOIN rooms r ON r.id = s.room_id AND r.status = 'filled'
            WHERE m.joined_at >= :since AND {_OF_THESE.format("m.number")}
            GROUP BY m.number
            HAVING count(DISTINCT r.host) = 1 AND min(r.host) <> m.number AND count(DISTINCT r.id) >= :least
            ORDER BY m.number
            """  # noqa: S608 - a constant of this module
        ),
        {"since": since, "numbers": _array(numbers), "least": least},
    )
    return [Guest(*row) for row in rows]


class Mailbox(NamedTuple):
    """A member, and the domain of the e-mail address."""

    number: int
    domain: str


def mailboxes(
    session: Session, since: datetime, numbers: Sequence[int] | None, domains: Collection[str]
) -> list[Mailbox]:
    """Who registered since then with an address in one of these domains."""
    rows = session.execute(
        text(
            f"""
            SELECT m.number, split_part(lower(p.email), '@', 2)
            FROM members m JOIN member_profiles p ON p.member_id = m.id
            WHERE m.joined_at >= :since AND split_part(lower(p.email), '@', 2) = ANY(CAST(:domains AS text[]))
                AND {_OF_THESE.format("m.number")}
            ORDER BY m.number
            """  # noqa: S608 - a constant of this module
        ),
        {"since": since, "numbers": _array(numbers), "domains": list(domains)},
    )
    return [Mailbox(*row) for row in rows]


def _often(
    session: Session, who: str, source: str, since: datetime, numbers: Sequence[int] | None, *, most: int
) -> list[Times]:
    rows = session.execute(
        text(
            f"SELECT {who}, count(*) FROM {source} >= :since AND {_OF_THESE.format(who)}"  # noqa: S608 - constants
            f" GROUP BY {who} HAVING count(*) >= :most ORDER BY {who}"
        ),
        {"since": since, "numbers": _array(numbers), "most": most},
    )
    return [Times(*row) for row in rows]


def _array(numbers: Sequence[int] | None) -> list[int] | None:
    return None if numbers is None else list(numbers)
