"""Statements on people who leave."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.currencies import POINTS

# By leaver and currency the smaller of two sums: what is owed, and what `forfeit` entries gave the shop so far.
_TWICE = """
    SELECT m.number, b.currency, least(-b.amount_minor, given.amount_minor) AS amount_minor
    FROM erasures e JOIN members m ON m.id = e.member_id
    JOIN ledger_accounts n ON n.name = concat_ws(chr(58), 'member', m.number, 'receivable')
    JOIN ledger_balances b ON b.account_id = n.id AND b.amount_minor < 0
    CROSS JOIN LATERAL (
        SELECT -coalesce(sum(p.amount_minor), 0)::bigint AS amount_minor
        FROM ledger_accounts a JOIN ledger_postings p ON p.account_id = a.id AND p.currency = b.currency
        JOIN ledger_entries j ON j.id = p.entry_id AND j.kind = 'forfeit'
        WHERE a.name IN (concat_ws(chr(58), 'member', m.number, 'wallet'), n.name)
    ) given
    WHERE given.amount_minor > 0
"""


class LeaverRow(NamedTuple):
    """Who leaves."""

    number: int
    locale: str


class OwedRow(NamedTuple):
    """What a leaver owes in one currency, as far as the shop holds it already."""

    currency: str
    amount_minor: int


class MoneyRow(NamedTuple):
    """What a wallet holds in one currency."""

    currency: str
    available_minor: int


class RequestRow(NamedTuple):
    """A payout request that is not over."""

    id: uuid.UUID
    status: str


def lock(session: Session, member_id: uuid.UUID) -> LeaverRow | None:
    """Hold the member until the transaction ends: whatever else is to point at the member waits."""
    row = session.execute(
        text(
            "SELECT m.number, coalesce(p.locale, 'zh') FROM members m"
            " LEFT JOIN member_profiles p ON p.member_id = m.id WHERE m.id = :id FOR UPDATE OF m"
        ),
        {"id": member_id},
    ).one_or_none()
    return LeaverRow(*row) if row else None


def number_of(session: Session, member_id: uuid.UUID) -> int | None:
    """The member's number."""
    return session.execute(text("SELECT number FROM members WHERE id = :id"), {"id": member_id}).scalar_one_or_none()


def held_seats(session: Session, number: int) -> list[uuid.UUID]:
    """The rooms in which the member holds a seat that is not paid, in the order in which rooms are held."""
    rows = session.execute(
        text("SELECT room_id FROM seats WHERE member = :number AND status = 'held' ORDER BY room_id"),
        {"number": number},
    )
    return list(rows.scalars())


def open_payouts(session: Session, member_id: uuid.UUID) -> list[RequestRow]:
    """The member's payout requests that are not over."""
    rows = session.execute(
        text(
            "SELECT id, status FROM payout_requests WHERE member_id = :id"
            " AND status IN ('submitted', 'held', 'approved', 'batched') ORDER BY id"
        ),
        {"id": member_id},
    )
    return [RequestRow(*row) for row in rows]


def wallet_of(session: Session, account: str) -> list[MoneyRow]:
    """The money that the wallet of this name holds, a row a currency; points are none: nobody pays them out."""
    rows = session.execute(
        text(
            "SELECT b.currency, b.amount_minor FROM ledger_accounts n JOIN ledger_balances b ON b.account_id = n.id"
            " WHERE n.name = :account AND b.currency <> :points AND b.amount_minor > 0 ORDER BY b.currency"
        ),
        {"account": account, "points": POINTS},
    )
    return [MoneyRow(*row) for row in rows]


def add(session: Session, member_id: uuid.UUID, at: datetime) -> None:
    """Note that the member left; the first time counts."""
    session.execute(
        text("INSERT INTO erasures (member_id, erased_at) VALUES (:id, :at) ON CONFLICT DO NOTHING"),
        {"id": member_id, "at": at},
    )


def unfinished(session: Session, erased_before: datetime, limit: int) -> list[uuid.UUID]:
    """Some who left before and are to be erased once more, each held by one job."""
    rows = session.execute(
        text(
            "SELECT member_id FROM erasures WHERE finished_at IS NULL AND erased_at < :before"
            " ORDER BY erased_at LIMIT :limit FOR UPDATE SKIP LOCKED"
        ),
        {"before": erased_before, "limit": limit},
    )
    return list(rows.scalars())


def finish(session: Session, member_ids: Sequence[uuid.UUID], at: datetime) -> None:
    """They are erased for good."""
    session.execute(
        text("UPDATE erasures SET finished_at = :at WHERE member_id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": list(member_ids), "at": at},
    )


