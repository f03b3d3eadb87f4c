"""Works that all start together, each in a thread and a unit of work of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask

from socialshop.infra.clock import Clock
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError


def at_once(app: Flask, clock: Clock, works: Sequence[Callable[[UnitOfWork], Any]]) -> Counter[str]:
    """Run them; returns how they ended: `done`, or the code of what was refused."""
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
    for thread in threads:
        thread.join()
    return Counter(ended)
