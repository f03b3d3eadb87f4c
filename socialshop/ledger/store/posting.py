"""The statements that post: accounts, entries, postings, balances, each one statement whatever the batch's size."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from socialshop.infra.db import driver
from socialshop.ledger import chart
from socialshop.ledger.journal import NOTHING


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


class KnownAccounts(NamedTuple):
    """Accounts that have a row, by name; `signs`, as in the chart, of those alone whose balance moves at once."""

    ids: dict[str, int]
    signs: dict[str, int]


class Moves(NamedTuple):
    """Changes of balances by column, each (account, currency) once; `signs` as in the chart."""

    account_ids: Sequence[int]
    currencies: Sequence[str]
    amounts: Sequence[int]
    signs: Sequence[int]


def accounts(session: Session, names: Collection[str]) -> KnownAccounts:
    """Those of `names` that have an account.

    As one array, which PostgreSQL looks up in the order of the index: neighbours are found on the page in hand, at two
    thirds of the cost of a join. From a subquery, so that no guess of how many there are makes it read the whole table.
    """
    rows = session.execute(
        text(
            """
            SELECT name, id, CASE WHEN NOT folded THEN sign END FROM ledger_accounts
            WHERE name = ANY(ARRAY(SELECT json_array_elements_text(CAST(:names AS json))))
            """
        ),
        {"names": _texts(names)},
    ).all()
    return _known(rows)


def accounts_and_open_day(session: Session, names: Collection[str]) -> tuple[KnownAccounts, datetime | None]:
    """As `accounts`, and from when on the books are open; None where no day was ever closed.

    Days stay as they are until the transaction ends: the function takes a lock that whoever closes one waits for.
    """
    rows = session.execute(
        text(
            """
            SELECT a.name, a.id, CASE WHEN NOT a.folded THEN a.sign END, d.open_from
            FROM (SELECT ledger_open_from() AS open_from OFFSET 0) d
            LEFT JOIN ledger_accounts a
                ON a.name = ANY(ARRAY(SELECT json_array_elements_text(CAST(:names AS json))))
            """
        ),
        {"names": _texts(names)},
    ).all()
    return _known([(name, id_, sign) for name, id_, sign, _ in rows if name is not None]), rows[0][3]


def add_accounts(session: Session, new: Collection[chart.Account]) -> KnownAccounts:
    """Make accounts, in the order of their names so that two who make the same ones cannot deadlock.

    Returns those that were made: another may have made some of them a moment before.
    """
    ordered = sorted(new, key=lambda account: account.name)
    rows = session.execute(
        text(
            """
            INSERT INTO ledger_accounts (name, sign, folded)
            SELECT * FROM ROWS FROM (
                json_array_elements_text(CAST(:names AS json)), unnest(CAST(:signs AS smallint[])),
                unnest(CAST(:folded AS boolean[]))
            ) AS given ON CONFLICT (name) DO NOTHING RETURNING name, id, CASE WHEN NOT folded THEN sign END
            """
        ),
        {
            "names": _texts([account.name for account in ordered]),
            "signs": _numbers(account.sign for account in ordered),
            "folded": _numbers(int(account.folded) for account in ordered),
        },
    ).all()
    return _known(rows)


def _known(rows: Sequence[Row[str, int, int | None]] | Sequence[tuple[str, int, int | None]]) -> KnownAccounts:
    return KnownAccounts(
        {name: id_ for name, id_, _ in rows}, {name: sign for name, _, sign in rows if sign is not None}
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
                FROM ROWS FROM (
                    json_array_elements_text(CAST(:references AS json)), json_array_elements_text(CAST(:kinds AS json)),
                    unnest(CAST(:reverses AS bigint[])), unnest(CAST(:counts AS integer[])),
                    unnest(CAST(:hashes AS text[]))
                ) AS given (reference, kind, reverses_id, posting_count, content_hash)
            ), added AS (
                INSERT INTO ledger_entries (id, posted_at, reference, kind, reverses_id, posting_count, content_hash)
                SELECT id, :posted_at, reference, kind, reverses_id, posting_count, decode(content_hash, 'hex')
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
            "references": _texts([row.reference for row in rows]),
            "kinds": _texts([row.kind for row in rows]),
            "reverses": _numbers("NULL" if row.reverses_id is None else row.reverses_id for row in rows),
            "counts": _numbers(row.posting_count for row in rows),
            "hashes": _numbers(row.content_hash.hex() for row in rows),
            "posted_at": posted_at,
        },
    )
    return dict(found.all())


def entries_by_reference(session: Session, references: Collection[str]) -> dict[str, StoredEntry]:
    """What stands under these references."""
    found = session.execute(
        text(
            """
            SELECT e.reference, e.id, e.posted_at, e.content_hash
            FROM json_array_elements_text(CAST(:references AS json)) AS given (reference)
            JOIN ledger_entries e ON e.reference = given.reference
            """
        ),
        {"references": _texts(references)},
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


def copy_postings(session: Session, chunks: Iterable[str]) -> None:
    """Append postings in one COPY. `chunks` are tab-parted lines: entry, line, account id, amount, currency, subject.

    `infra.db.copy_rows` formats value by value; these lines share their text with the canonical form that was hashed.
    """
    statement = (
        "COPY ledger_postings (entry_id, line, account_id, amount_minor, currency, subject_id) "
        f"FROM STDIN (NULL '{NOTHING}')"
    )
    with driver(session) as raw, raw.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for chunk in chunks:
            copy.write(chunk)


def move_balances(session: Session, moves: Moves) -> None:
    """Add to balances in one statement, rows locked by account id so that two batches cannot deadlock.

    Raises sqlalchemy's IntegrityError where a row would pass zero. PostgreSQL checks the row that an upsert proposes
    before it looks for the one that is there, and a mere change may be negative. So such a change proposes a free
    row (sign 0): where a row is there, that one's own sign decides; where none was, the free row is bound afterwards,
    which fails.
    """
    free = session.execute(
        text(
            """
            WITH moved AS (
                INSERT INTO ledger_balances (account_id, currency, amount_minor, sign)
                SELECT account_id, currency, amount, CASE WHEN sign * amount >= 0 THEN sign ELSE 0 END
                FROM unnest(CAST(:accounts AS bigint[]), CAST(:currencies AS text[]), CAST(:amounts AS bigint[]),
                            CAST(:signs AS smallint[])) AS m (account_id, currency, amount, sign)
                ORDER BY account_id, currency
                ON CONFLICT (account_id, currency)
                DO UPDATE SET amount_minor = ledger_balances.amount_minor + excluded.amount_minor
                RETURNING account_id, sign
            )
            SELECT DISTINCT account_id FROM moved WHERE sign = 0
            """
        ),
        {
            "accounts": _numbers(moves.account_ids),
            "currencies": _numbers(moves.currencies),
            "amounts": _numbers(moves.amounts),
            "signs": _numbers(moves.signs),
        },
    ).scalars()
    unbound = set(free) & {account for account, sign in zip(moves.account_ids, moves.signs, strict=True) if sign}
    if unbound:
        session.execute(
            text(
                """
                UPDATE ledger_balances b SET sign = a.sign FROM ledger_accounts a
                WHERE a.id = b.account_id AND b.account_id = ANY(CAST(:accounts AS bigint[]))
                """
            ),
            {"accounts": _numbers(unbound)},
        )


def _texts(values: Collection[str]) -> str:
    """Texts as one JSON parameter: a tenth of the cost of the driver's arrays, which quote item by item."""
    return json.dumps(list(values))


def _numbers(values: Iterable[object]) -> str:
    """An array literal of items that need no quotes: numbers, currencies, hexadecimal digits, NULL."""
    return "{" + ",".join(map(str, values)) + "}"
