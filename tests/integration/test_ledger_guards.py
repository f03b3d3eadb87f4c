"""What the database itself refuses, whoever asks: the application role by privilege, the owner by trigger."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from bookkeeping import seal_all
from flask import Flask
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from socialshop.infra.uow import unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.service import Entry, Posting, post

BOOKS = ("ledger_accounts", "ledger_entries", "ledger_postings", "ledger_blocks", "ledger_block_entries")
FIRST_COLUMN = {
    "ledger_accounts": "name = 'x'",
    "ledger_entries": "kind = 'x'",
    "ledger_postings": "amount_minor = 1",
    "ledger_blocks": "entry_count = 1",
    "ledger_block_entries": "block_number = 2",
}

Run = Callable[[str], None]


@pytest.fixture
def owner(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def entry_id(app: Flask) -> int:
    """One sealed sale of 500 CNY."""
    with unit_of_work() as uow:
        sale = [Posting(chart.provider_clearing("import"), -500, "CNY"), Posting(chart.SALES, 500, "CNY")]
        post(uow, [Entry("sale 1", "sale", sale)])
    seal_all()
    with unit_of_work() as uow:
        return int(uow.session.execute(text("SELECT id FROM ledger_entries")).scalar_one())


def _refused(connection: Connection, statement: str, error: type[psycopg.Error]) -> str:
    with pytest.raises(DBAPIError) as caught:
        connection.execute(text(statement))
    connection.rollback()
    assert isinstance(caught.value.orig, error), caught.value.orig
    return str(caught.value.orig)


@pytest.mark.parametrize("table", BOOKS)
def test_the_books_refuse_change_to_the_application_by_privilege(app: Flask, entry_id: int, table: str) -> None:
    for statement in (f"UPDATE {table} SET {FIRST_COLUMN[table]}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(DBAPIError, match="permission denied"), unit_of_work() as uow:
            uow.session.execute(text(statement))


@pytest.mark.parametrize("table", BOOKS)
def test_the_books_refuse_change_to_their_owner_by_trigger(owner: Connection, entry_id: int, table: str) -> None:
    for statement in (
        f"UPDATE {table} SET {FIRST_COLUMN[table]}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        said = _refused(owner, statement, psycopg.errors.RestrictViolation)
        assert "is append-only" in said


def test_a_balance_cannot_be_removed_by_the_application(app: Flask, entry_id: int) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), unit_of_work() as uow:
        uow.session.execute(text("DELETE FROM ledger_balances"))


def test_what_waits_for_its_seal_cannot_be_changed_by_the_application(app: Flask, entry_id: int) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), unit_of_work() as uow:
        uow.session.execute(text("UPDATE ledger_seal_queue SET transaction_id = '3'"))


def _add_entry(connection: Connection, postings: int) -> int:
    row = connection.execute(
        text(
            "INSERT INTO ledger_entries (posted_at, posting_count, reference, kind, content_hash) "
            "VALUES (now(), :count, 'by hand', 'test', sha256('')) RETURNING id"
        ),
        {"count": postings},
    )
    return int(row.scalar_one())


def _values(*rows: tuple[int, int, int, str]) -> str:
    values = ", ".join(
        f"({entry}, {line}, (SELECT min(id) FROM ledger_accounts), {amount}, '{currency}')"
        for entry, line, amount, currency in rows
    )
    return f"INSERT INTO ledger_postings (entry_id, line, account_id, amount_minor, currency) VALUES {values}"


def test_postings_by_hand_that_balance_are_taken(owner: Connection, entry_id: int) -> None:
    entry = _add_entry(owner, 4)
    statement = _values((entry, 1, 5, "CNY"), (entry, 2, -5, "CNY"), (entry, 3, 5, "USD"), (entry, 4, -5, "USD"))
    assert owner.execute(text(statement)).rowcount == 4
    owner.rollback()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(1, 5, "CNY"), (2, -4, "CNY")], "do not sum to zero"),
        ([(1, 5, "CNY"), (2, -5, "USD")], "do not sum to zero"),
        ([(1, 5, "CNY")], "do not sum to zero"),
        ([(1, 5, "CNY"), (3, -5, "CNY")], "not exactly the lines"),
        ([(2, 5, "CNY"), (3, -5, "CNY")], "not exactly the lines"),
        ([(1, 5, "CNY"), (2, -6, "CNY"), (3, 1, "CNY")], "not exactly the lines"),
    ],
)
def test_a_statement_whose_postings_are_no_whole_balanced_entry_is_refused(
    owner: Connection, entry_id: int, rows: list[tuple[int, int, str]], said: str
) -> None:
    entry = _add_entry(owner, 2)
    statement = _values(*((entry, *row) for row in rows))
    assert said in _refused(owner, statement, psycopg.errors.IntegrityConstraintViolation)


def test_an_entry_posted_earlier_takes_no_further_postings(owner: Connection, entry_id: int) -> None:
    later = _values((entry_id, 3, 5, "CNY"), (entry_id, 4, -5, "CNY"))
    assert "not exactly the lines" in _refused(owner, later, psycopg.errors.IntegrityConstraintViolation)
    again = _values((entry_id, 1, 5, "CNY"), (entry_id, 2, -5, "CNY"))
    _refused(owner, again, psycopg.errors.UniqueViolation)


def test_postings_of_no_entry_or_account_are_refused(owner: Connection, entry_id: int) -> None:
    orphans = _values((entry_id + 1, 1, 5, "CNY"), (entry_id + 1, 2, -5, "CNY"))
    assert "no such entry" in _refused(owner, orphans, psycopg.errors.IntegrityConstraintViolation)
    entry = _add_entry(owner, 2)
    nowhere = _values((entry, 1, 5, "CNY"), (entry, 2, -5, "CNY")).replace("(SELECT min(id) FROM ledger_accounts)", "0")
    assert "account that does not exist" in _refused(owner, nowhere, psycopg.errors.ForeignKeyViolation)


def test_without_the_statement_trigger_an_unbalanced_entry_would_land(owner: Connection, entry_id: int) -> None:
    """The planted fault: the guard is what refuses, not something else on the way."""
    owner.execute(text("ALTER TABLE ledger_postings DISABLE TRIGGER ledger_postings_check"))
    entry = _add_entry(owner, 2)
    assert owner.execute(text(_values((entry, 1, 5, "CNY"), (entry, 2, -4, "CNY")))).rowcount == 2
    owner.rollback()


def test_a_negative_member_balance_is_refused_by_the_row_itself(owner: Connection, entry_id: int) -> None:
    statement = (
        "INSERT INTO ledger_balances (account_id, currency, amount_minor, sign) "
        "SELECT min(id), 'EUR', -1, 1 FROM ledger_accounts"
    )
    _refused(owner, statement, psycopg.errors.CheckViolation)
