"""Batches: approved requests claimed and frozen, released by another person, ended by what the channel says."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from socialshop.audit import service as audit
from socialshop.audit.service import Deed
from socialshop.commissions import service as commissions
from socialshop.commissions.service import Returned, Span
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, new_ids, to_public
from socialshop.ledger import service as ledger
from socialshop.payouts import postings, rules
from socialshop.payouts.errors import (
    BatchChanged,
    BatchNotReleased,
    MoneyHeld,
    NothingToPay,
    PayoutFileRefused,
    ReleasedByApprover,
    ReleasedByRequester,
    ResultConflict,
    SelfApproval,
)
from socialshop.payouts.events import PayoutsEnded, TransfersDue
from socialshop.payouts.rules import Channel, Item
from socialshop.payouts.service.giving_back import give_back
from socialshop.payouts.service.moving import found
from socialshop.payouts.store import batches as store
from socialshop.payouts.store import transfers
from socialshop.payouts.store.batches import Batch, BatchItem, Outcome

LARGEST_BATCH = 1_000
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch and its items, oldest request first."""

    batch: Batch
    items: Sequence[BatchItem]


@dataclass(frozen=True, slots=True)
class Apart:
    """Who may not release a batch: those who approved some of it, and those who asked for some of it."""

    approvers: frozenset[uuid.UUID]
    requesters: frozenset[uuid.UUID]

    def refusal(self, actor: uuid.UUID) -> ReleasedByApprover | ReleasedByRequester | None:
        """Why this person may not release it; None for who may."""
        if actor in self.approvers:
            return ReleasedByApprover("you approved some of this batch; somebody else releases it")
        if actor in self.requesters:
            return ReleasedByRequester("you asked for some of this batch; somebody else releases it")
        return None


def kept_apart(uow: UnitOfWork, batch_id: uuid.UUID, items: Sequence[BatchItem]) -> Apart:
    """Who is kept from releasing a batch with these items. One statement."""
    approvers = store.approvers_of(uow.session, batch_id)
    return Apart(frozenset(approvers), frozenset(item.member_id for item in items))


def create_batch(uow: UnitOfWork, *, actor: uuid.UUID, channel: Channel, currency: str) -> BatchView:
    """Claim up to a thousand approved requests, oldest first, and freeze what is to be paid to whom.

    The total is summed from the very rows that were claimed. Who makes a batch at the same time gets other requests.
    Raises NothingToPay.
    """
    items = store.claim_approved(uow.session, channel, currency, LARGEST_BATCH)
    if not items:
        raise NothingToPay(f"no approved request in {currency} waits for {channel}")
    batch_id = new_id()
    batch = Batch(
        id=batch_id,
        channel=channel,
        currency=currency,
        status="frozen",
        item_count=len(items),
        total_minor=sum(item.net_minor for item in items),
        content_hash=rules.batch_hash(batch_id, channel, currency, _lines(items)),
        created_by=actor,
        created_at=uow.now,
        released_by=None,
        released_at=None,
    )
    store.add(uow.session, batch, [item.request_id for item in items])
    _record(uow, actor, "created", batch)
    return show_batch(uow, batch_id)


def release_batch(
    uow: UnitOfWork, *, actor: uuid.UUID, batch_id: uuid.UUID, by_provider: Collection[str] = ()
) -> BatchView:
    """Let the money go. Again changes nothing. On the channels `by_provider` a provider pays item by item.

    Raises NotFound, ReleasedByApprover, ReleasedByRequester, MoneyHeld where a finding holds money of it, BatchChanged.
    The database holds the two persons apart, and held money back, as well.
    """
    batch = _found(uow, batch_id, lock=True)
    items = store.items_of(uow.session, batch_id)
    refusal = kept_apart(uow, batch_id, items).refusal(actor)
    if refusal is not None:
        raise refusal
    if batch.status == "frozen":
        _refuse_held(uow, batch)
        _refuse_changed(batch, items)
        store.release(uow.session, batch_id, actor, uow.now)
        _record(uow, actor, "released", batch)
        if batch.channel in by_provider:
            transfers.add(uow.session, batch_id, [each.request_id for each in items], new_ids(len(items)), uow.now)
            uow.emit(TransfersDue())
            items = store.items_of(uow.session, batch_id)
    return BatchView(_found(uow, batch_id), items)


