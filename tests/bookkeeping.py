"""What a bookkeeper does in a test: accruals and settlements in, seals, proofs."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import text

from socialshop.audit import service as audit
from socialshop.infra.chain import Head
from socialshop.infra.clock import Clock, ManualClock
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.service import Entry, Posted, Posting, Proof, post, prove, seal

ORDER = uuid.UUID("01890000-0000-7000-8000-000000000001")
_PATIENCE_SECONDS = 60


def accrual(reference: str, member: int, amount: int, currency: str = "CNY") -> Entry:
    """Commission of `amount` minor units, held for the member."""
    return Entry(
        reference,
        "accrual",
        (
            Posting(chart.COMMISSION_EXPENSE, -amount, currency, ORDER),
            Posting(chart.member_pending(member), amount, currency, ORDER),
        ),
    )


def settlement(reference: str, member: int, amount: int, currency: str = "CNY") -> Entry:
    """`amount` minor units from what is pending to the wallet."""
    return Entry(
        reference,
        "settlement",
        (
            Posting(chart.member_pending(member), -amount, currency, ORDER),
            Posting(chart.member_wallet(member), amount, currency, ORDER),
        ),
    )


def posted(*entries: Entry) -> Posted:
    """Post in a unit of work of its own."""
    with unit_of_work() as uow:
        return post(uow, entries)


def posted_at(at: datetime, *entries: Entry) -> Posted:
    """Post in a unit of work that began then."""
    with unit_of_work(ManualClock(at)) as uow:
        return post(uow, entries)


def waiting(chain: str = "ledger") -> int:
    """Entries of a chain that are not sealed."""
    with unit_of_work() as uow:
        return int(uow.session.execute(text(f"SELECT count(*) FROM {chain}_seal_queue")).scalar_one())


def seal_all() -> None:
    """Seal the ledger until nothing waits."""
    _seal_all("ledger", seal)


def seal_all_audit(clock: Clock | None = None) -> None:
    """Seal the audit record until nothing waits."""
    _seal_all("audit", audit.seal, clock)


def _seal_all(chain: str, seal_one: Callable[[UnitOfWork], bool], clock: Clock | None = None) -> None:
    """Seal once all that waits can be sealed, so that the blocks are the same whoever else uses the server.

    An entry waits for every older transaction of the server, those of tests beside this one too: be patient.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    while _held_up(chain):
        assert time.monotonic() < end, "an older transaction never ended"
        time.sleep(0.005)
    while waiting(chain):
        with unit_of_work(clock) as uow:
            seal_one(uow)


def _held_up(chain: str) -> bool:
    """Whether an entry of the queue still waits for an older transaction; once none does, none ever will again."""
    statement = (
        f"SELECT EXISTS (SELECT FROM {chain}_seal_queue"
        " WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())"
        " AND transaction_id < pg_snapshot_xmax(pg_current_snapshot()))"
    )
    with unit_of_work() as uow:
        return bool(uow.session.execute(text(statement)).scalar_one())


def proved(head: Head | None = None) -> Proof:
    """The proof, in a snapshot of its own."""
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        return prove(uow, head)
