"""The statements that post: accounts, entries, postings, balances, each one statement whatever the batch's size."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, cast

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.ledger.journal import NOTHING

# Lines sent to COPY at a time: large enough to cost no call a posting, small enough to cost no memory.
_COPY_LINES = 8_192


class EntryRow(NamedTuple):
    """An entry as it is stored, before it has an id."""

    reference: str
    kind: str
    reverses_id: int | None
    posting_count: int
    content_hash: bytes


class StoredEntry(NamedTuple):
    """What is known of an entry that is already in the books."""

    id: int
    posted_at: datetime
    content_hash: bytes


class StoredPosting(NamedTuple):
    """A posting as it is read back."""

    account: str
    amount_minor: int
    currency: str
    subject_id: uuid.UUID | None


class Move(NamedTuple):
    """The change of one balance; `sign` as in the chart."""

    account_id: int
    currency: str
    amount_minor: int
    sign: int


def account_ids(session: Session, names: Collection[str]) -> dict[str, int]:
    """The ids of those of `names` that have an account."""
    found = session.execute(
        text("SELECT name, id FROM ledger_accounts WHERE name = ANY(CAST(:names AS text[]))"), {"names": list(names)}
    )
    return dict(found.all())


def add_accounts(session: Session, folded_by_name: Mapping[str, bool]) -> None:
    """Make accounts, in the order of their names so that two who make the same ones cannot deadlock."""
    names = sorted(folded_by_name)
    session.execute(
        text(
            """
            INSERT INTO ledger_accounts (name, folded)
            SELECT * FROM unnest(CAST(:names AS text[]), CAST(:folded AS boolean[])) ON CONFLICT (name) DO NOTHING
            """
        ),
        {"names": names, "folded": [folded_by_name[name] for name in names]},
    )


def add_entries(session: Session, rows: Sequence[EntryRow], posted_at: datetime) -> dict[str, int]:
    """Append the entries whose references are free; returns the ids of those by reference.

    Ids follow the order given. Rows go in by reference, so that two who post the same entries wait for each other
    instead of deadlocking. Each new entry joins the queue for sealing.
    """
    found = session.execute(
        text(
            """
            WITH numbered AS MATERIALIZED (
                SELECT nextval('ledger_entries_id_seq') AS id, given.*
                FROM unnest(CAST(:references AS text[]), CAST(:kinds AS text[]), CAST(:reverses AS bigint[]),
                            CAST(:counts AS integer[]), CAST(:hashes AS bytea[]))
                     AS given (reference, kind, reverses_id, posting_count, content_hash)
            ), added AS (
                INSERT INTO ledger_entries (id, posted_at, reference, kind, reverses_id, posting_count, content_hash)
                SELECT id, :posted_at, reference, kind, reverses_id, posting_count, content_hash
                FROM numbered ORDER BY reference
                ON CONFLICT (reference) DO NOTHING
                RETURNING id, reference
            ), queued AS (
                INSERT INTO ledger_seal_queue (entry_id) SELECT id FROM added
            )
            SELECT reference, id FROM added
            """
        ),
        {
            "references": [row.reference for row in rows],
            "kinds": [row.kind for row in rows],
            "reverses": [row.reverses_id for row in rows],
            "counts": [row.posting_count for row in rows],
            "hashes": [row.content_hash for row in rows],
            "posted_at": posted_at,
        },
    )
    return dict(found.all())


def entries_by_reference(session: Session, references: Collection[str]) -> dict[str, StoredEntry]:
    """What stands under these references."""
    found = session.execute(
        text(
            """
            SELECT reference, id, posted_at, content_hash FROM ledger_entries
            WHERE reference = ANY(CAST(:references AS text[]))
            """
        ),
        {"references": list(references)},
    )
    return {row.reference: StoredEntry(row.id, row.posted_at, bytes(row.content_hash)) for row in found}


def postings_of(session: Session, entry_id: int) -> list[StoredPosting]:
    """The postings of one entry, in line order."""
    found = session.execute(
        text(
            """
            SELECT a.name, p.amount_minor, p.currency, p.subject_id
            FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id
            WHERE p.entry_id = :entry_id ORDER BY p.line
            """
        ),
        {"entry_id": entry_id},
    )
    return [StoredPosting(*row) for row in found]


def copy_postings(session: Session, lines: Iterable[str]) -> None:
    """Append postings in one COPY. `lines` are tab-parted: entry, line, account id, amount, currency, subject.

    `infra.db.copy_rows` formats value by value; these lines share their text with the canonical form that was hashed.
    """
    raw = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    statement = (
        "COPY ledger_postings (entry_id, line, account_id, amount_minor, currency, subject_id) "
        f"FROM STDIN (NULL '{NOTHING}')"
    )
    rest = iter(lines)
    with raw.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        while chunk := "\n".join(islice(rest, _COPY_LINES)):
            copy.write(chunk + "\n")


def move_balances(session: Session, moves: Sequence[Move]) -> None:
    """Add to balances, rows locked by account id so that two batches cannot deadlock.

    The first statement makes missing rows (of zero, which every CHECK allows) and locks the others: an UPSERT takes
    the lock before it looks at its WHERE. Raises sqlalchemy's IntegrityError where a row would pass zero.
    """
    ordered = sorted(moves)
    columns = {
        "accounts": [move.account_id for move in ordered],
        "currencies": [move.currency for move in ordered],
        "amounts": [move.amount_minor for move in ordered],
        "signs": [move.sign for move in ordered],
    }
    session.execute(
        text(
            """
            INSERT INTO ledger_balances (account_id, currency, amount_minor, sign)
            SELECT m.account_id, m.currency, 0, m.sign
            FROM unnest(CAST(:accounts AS bigint[]), CAST(:currencies AS text[]), CAST(:signs AS smallint[]))
                 AS m (account_id, currency, sign)
            ORDER BY m.account_id, m.currency
            ON CONFLICT (account_id, currency) DO UPDATE SET amount_minor = excluded.amount_minor WHERE false
            """
        ),
        columns,
    )
    session.execute(
        text(
            """
            UPDATE ledger_balances b SET amount_minor = b.amount_minor + m.amount_minor
            FROM unnest(CAST(:accounts AS bigint[]), CAST(:currencies AS text[]), CAST(:amounts AS bigint[]))
                 AS m (account_id, currency, amount_minor)
            WHERE b.account_id = m.account_id AND b.currency = m.currency
            """
        ),
        columns,
    )
