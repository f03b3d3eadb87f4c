"""Writers, readers and sealers at once: nobody deadlocks, nothing is spent twice, nothing escapes its seal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from bookkeeping import accrual, posted, proved, seal_all, settlement, waiting
from flask import Flask
from patience import PATIENCE
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from socialshop.infra.uow import unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.errors import InsufficientBalance
from socialshop.ledger.service import Entry, Posting, balance, post, seal, wallet

CLIENTS = 8


def _at_once(app: Flask, act: Callable[[int], object]) -> list[object]:
    """Every client's answer, or what it raised; all begin together."""
    barrier = threading.Barrier(CLIENTS)

    def client(number: int) -> object:
        with app.app_context():
            barrier.wait()
            try:
                return act(number)
            except Exception as error:
                return error

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(client, range(CLIENTS)))


def _sale(reference: str, amount: int = 1) -> Entry:
    clearing = chart.provider_clearing("import")
    return Entry(reference, "sale", [Posting(clearing, -amount, "CNY"), Posting(chart.SALES, amount, "CNY")])


@pytest.fixture
def older(app: Flask) -> Iterator[Callable[[], None]]:
    """A transaction that has posted and stays open; the fixture's value commits it."""
    opened, commit, done = threading.Event(), threading.Event(), threading.Event()
    # An account's first posting makes it, and a second one waits for that: once in a shop's life.
    posted(_sale("first"))
    seal_all()

    def hold() -> None:
        with app.app_context():
            with unit_of_work() as uow:
                post(uow, [_sale("older")])
                opened.set()
                commit.wait(PATIENCE)
            done.set()

    thread = threading.Thread(target=hold)
    thread.start()
    assert opened.wait(PATIENCE)

    def finish() -> None:
        commit.set()
        assert done.wait(PATIENCE)

    yield finish
    commit.set()
    thread.join()


def _blocks() -> list[tuple[int, list[str]]]:
    with unit_of_work() as uow:
        rows = uow.session.execute(
            text(
                "SELECT m.block_number, array_agg(e.reference ORDER BY e.id) FROM ledger_block_entries m "
                "JOIN ledger_entries e ON e.id = m.entry_id GROUP BY 1 ORDER BY 1"
            )
        )
        return [(number, references) for number, references in rows]


def test_an_entry_waits_for_its_seal_while_an_older_writer_is_at_work(app: Flask, older: Callable[[], None]) -> None:
    posted(_sale("younger"))
    for _ in range(3):
        with unit_of_work() as uow:
            assert seal(uow) is False
    assert (waiting(), _blocks()) == (1, [(1, ["first"])])
    assert proved().unsealed == 1
    older()
    seal_all()
    # The older one's id is the smaller: had the younger been sealed before, the order of blocks were not that of ids.
    assert _blocks() == [(1, ["first"]), (2, ["older", "younger"])]
    assert proved().holds


def _give_waiting_the_transaction(database_url: str, transaction: int) -> None:
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(text("UPDATE ledger_seal_queue SET transaction_id = CAST(:id AS xid8)"), {"id": str(transaction)})
    engine.dispose()


def test_an_entry_with_a_smaller_id_joins_a_later_block(
    app: Flask, database_url: str, older: Callable[[], None]
) -> None:
    """Ids are drawn before commits: a chain that insisted on their order would lose this one."""
    posted(_sale("younger"))
    _give_waiting_the_transaction(database_url, 3)
    with unit_of_work() as uow:
        seal(uow)
    older()
    seal_all()
    assert _blocks() == [(1, ["first"]), (2, ["younger"]), (3, ["older"])]
    assert proved().holds


def test_an_entry_from_before_a_restore_counts_as_committed(app: Flask, database_url: str) -> None:
    """Another cluster's transaction ids mean nothing here, and may be far ahead."""
    posted(_sale("restored"))
    _give_waiting_the_transaction(database_url, 2**63 - 1)
    with unit_of_work() as uow:
        seal(uow)
    assert _blocks() == [(1, ["restored"])]


def test_a_sealer_that_finds_another_at_work_does_nothing(app: Flask) -> None:
    posted(_sale("s1"))
    taken, end = threading.Event(), threading.Event()

    def other() -> None:
        with app.app_context(), unit_of_work() as uow:
            uow.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ledger.seal', 0))"))
            taken.set()
            end.wait(PATIENCE)

    thread = threading.Thread(target=other)
    thread.start()
    assert taken.wait(PATIENCE)
    with unit_of_work() as uow:
        assert seal(uow) is False
    assert _blocks() == []
    end.set()
    thread.join()
    seal_all()
    assert _blocks() == [(1, ["s1"])]


def test_sealers_at_once_make_one_chain(app: Flask) -> None:
    posted(*(_sale(f"s{n}") for n in range(50)))

    def seal_some(_client: int) -> None:
        for _ in range(5):
            with unit_of_work() as uow:
                seal(uow)

    assert _at_once(app, seal_some) == [None] * CLIENTS
    seal_all()
    assert sum(len(references) for _, references in _blocks()) == 50
    assert proved().holds


