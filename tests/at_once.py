"""Works that start together, each in a thread and a unit of work of its own; and faults that are met for certain."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Flask
from patience import PATIENCE
from running_shop import until
from sqlalchemy import text

from socialshop.infra.clock import Clock
from socialshop.infra.db import db
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError

T = TypeVar("T")


def at_once(
    app: Flask,
    clock: Clock,
    works: Sequence[Callable[[UnitOfWork], Any]],
    meanwhile: Callable[[], object] = lambda: None,
) -> Counter[str]:
    """Run them, and `meanwhile` beside them; returns how they ended: `done`, or the code of what was refused."""
    gate = threading.Barrier(len(works))
    ended: list[str] = []

    def run(work: Callable[[UnitOfWork], Any]) -> None:
        with app.app_context():
            gate.wait()
            try:
                in_unit_of_work(work, clock)
                ended.append("done")
            except DomainError as refused:
                ended.append(refused.code)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        meanwhile()
    finally:
        for thread in threads:
            thread.join()
    return Counter(ended)


def together(act: Callable[..., T], callers: int = 2) -> Callable[..., T]:
    """`act`, whose first callers go on only when so many have their answer: all have read before anybody writes."""
    changed, answered = threading.Condition(), 0

    def wait(*given: Any, **more: Any) -> T:
        nonlocal answered
        found = act(*given, **more)
        with changed:
            answered += 1
            changed.notify_all()
            assert changed.wait_for(lambda: answered >= callers, PATIENCE), f"{answered} of {callers} ever came"
        return found

    return wait


@contextmanager
def rows_held(chosen_by: str) -> Iterator[Callable[[int], None]]:
    """Rows, chosen by a statement, that nobody else may write until so many wait for a lock of this database.

    The block is given what waits for that and lets them go.
    """
    with db.engine.connect() as holder, db.engine.connect() as other:
        looker = other.execution_options(isolation_level="AUTOCOMMIT")
        holder.execute(text(f"{chosen_by} FOR UPDATE"))
        waiting = text(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )

        def let_go(waiters: int) -> None:
            try:
                until(lambda: looker.execute(waiting).scalar_one() >= waiters, f"{waiters} wait for what is held")
            finally:
                holder.rollback()

        yield let_go
