"""Working out what is bought together and by many, and which goods that suggests to whom: sets of members at a time.

Who has withdrawn the consent to goods chosen for them is suggested nothing, and is in no figure: in no pair, as
nobody's friend, and not among those who bought a product or filled rooms of it.
Nothing is suggested to who has no live session: who has left has none, and who does not come is shown nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.recommendations.rules import FEWEST_BUYERS, FEWEST_FRIENDS

_YEAR, _SEASON, _WEEKS = timedelta(days=365), timedelta(days=90), timedelta(days=28)
# Bounds of what one member weighs: a buyer of everything says little about anything, and costs its square.
_PRODUCTS_OF_A_MEMBER, _ROOMS_OF_A_MEMBER, _FRIENDS_OF_A_MEMBER = 50, 20, 200
_OTHERS_OF_A_PRODUCT, _SUGGESTIONS_OF_A_MEMBER = 20, 12
# An order that stands, of somebody whose last word about the consent is not no: read once, for few say it.
_SOLD = """
    o.status IN ('confirmed', 'shipped', 'received', 'completed') AND o.buyer NOT IN (
        SELECT m.number FROM (
            SELECT DISTINCT ON (member_id) member_id, given FROM member_consents
            WHERE document = 'personalisation' ORDER BY member_id, accepted_at DESC
        ) AS said JOIN members m ON m.id = said.member_id WHERE NOT said.given)
"""

_POPULARITY = text(
    f"""
    WITH bought AS (
        SELECT s.product_id, o.buyer, bool_or(o.ordered_at > :weeks) AS lately, o.room_id
        FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN skus s ON s.id = l.sku_id
        WHERE {_SOLD} AND o.ordered_at > :season
        GROUP BY s.product_id, o.buyer, o.room_id
    )
    INSERT INTO product_popularity (product_id, people, rooms_filled)
    SELECT product_id, count(DISTINCT buyer) FILTER (WHERE lately), count(DISTINCT room_id) FROM bought
    GROUP BY product_id
    """  # noqa: S608 - constants of this module
)
_PAIRS = text(
    f"""
    WITH newest AS (
        SELECT o.buyer, s.product_id,
            row_number() OVER (PARTITION BY o.buyer ORDER BY max(o.ordered_at) DESC, s.product_id) AS place
        FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN skus s ON s.id = l.sku_id
        WHERE {_SOLD} AND o.ordered_at > :year
        GROUP BY o.buyer, s.product_id
    ), several AS (
        SELECT n.buyer FROM newest n JOIN members m ON m.number = n.buyer
        WHERE n.place = 2 AND consent_stands(m.id, 'personalisation')
    ), bought AS MATERIALIZED (
        SELECT buyer, product_id FROM newest JOIN several USING (buyer) WHERE place <= {_PRODUCTS_OF_A_MEMBER}
    ), sizes AS (
        SELECT product_id, count(*) AS people FROM newest GROUP BY product_id
    ), pairs AS (
        SELECT a.product_id, b.product_id AS other_id, count(*) AS people
        FROM bought a JOIN bought b ON b.buyer = a.buyer AND b.product_id <> a.product_id
        GROUP BY a.product_id, b.product_id HAVING count(*) >= {FEWEST_BUYERS}
    ), scored AS (
        SELECT p.product_id, p.other_id, p.people,
            (10000 * p.people / sqrt(a.people::numeric * b.people))::integer AS score
        FROM pairs p JOIN sizes a ON a.product_id = p.product_id JOIN sizes b ON b.product_id = p.other_id
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY product_id ORDER BY score DESC, other_id) AS place FROM scored
    )
    INSERT INTO product_pairs (product_id, other_id, people, score)
    SELECT product_id, other_id, people, score FROM ranked WHERE place <= {_OTHERS_OF_A_PRODUCT}
    """  # noqa: S608 - constants of this module
)
_SUGGEST = text(
    f"""
    WITH readers AS MATERIALIZED (
        SELECT m.number FROM members m
        WHERE m.number > :after AND m.number <= :through AND consent_stands(m.id, 'personalisation')
          AND EXISTS (SELECT FROM member_sessions s
            WHERE s.member_id = m.id AND s.revoked_at IS NULL AND s.expires_at > :now)
    ), bought AS MATERIALIZED (
        SELECT DISTINCT o.buyer AS member, s.product_id
        FROM readers r JOIN orders o ON o.buyer = r.number
        JOIN order_lines l ON l.order_id = o.id JOIN skus s ON s.id = l.sku_id
        WHERE {_SOLD} AND o.ordered_at > :year
    ), together AS (
        SELECT DISTINCT ON (b.member, p.other_id) b.member, p.other_id AS product_id, b.product_id AS because_id,
            p.people, p.score
        FROM bought b JOIN product_pairs p ON p.product_id = b.product_id
        ORDER BY b.member, p.other_id, p.score DESC, b.product_id
    ), visited AS (
        SELECT r.number AS member, v.room_id FROM readers r CROSS JOIN LATERAL (
            SELECT s.room_id FROM seats s
            WHERE s.member = r.number AND s.status = 'confirmed' AND s.claimed_at > :year
            ORDER BY s.id DESC LIMIT {_ROOMS_OF_A_MEMBER}
        ) v
    ), met AS (
        SELECT v.member, s.member AS friend,
            row_number() OVER (PARTITION BY v.member ORDER BY max(s.claimed_at) DESC, s.member) AS place
        FROM visited v JOIN seats s ON s.room_id = v.room_id
        WHERE s.status = 'confirmed' AND s.member <> v.member
        GROUP BY v.member, s.member
    ), willing AS MATERIALIZED (
        SELECT m.number FROM (SELECT DISTINCT friend FROM met WHERE place <= {_FRIENDS_OF_A_MEMBER}) f
        JOIN members m ON m.number = f.friend WHERE consent_stands(m.id, 'personalisation')
    ), friends AS (
        SELECT f.member, s.product_id, count(DISTINCT f.friend) AS people
        FROM met f JOIN willing w ON w.number = f.friend JOIN orders o ON o.buyer = f.friend
        JOIN order_lines l ON l.order_id = o.id JOIN skus s ON s.id = l.sku_id
        WHERE f.place <= {_FRIENDS_OF_A_MEMBER} AND {_SOLD} AND o.ordered_at > :season
        GROUP BY f.member, s.product_id HAVING count(DISTINCT f.friend) >= {FEWEST_FRIENDS}
    ), found AS (
        SELECT member, product_id, 'bought_together' AS kind, because_id, people, score FROM together
        UNION ALL
        SELECT member, product_id, 'room_friends', NULL, people, people FROM friends f
        WHERE NOT EXISTS (SELECT FROM together t WHERE t.member = f.member AND t.product_id = f.product_id)
    ), ranked AS (
        SELECT f.*, row_number() OVER (PARTITION BY member ORDER BY kind, score DESC, product_id) AS place
        FROM found f
        WHERE NOT EXISTS (SELECT FROM bought b WHERE b.member = f.member AND b.product_id = f.product_id)
    )
    INSERT INTO suggestions (member, product_id, kind, because_id, people, score)
    SELECT member, product_id, kind, because_id, people, score FROM ranked WHERE place <= {_SUGGESTIONS_OF_A_MEMBER}
    """  # noqa: S608 - constants of this module
)


class Run(NamedTuple):
    """How far a day's run has come; 0: nobody has been looked at."""

    day: date
    done_through: int


