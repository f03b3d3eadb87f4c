"""What a bookkeeper does in a test: accruals and settlements in, seals, proofs."""

from __future__ import annotations

import time
import uuid

from sqlalchemy import text

from socialshop.infra.chain import Head
from socialshop.infra.uow import unit_of_work
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


def waiting() -> int:
    """Entries that are not sealed."""
    with unit_of_work() as uow:
        return int(uow.session.execute(text("SELECT count(*) FROM ledger_seal_queue")).scalar_one())


def seal_all() -> None:
    """Seal until nothing waits.

    An entry waits for every older transaction of the server, those of tests beside this one too: hence the patience.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    while waiting():
        assert time.monotonic() < end, "an older transaction never ended"
        with unit_of_work() as uow:
            seal(uow)
        time.sleep(0.005)


def proved(head: Head | None = None) -> Proof:
    """The proof, in a snapshot of its own."""
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        return prove(uow, head)