def test_writers_and_a_sealer_at_once_leave_books_that_prove(app: Flask) -> None:
    def write_or_seal(client: int) -> None:
        for turn in range(15):
            if client == 0:
                with unit_of_work() as uow:
                    seal(uow)
            else:
                posted(_sale(f"s{client}.{turn}", 3), accrual(f"a{client}.{turn}", turn + 1, 2))

    assert _at_once(app, write_or_seal) == [None] * CLIENTS
    seal_all()
    proof = proved()
    assert proof.first_difference is None
    assert (proof.entries, proof.unsealed) == ((CLIENTS - 1) * 15 * 2, 0)
    with unit_of_work() as uow:
        assert balance(uow, chart.SALES, "CNY") == (CLIENTS - 1) * 15 * 3


def test_batches_over_the_same_members_in_opposite_orders_do_not_deadlock(app: Flask) -> None:
    def post_batch(client: int) -> None:
        members = range(1, 101) if client % 2 else range(100, 0, -1)
        for turn in range(5):
            posted(*(accrual(f"{client}.{turn}.{member}", member, 1) for member in members))

    assert _at_once(app, post_batch) == [None] * CLIENTS
    with unit_of_work() as uow:
        assert wallet(uow, 1, "CNY").pending == CLIENTS * 5


def test_one_balance_is_spent_once(app: Flask) -> None:
    posted(accrual("a", 1, 100))
    answers = _at_once(app, lambda client: posted(settlement(f"s{client}", 1, 60)))
    assert sum(isinstance(answer, InsufficientBalance) for answer in answers) == CLIENTS - 1
    with unit_of_work() as uow:
        assert (wallet(uow, 1, "CNY").pending, wallet(uow, 1, "CNY").available) == (40, 60)
    assert proved().holds


def test_the_same_entry_from_many_at_once_is_posted_once(app: Flask) -> None:
    batch = [accrual(f"a{n}", n, 5) for n in range(1, 21)]

    def post_all(client: int) -> object:
        return posted(*(batch if client % 2 else batch[::-1])).entries

    answers = _at_once(app, post_all)
    assert sorted(answers, key=str) == sorted([20, *[0] * (CLIENTS - 1)], key=str)
    assert proved().entries == 20


@pytest.fixture
def impatient(app: Flask) -> Callable[[Entry], None]:
    """Post, and give up on any lock after a moment."""

    def run(entry: Entry) -> None:
        with unit_of_work() as uow:
            uow.session.execute(text("SET LOCAL lock_timeout = '500ms'"))
            post(uow, [entry])

    return run


def test_a_sale_waits_for_no_other_sale(
    app: Flask, older: Callable[[], None], impatient: Callable[[Entry], None]
) -> None:
    impatient(_sale("younger"))
    older()
    with unit_of_work() as uow:
        assert balance(uow, chart.SALES, "CNY") == 3


def test_a_sale_waits_for_no_sealer(app: Flask, impatient: Callable[[Entry], None]) -> None:
    posted(_sale("s1"))
    sealed, end = threading.Event(), threading.Event()

    def sealer() -> None:
        with app.app_context(), unit_of_work() as uow:
            seal(uow)
            sealed.set()
            end.wait(PATIENCE)

    thread = threading.Thread(target=sealer)
    thread.start()
    assert sealed.wait(PATIENCE)
    impatient(_sale("s2"))
    end.set()
    thread.join()


def test_were_the_shops_accounts_not_folded_a_sale_would_wait(
    app: Flask, impatient: Callable[[Entry], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault, to see that the two tests above look at something."""
    plain = chart.account.__wrapped__

    def unfolded(name: str) -> chart.Account:
        found = plain(name)
        return chart.Account(found.name, found.type, found.sign, folded=False)

    monkeypatch.setattr(chart, "account", unfolded)
    opened, end = threading.Event(), threading.Event()

    def hold() -> None:
        with app.app_context(), unit_of_work() as uow:
            post(uow, [_sale("s1")])
            opened.set()
            end.wait(PATIENCE)

    posted(_sale("s0"))
    thread = threading.Thread(target=hold)
    thread.start()
    assert opened.wait(PATIENCE)
    with pytest.raises(OperationalError, match="lock timeout"):
        impatient(_sale("s2"))
    end.set()
    thread.join()


def test_a_folded_balance_reads_the_same_while_it_is_sealed(app: Flask) -> None:
    posted(*(_sale(f"s{n}") for n in range(200)))

    def read_or_seal(client: int) -> set[int]:
        read = set()
        for _ in range(10):
            with unit_of_work() as uow:
                if client == 0:
                    seal(uow)
                read.add(balance(uow, chart.SALES, "CNY"))
        return read

    assert _at_once(app, read_or_seal) == [{200}] * CLIENTS
