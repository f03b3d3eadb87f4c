"""The one table of periodic work. A tick is a row unique on (job, slot), so two schedulers make no duplicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from socialshop.infra.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Periodic:
    """Run `step` every `every`; a step is one transaction and says whether there is more to do at once."""

    name: str
    every: timedelta
    step: Callable[[UnitOfWork], bool]


PERIODIC: tuple[Periodic, ...] = ()