def enriched(session: Session, limit: int) -> list[int]:
    """The numbers of some who left and whose wallet holds money by now, as when a commission settled since.

    What comes to an account that was merged into another follows it there.
    """
    rows = session.execute(
        text(
            """
            SELECT DISTINCT m.number
            FROM erasures e JOIN members m ON m.id = e.member_id
            JOIN ledger_accounts n ON n.name = concat_ws(chr(58), 'member', m.number, 'wallet')
            JOIN ledger_balances b ON b.account_id = n.id AND b.currency <> :points AND b.amount_minor > 0
            WHERE NOT EXISTS (SELECT FROM member_merges g WHERE g.gone = e.member_id AND g.status = 'merged')
            ORDER BY m.number LIMIT :limit
            """
        ),
        {"limit": limit, "points": POINTS},
    )
    return list(rows.scalars())


def indebted(session: Session, limit: int) -> list[int]:
    """The numbers of some who left and of whom a claw back took what the shop had been given up already."""
    rows = session.execute(text(f"SELECT DISTINCT number FROM ({_TWICE}) t ORDER BY 1 LIMIT :limit"), {"limit": limit})  # noqa: S608
    return list(rows.scalars())


def twice_of(session: Session, number: int) -> list[OwedRow]:
    """What a leaver owes and the shop holds already, a row a currency."""
    rows = session.execute(
        text(f"SELECT currency, amount_minor FROM ({_TWICE}) t WHERE number = :number ORDER BY currency"),  # noqa: S608
        {"number": number},
    )
    return [OwedRow(*row) for row in rows]


def said_of(session: Session, member_id: uuid.UUID, number: int, names: Collection[str]) -> list[tuple[str, str]]:
    """What answers to others may have repeated of the person: pairs of a field's name and its text.

    `names` are the fields that say the name by which they are shown.
    """
    rows = session.execute(
        text(
            """
            SELECT field, display_name
            FROM member_profiles,
                unnest(CAST(:names AS text[])) AS f (field)
            WHERE member_id = :id
            UNION SELECT 'email', email FROM member_profiles WHERE member_id = :id AND email IS NOT NULL
            UNION SELECT 'holder', holder FROM payout_destinations WHERE member_id = :id
            UNION SELECT 'real_name', real_name FROM payees WHERE member_id = :id
            UNION SELECT 'account_last4', right(account, 4) FROM payout_destinations WHERE member_id = :id
            UNION SELECT field, said FROM publishers p,
                LATERAL (VALUES ('site_name', p.site_name), ('site_url', p.site_url)) AS v (field, said)
            WHERE p.member = :number
            UNION SELECT 'reason', reason FROM refunds WHERE buyer = :number
            UNION SELECT 'text', body FROM posts WHERE author = :number
            UNION SELECT field, body FROM questions q JOIN question_messages m ON m.question_id = q.id,
                unnest(ARRAY['text', 'first_words']) AS f (field)
            WHERE q.member = :number
            UNION SELECT 'words', words FROM reports WHERE reporter = :number
            UNION SELECT field, said FROM standing_decisions d,
                LATERAL (VALUES ('reason', d.reason), ('appeal', d.appeal), ('appeal_reason', d.appeal_reason))
                    AS v (field, said)
            WHERE d.member = :number AND said IS NOT NULL
            UNION SELECT 'title', title FROM posts WHERE author = :number AND title IS NOT NULL
            """
        ),
        {"id": member_id, "number": number, "names": list(names)},
    )
    return [(row[0], row[1]) for row in rows]


def things_of(session: Session, member_id: uuid.UUID, number: int) -> list[tuple[str, uuid.UUID]]:
    """What an answer that repeats something of the person is about: pairs of a public prefix and an id."""
    rows = session.execute(
        text(
            """
            SELECT 'room', room_id FROM seats WHERE member = :number
            UNION SELECT 'pod', id FROM payout_destinations WHERE member_id = :id
            UNION SELECT 'por', id FROM payout_requests WHERE member_id = :id
            UNION SELECT 'rfd', id FROM refunds WHERE buyer = :number
            """
        ),
        {"id": member_id, "number": number},
    )
    return [("mbr", member_id), *((row[0], row[1]) for row in rows)]


class AnswerRow(NamedTuple):
    """A kept answer, by its key."""

    actor_id: uuid.UUID
    method: str
    path: str
    key: str
    content: bytes


def answers_with(session: Session, needles: Sequence[bytes]) -> list[AnswerRow]:
    """The kept answers in which one of these stands, held. Answers are kept for a day, so there are few to look at."""
    rows = session.execute(
        text(
            "SELECT actor_id, method, path, key, content FROM idempotency_answers WHERE EXISTS ("
            " SELECT FROM unnest(CAST(:needles AS bytea[])) AS n (needle) WHERE position(needle IN content) > 0)"
            " ORDER BY actor_id, method, path, key FOR UPDATE"
        ),
        {"needles": list(needles)},
    )
    return [AnswerRow(*row) for row in rows]


def rewrite_answers(session: Session, answers: Sequence[AnswerRow]) -> None:
    """Put other contents in place of theirs."""
    session.execute(
        text(
            "UPDATE idempotency_answers SET content = :content"
            " WHERE actor_id = :actor_id AND method = :method AND path = :path AND key = :key"
        ),
        [answer._asdict() for answer in answers],
    )