def open_run(session: Session, day: date) -> Run | None:
    """The day's run, held for this transaction; None if it is finished. Runs of days before are forgotten."""
    session.execute(text("DELETE FROM suggestion_runs WHERE day < :day"), {"day": day})
    session.execute(text("INSERT INTO suggestion_runs (day) VALUES (:day) ON CONFLICT DO NOTHING"), {"day": day})
    row = session.execute(
        text(
            "SELECT day, done_through FROM suggestion_runs WHERE day = :day AND finished_at IS NULL FOR NO KEY UPDATE"
        ),
        {"day": day},
    ).one_or_none()
    return Run(*row) if row else None


def note_progress(session: Session, day: date, done_through: int, finished_at: datetime | None) -> None:
    """The run has come so far, or to its end."""
    session.execute(
        text("UPDATE suggestion_runs SET done_through = :through, finished_at = :finished WHERE day = :day"),
        {"day": day, "through": done_through, "finished": finished_at},
    )


def last_of_span(session: Session, after: int, limit: int) -> int | None:
    """The number of the last of the next `limit` members; None if nobody is left."""
    found: int | None = session.execute(
        text(
            "SELECT max(number) FROM (SELECT number FROM members WHERE number > :after"
            " ORDER BY number LIMIT :limit) AS span"
        ),
        {"after": after, "limit": limit},
    ).scalar_one()
    return found


def compute_products(session: Session, now: datetime) -> None:
    """Work out anew what is bought by many, and what is bought together. Four statements."""
    spans = {"year": now - _YEAR, "season": now - _SEASON, "weeks": now - _WEEKS}
    for table, statement in (("product_popularity", _POPULARITY), ("product_pairs", _PAIRS)):
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - a name of the line above
        session.execute(statement, spans)


def suggest(session: Session, after: int, through: int, now: datetime) -> None:
    """Work out anew what is suggested to the members after this number, through that one. Two statements."""
    span = {"after": after, "through": through}
    session.execute(text("DELETE FROM suggestions WHERE member > :after AND member <= :through"), span)
    session.execute(_SUGGEST, {**span, "now": now, "year": now - _YEAR, "season": now - _SEASON})