def batch_to_pay(uow: UnitOfWork, *, actor: uuid.UUID, batch_id: uuid.UUID) -> BatchView:
    """A released batch with its accounts in full, for a file; who took it is recorded.

    Raises NotFound, BatchNotReleased, PayoutFileRefused (an account was erased since), BatchChanged.
    """
    batch = _found(uow, batch_id)
    _refuse_frozen(batch)
    items = store.items_of(uow.session, batch_id)
    if any(item.transfer for item in items):
        raise PayoutFileRefused("a provider pays this batch item by item: a file would pay it twice", field="format")
    _refuse_blotted(items)
    _refuse_changed(batch, items)
    _record(uow, actor, "file_read", batch)
    return BatchView(batch, items)


def record_results(
    uow: UnitOfWork, *, actor: uuid.UUID | None, batch_id: uuid.UUID, outcomes: Sequence[Outcome]
) -> BatchView:
    """What the channel said of items: paid money is gone, failed money is back in the wallet. Again changes nothing.

    What was paid may come back later: then it is `returned`, into the wallet too. All are taken or none. With no
    `actor` a provider said so. Raises NotFound (the batch, or a request that is not in it), BatchNotReleased,
    SelfApproval (the actor's own money would be back), ResultConflict. A constant number of statements.
    """
    batch = _found(uow, batch_id, lock=True)
    items = {item.request_id: item for item in store.items_of(uow.session, batch_id)}
    if any(outcome.request_id not in items for outcome in outcomes):
        raise NotFound("no such payout request in this batch")
    _refuse_frozen(batch)
    for outcome in outcomes:
        _refuse_own_return(items[outcome.request_id], outcome, actor)
        _refuse_under_way(items[outcome.request_id], actor)
        _refuse_other_result(items[outcome.request_id], outcome)
    fresh = [outcome for outcome in outcomes if items[outcome.request_id].status != outcome.status]
    if fresh:
        _end(uow, batch, items, fresh)
        audit.record_all(uow, [_deed(actor, batch, outcome) for outcome in fresh])
    return show_batch(uow, batch_id)


def record_return(uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID, reason: str) -> None:
    """The bank sent a paid request's money back, and why. Raises NotFound, and as `record_results` does."""
    request = found(uow, request_id)
    if request.batch_id is None:
        raise ResultConflict(f"the request is {request.status}: nothing was paid", state=request.status)
    outcome = Outcome(request_id, postings.RETURNED, None, reason)
    record_results(uow, actor=actor, batch_id=request.batch_id, outcomes=[outcome])


def released_batch(uow: UnitOfWork, batch_id: uuid.UUID) -> BatchView:
    """A batch whose items may have results, locked until the unit of work ends. Raises NotFound, BatchNotReleased."""
    batch = _found(uow, batch_id, lock=True)
    _refuse_frozen(batch)
    return BatchView(batch, store.items_of(uow.session, batch_id))


def show_batch(uow: UnitOfWork, batch_id: uuid.UUID) -> BatchView:
    """A batch and its items. Raises NotFound."""
    return BatchView(_found(uow, batch_id), store.items_of(uow.session, batch_id))


def batches(uow: UnitOfWork, *, limit: int, after: uuid.UUID | None) -> list[Batch]:
    """Up to `limit + 1` batches older than `after`, newest first."""
    return store.page(uow.session, limit=limit + 1, after=after)


def _end(uow: UnitOfWork, batch: Batch, items: Mapping[uuid.UUID, BatchItem], fresh: Sequence[Outcome]) -> None:
    store.end_items(uow.session, fresh, uow.now)
    crash_point("payouts.ended")
    paid = [items[outcome.request_id] for outcome in fresh if outcome.status == "paid"]
    back = {
        why: [_claim(batch, items[outcome.request_id]) for outcome in fresh if outcome.status == why]
        for why in ("failed", postings.RETURNED)
    }
    # Posting locks the members' balances until the end of the transaction: of two results for one member the later
    # counts what the earlier paid.
    leaving = [_claim(batch, item) for item in paid]
    ledger.post(uow, [*map(postings.pay, leaving), *give_back(uow, back, beside=leaving)])
    crash_point("payouts.posted")
    if back[postings.RETURNED]:
        taken = store.parts_of(uow.session, [claim.request_id for claim in back[postings.RETURNED]])
        commissions.come_back(uow, [Returned(*part) for part in taken])
    if paid:
        parts = commissions.pay_out(uow, list(_spans(uow, batch, paid)), batch.currency)
        store.add_parts(uow.session, [(part.subject_id, part.accrual_id, part.part_minor) for part in parts])
    store.settle_if_done(uow.session, batch.id)
    uow.emit(PayoutsEnded(request_ids=tuple(outcome.request_id for outcome in fresh)))


