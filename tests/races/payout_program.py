"""The results of a batch of payouts, taken by one process that a test kills."""

from __future__ import annotations

import uuid

from socialshop.app import create_app
from socialshop.infra import wired
from socialshop.infra.uow import in_unit_of_work
from socialshop.payouts import service as payouts
from socialshop.payouts.service import Outcome
from socialshop.payouts.transfers import transfer_gateways


def take_results(actor: str, batch: str, *requests: str) -> None:
    """Every second one is paid, the first has failed. Settings come from the environment."""
    outcomes = [Outcome(uuid.UUID(request), "paid" if n % 2 else "failed", None) for n, request in enumerate(requests)]
    with create_app().app_context():
        in_unit_of_work(
            lambda uow: payouts.record_results(
                uow, actor=uuid.UUID(actor), batch_id=uuid.UUID(batch), outcomes=outcomes
            )
        )


def disburse() -> None:
    """Pay what is due through the sandbox of the environment's data folder, with no pause between attempts."""
    with create_app().app_context():
        payouts.disburse(wired.clock(), transfer_gateways())
