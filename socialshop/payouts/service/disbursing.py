"""Disbursement: a released batch is paid item by item by a provider, each by a key that was written before the call.

    released with its keys (commit) ──► the provider's answer, by the key ──► recorded as a result (commit)

What is not known to have happened is `unknown`: the poller asks by the same key until the provider says what it was.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutcomeUnknown, OutsideQueue, Refused
from socialshop.infra.uow import UnitOfWork
from socialshop.payouts.events import TransfersDue
from socialshop.payouts.rules import LONGEST_REASON, LONGEST_REFERENCE
from socialshop.payouts.service.batching import record_results, released_batch
from socialshop.payouts.store import transfers as store
from socialshop.payouts.store.batches import Outcome
from socialshop.payouts.store.transfers import Transfer, TransferMove
from socialshop.payouts.transfers import TransferAnswer, TransferGateways, Transferred, Wanted

Answer = TransferAnswer | OutcomeUnknown | Refused
_LEASE = timedelta(minutes=1)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=10)
_BATCH, _WIDTH = 16, 8


def disburse(clock: Clock, gateways: TransferGateways) -> None:
    """Ask for the transfers that are due, and look at those under way."""
    queue = OutsideQueue[Transfer, TransferAnswer](
        "disbursements", claim=_claim, call=partial(_ask, gateways), record=_record, width=_WIDTH
    )
    while queue.make(clock) == _BATCH:
        pass


def poll_transfers(uow: UnitOfWork) -> bool:
    """Have looked at transfers that are due."""
    if store.is_any_due(uow.session, uow.now):
        uow.emit(TransfersDue())
    return False


def count_unknown_transfers(uow: UnitOfWork) -> int:
    """Transfers without a known outcome: more than a few for more than minutes need a person."""
    return store.count_unknown(uow.session)


def _claim(uow: UnitOfWork) -> list[Transfer]:
    return store.claim(uow.session, now=uow.now, leased_until=uow.now + _LEASE, limit=_BATCH)


def _ask(gateways: TransferGateways, one: Transfer) -> TransferAnswer:
    gateway = gateways.get(one.channel)
    if gateway is None:
        raise OutcomeUnknown(f"no provider for {one.channel} is set up here")
    if one.reference is not None:
        return gateway.look(one.reference)
    return gateway.send(str(one.key), Wanted(one.net_minor, one.currency, one.holder, one.account))


def _record(uow: UnitOfWork, answered: Sequence[tuple[Transfer, Answer]]) -> None:
    """Ends are results as a person would tell them, by nobody; all of a batch at once, the batches in one order."""
    ended: dict[uuid.UUID, list[Outcome]] = defaultdict(list)
    for one, answer in answered:
        outcome = _outcome(one, answer)
        if outcome is not None:
            ended[one.batch_id].append(outcome)
    for batch_id in sorted(ended):
        waiting = {item.request_id for item in released_batch(uow, batch_id).items if item.status == "batched"}
        outcomes = [outcome for outcome in ended[batch_id] if outcome.request_id in waiting]
        if outcomes:
            record_results(uow, actor=None, batch_id=batch_id, outcomes=outcomes)
    store.move(uow.session, [_move(uow, one, answer) for one, answer in answered])


def _outcome(one: Transfer, answer: Answer) -> Outcome | None:
    if isinstance(answer, Refused):
        return Outcome(one.request_id, "failed", one.reference, str(answer)[:LONGEST_REASON])
    if isinstance(answer, OutcomeUnknown) or answer.state is Transferred.SENT:
        return None
    return Outcome(one.request_id, answer.state, answer.reference[:LONGEST_REFERENCE], answer.reason)


def _move(uow: UnitOfWork, one: Transfer, answer: Answer) -> TransferMove:
    later = uow.now + min(_FIRST_WAIT * 2 ** min(one.attempts - 1, 10), _LONGEST_WAIT)
    if isinstance(answer, Refused):
        return TransferMove(one.request_id, "failed", None, str(answer), None)
    if isinstance(answer, OutcomeUnknown):
        return TransferMove(one.request_id, "unknown", None, str(answer), later)
    if answer.state is Transferred.SENT:
        return TransferMove(one.request_id, "sent", answer.reference, None, later)
    return TransferMove(one.request_id, answer.state, answer.reference, answer.reason, None)