def _spans(uow: UnitOfWork, batch: Batch, paid: Sequence[BatchItem]) -> Iterator[Span]:
    """What each paid item takes of its member's commission: from where all that was paid before ends."""
    by_member = sorted(paid, key=lambda item: (item.member_number, item.request_id))
    totals = store.paid_totals(uow.session, [item.member_number for item in by_member], batch.currency)
    for number, group in groupby(by_member, key=lambda item: item.member_number):
        mine = list(group)
        start = totals[number] - sum(item.amount_minor for item in mine)
        for item in mine:
            yield Span(item.request_id, number, start, start + item.amount_minor)
            start += item.amount_minor


def _found(uow: UnitOfWork, batch_id: uuid.UUID, *, lock: bool = False) -> Batch:
    batch = store.find(uow.session, batch_id, lock=lock)
    if batch is None:
        raise NotFound("no such payout batch")
    return batch


def _refuse_frozen(batch: Batch) -> None:
    if batch.status == "frozen":
        raise BatchNotReleased("somebody has to release the batch first")


def _refuse_blotted(items: Sequence[BatchItem]) -> None:
    """Long after it was paid, what tells of a member who left is erased, the account of an old batch too."""
    if blotted := [to_public("por", item.request_id) for item in items if not item.holder]:
        raise PayoutFileRefused(
            f"{len(blotted)} of {len(items)} payouts went to members who have left; their accounts are erased by now",
            request_ids=blotted[:MOST_NAMED],
        )


def _refuse_held(uow: UnitOfWork, batch: Batch) -> None:
    if held := [to_public("por", request_id) for request_id in store.held_in(uow.session, batch.id)]:
        raise MoneyHeld(
            f"findings hold the money of {len(held)} requests of this batch; decide about the findings first",
            request_ids=held[:MOST_NAMED],
        )


def _refuse_changed(batch: Batch, items: Sequence[BatchItem]) -> None:
    if rules.batch_hash(batch.id, batch.channel, batch.currency, _lines(items)) != batch.content_hash:
        raise BatchChanged(
            "the batch is no longer what was frozen; run `socialshop prove` and look into the audit record"
        )


def _refuse_own_return(item: BatchItem, outcome: Outcome, actor: uuid.UUID | None) -> None:
    """Who says that the bank did not pay, or sent back, gets nothing of it: else one could be paid twice."""
    if item.member_id == actor and outcome.status != "paid":
        raise SelfApproval("somebody else says that your own payout came to nothing")


def _refuse_under_way(item: BatchItem, actor: uuid.UUID | None) -> None:
    """While a provider has it nobody says what became of it, or it might be paid twice; of what is unknown one may."""
    if actor is not None and item.status == "batched" and item.transfer in ("waiting", "sent"):
        public_id = to_public("por", item.request_id)
        raise ResultConflict(f"a provider pays {public_id} just now", request_id=public_id, state=item.transfer)


def _refuse_other_result(item: BatchItem, outcome: Outcome) -> None:
    if not rules.may_become(item.status, outcome.status):
        public_id = to_public("por", item.request_id)
        raise ResultConflict(f"{public_id} is {item.status} already", request_id=public_id, state=item.status)


def _lines(items: Sequence[BatchItem]) -> list[Item]:
    return [Item(item.request_id, item.net_minor, item.holder, item.account) for item in items]


def _claim(batch: Batch, item: BatchItem) -> postings.Claim:
    return postings.Claim(
        item.request_id,
        item.member_number,
        item.amount_minor,
        batch.currency,
        batch.channel,
        item.tax_minor,
        item.fee_minor,
    )


def _record(uow: UnitOfWork, actor: uuid.UUID, what: str, batch: Batch) -> None:
    facts = {
        "channel": batch.channel,
        "currency": batch.currency,
        "items": batch.item_count,
        "total_minor": batch.total_minor,
        "content_hash": batch.content_hash.hex(),
    }
    audit.record(uow, actor=actor, action=f"payout_batch.{what}", target=to_public("pob", batch.id), facts=facts)


def _deed(actor: uuid.UUID | None, batch: Batch, outcome: Outcome) -> Deed:
    facts = {"batch": to_public("pob", batch.id), "reference": outcome.reference, "reason": outcome.reason}
    return Deed(actor, f"payout.{outcome.status}", to_public("por", outcome.request_id), facts)
