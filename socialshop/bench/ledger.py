"""Benches of the books: how long the proof takes, and whether the sealer slows those who post."""

from __future__ import annotations

import random
import resource
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from multiprocessing.context import SpawnContext
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from typing import Any

from flask import Flask

from socialshop.infra import lifeline, wired
from socialshop.infra.db import db
from socialshop.infra.settings import Settings
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import new_id, new_ids
from socialshop.ledger import chart, service
from socialshop.ledger.service import Entry, Posting

POSTINGS = 1_000_000
MEMBERS = 10_000
PROCESSES = 4
THREADS = 8
ROUNDS = 4
ROUND_SECONDS = 8.0
SEAL_EVERY_SECONDS = 1.0
SEED = 7
_BATCH_POSTINGS = 40_000
_SETTLEMENTS_AN_ENTRY = 1_000


def prove(app: Flask) -> dict[str, Any]:
    """The proof of a ledger of `POSTINGS` postings, all sealed, in a process of its own so that its memory shows."""
    with app.app_context():
        for batch in _books():
            with unit_of_work() as uow:
                service.post(uow, batch)
        seal_s = _seal_all()
        db.engine.dispose()
        settings = wired.settings()
    spawn = get_context("spawn")
    answers: SimpleQueue[dict[str, Any]] = spawn.SimpleQueue()
    child = spawn.Process(target=_prove_alone, args=(settings, answers))
    child.start()
    answer = answers.get()
    child.join()
    return {**answer, "aim": "seconds <= 60 and prove_rss_mb < 500", "seal_s": round(seal_s, 2)}


def _prove_alone(settings: Settings, answers: SimpleQueue[dict[str, Any]]) -> None:
    from socialshop.app import create_app

    lifeline.follow_parent()
    app = create_app(settings)
    with app.app_context():
        begin = time.perf_counter()
        with unit_of_work(isolation="REPEATABLE READ") as uow:
            proof = service.prove(uow)
        seconds = time.perf_counter() - begin
        db.engine.dispose()
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    answers.put({**asdict(proof), "seconds": round(seconds, 2), "prove_rss_mb": rss_mb})


def _books() -> Iterator[list[Entry]]:
    """Four fifths accruals (a sale's two levels an entry), one fifth settlements of them, a thousand an entry."""
    accruals = POSTINGS * 4 // 5 // 4
    for first in range(0, accruals, _BATCH_POSTINGS // 4):
        yield [_accrual(number) for number in range(first, min(first + _BATCH_POSTINGS // 4, accruals))]
    settlements = POSTINGS // 5 // 2
    for first in range(0, settlements, _SETTLEMENTS_AN_ENTRY):
        members = range(first, min(first + _SETTLEMENTS_AN_ENTRY, settlements))
        yield [_settlement(first, [number % MEMBERS + 1 for number in members])]


def _accrual(number: int) -> Entry:
    postings = []
    for member, amount, subject in zip((number, number * 7), (80, 30), new_ids(2), strict=True):
        postings += [
            Posting(chart.COMMISSION_EXPENSE, -amount, "CNY", subject),
            Posting(chart.member_pending(member % MEMBERS + 1), amount, "CNY", subject),
        ]
    return Entry(f"accrual:{number}", "accrual", postings)


def _settlement(first: int, members: Sequence[int]) -> Entry:
    postings = []
    for member, subject in zip(members, new_ids(len(members)), strict=True):
        postings += [
            Posting(chart.member_pending(member), -1, "CNY", subject),
            Posting(chart.member_wallet(member), 1, "CNY", subject),
        ]
    return Entry(f"settlement:{first}", "settlement", postings)


def _seal_all() -> float:
    begin = time.perf_counter()
    while in_unit_of_work(service.seal):
        pass
    return time.perf_counter() - begin


def _with_wide_pool() -> Settings:
    return wired.settings().model_copy(update={"database_pool": THREADS})


def seal(app: Flask) -> dict[str, Any]:
    """Entries a second that 32 clients post one by one, with the sealer at work and without, in alternate rounds.

    The sealer runs once a second, five times as often as the shop's own, in a process apart from the clients'. What a
    round without it left is sealed before the next begins.
    """
    rates: dict[bool, list[float]] = {False: [], True: []}
    with app.app_context(), _Clients(get_context("spawn"), _with_wide_pool()) as clients:
        for turn in range(2 * ROUNDS):
            _seal_all()
            sealing = turn % 2 == 1
            clients.barrier.wait()
            _seal_until(time.monotonic() + ROUND_SECONDS, sealing)
            rates[sealing].append(clients.posted() / ROUND_SECONDS)
        _seal_all()
        with unit_of_work(isolation="REPEATABLE READ") as uow:
            proof = service.prove(uow)
    off, on = (sum(rates[sealing]) / ROUNDS for sealing in (False, True))
    return {
        "clients": PROCESSES * THREADS,
        "entries": proof.entries,
        "proved": proof.holds,
        "sealer_off_per_s": round(off, 1),
        "sealer_on_per_s": round(on, 1),
        "rounds_per_s": {"off": [round(rate) for rate in rates[False]], "on": [round(rate) for rate in rates[True]]},
        "ratio": round(on / off, 3),
        "aim": "ratio >= 0.9",
    }


def _seal_until(end: float, sealing: bool) -> None:
    while (left := end - time.monotonic()) > 0:
        if sealing:
            in_unit_of_work(service.seal)
        time.sleep(min(SEAL_EVERY_SECONDS, left))


class _Clients:
    """Processes of threads, each of which posts one entry after another while a round lasts."""

    def __init__(self, spawn: SpawnContext, settings: Settings) -> None:
        self.barrier = spawn.Barrier(PROCESSES + 1)
        self._counts: SimpleQueue[int] = spawn.SimpleQueue()
        self._processes = [
            spawn.Process(target=_post_in_rounds, args=(settings, number, self.barrier, self._counts))
            for number in range(PROCESSES)
        ]

    def __enter__(self) -> _Clients:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.barrier.abort()
        for process in self._processes:
            process.join()

    def posted(self) -> int:
        """Entries of the round that just ended."""
        return sum(self._counts.get() for _ in self._processes)


def _post_in_rounds(settings: Settings, number: int, barrier: Barrier, counts: SimpleQueue[int]) -> None:
    from socialshop.app import create_app

    lifeline.follow_parent()
    app = create_app(settings)
    with ThreadPoolExecutor(THREADS) as pool:
        while True:
            try:
                barrier.wait()
            except threading.BrokenBarrierError:
                break
            end = time.monotonic() + ROUND_SECONDS
            clients = [pool.submit(_post_until, app, end, random.Random(number * THREADS + n)) for n in range(THREADS)]  # noqa: S311
            counts.put(sum(client.result() for client in clients))
    with app.app_context():
        db.engine.dispose()


def _post_until(app: Flask, end: float, chance: random.Random) -> int:
    """Sales with one commission each, an entry a transaction."""
    count = 0
    with app.app_context():
        while time.monotonic() < end:
            order = new_id()
            sale = Entry(
                f"sale:{order}",
                "sale",
                [
                    Posting(chart.provider_clearing("import"), -1_000, "CNY", order),
                    Posting(chart.SALES, 1_000, "CNY", order),
                    Posting(chart.COMMISSION_EXPENSE, -80, "CNY", order),
                    Posting(chart.member_pending(chance.randint(1, MEMBERS)), 80, "CNY", order),
                ],
            )
            in_unit_of_work(lambda uow, sale=sale: service.post(uow, [sale]))  # type: ignore[misc]
            count += 1
    return count
