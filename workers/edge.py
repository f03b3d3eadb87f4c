"""The edge that jobs stand on: their units of work begin at the app's own clock, as those of requests do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import current_app

from socialshop.infra import uow
from socialshop.infra.clock import Clock
from socialshop.infra.uow import UnitOfWork

T = TypeVar("T")


def in_unit_of_work(work: Callable[[UnitOfWork], T]) -> T:
    """Run `work` in a transaction of the current app, as `infra.uow.in_unit_of_work` does."""
    clock: Clock = current_app.extensions["socialshop_clock"]
    return uow.in_unit_of_work(work, clock)
