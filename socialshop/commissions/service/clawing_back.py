"""Claw back: money went back to a buyer, so what the sale earned others comes down to what its net line earns.

Taken from the accrual if it has not settled, else from the wallet as far as that is available, else it is owed: what
is reserved for a payout stays untouched. An accrual's amount is never edited; what was taken is a row of its own.

Locks, in this order: the order; its accruals' places in the order of settlement; the counters of caps; the balances;
the accruals. Settlement
takes the places first too, and payouts hold a balance before they touch its accruals, so nobody waits in a circle.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from socialshop.commissions import rules
from socialshop.commissions.events import CommissionOwed, CommissionsClawedBack, MilestonesDue
from socialshop.commissions.margin import with_margin
from socialshop.commissions.plan import Leg, Plan, parse_plan, with_perk
from socialshop.commissions.rules import Standing, Taken
from socialshop.commissions.service.accruing import has_milestones, tell_links, wait_for_accruals
from socialshop.commissions.service.capping import hold_counters, make_room
from socialshop.commissions.store import clawbacks as store
from socialshop.commissions.store import milestones, plans, receipts
from socialshop.commissions.store.clawbacks import ClawbackRow
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_ids, to_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting

# (plan, document) by version.
Plans = Mapping[uuid.UUID, tuple[uuid.UUID, Plan]]
# By how much an accrual exceeds what its leg gives for what is left.
Excess = Callable[[Leg, Standing], int]

_TAKEN_FROM = (
    (chart.member_pending, "pending_minor"),
    (chart.member_wallet, "wallet_minor"),
    (chart.member_receivable, "owed_minor"),
)


def claw_back(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrderRefunded and ClawbackDue. A refund claws back once, told of it however often.

    A constant number of statements a refund. To be given one payload at a time: see the order of locks.
    """
    for refund_id in sorted({uuid.UUID(payload["refund_id"]) for payload in payloads}):
        _claw_back(uow, refund_id)


def _claw_back(uow: UnitOfWork, refund_id: uuid.UUID) -> None:
    session = uow.session
    order_id = store.order_of(session, refund_id)
    if order_id is None:
        return
    if receipts.unaccrued(session, [order_id]):
        wait_for_accruals(uow)
        if receipts.unaccrued(session, [order_id]):
            return  # the accrual, when it comes, finds the refund and says that a claw back is due
    if not store.claim(session, refund_id, order_id, uow.now):
        return
    crash_point("clawback.claimed")
    accruals = store.standing(session, order_id)
    if not accruals:
        if milestones.is_counted(session, order_id):
            uow.emit(MilestonesDue((order_id,), refund_id))
        return
    read = plans_of(uow, accruals)
    if any(has_milestones(plan) for _, plan in read.values()):
        uow.emit(MilestonesDue((order_id,), refund_id))
    taken = list(take_back(uow, read, accruals, rules.too_much))
    if taken:
        reference = f"clawback:{to_public('rfd', refund_id)}"
        write_down(uow, read, taken, entry_of(reference, "clawback", taken), refund_id=refund_id)
        uow.emit(CommissionsClawedBack(refund_id))
        tell_links(uow, [order_id])
        if any(each.owed_minor for each in taken):
            uow.emit(CommissionOwed(refund_id=refund_id))
    crash_point("clawback.posted")


def plans_of(uow: UnitOfWork, accruals: Sequence[Standing]) -> Plans:
    """The plans of these accruals, by version. One statement."""
    versions = plans.versions(uow.session, {accrual.plan_version_id for accrual in accruals})
    return {version.id: (version.plan_id, parse_plan(version.document)) for version in versions}


def take_back(uow: UnitOfWork, read: Plans, accruals: Sequence[Standing], excess: Excess) -> Iterator[Taken]:
    """What is taken of these accruals and where from, all that it will move being held. To be written down at once."""
    session, ids = uow.session, [accrual.id for accrual in accruals]
    store.lock_maturities(session, ids)
    hold_counters(uow, read, accruals)
    held = ledger.hold(uow, {(name(a.beneficiary), a.currency) for a in accruals for name, _ in _TAKEN_FROM[:2]})
    statuses = store.lock_statuses(session, ids)
    wallets = {(a.beneficiary, a.currency): held[chart.member_wallet(a.beneficiary), a.currency] for a in accruals}
    for accrual in accruals:
        _, plan = read[accrual.plan_version_id]
        leg = with_margin(with_perk(plan, accrual.perk), accrual.margin).legs[accrual.leg]
        too_much = excess(leg, accrual)
        if too_much and statuses[accrual.id] != "rejected":
            wallet = accrual.beneficiary, accrual.currency
            taken = rules.take(accrual, too_much, statuses[accrual.id] == "held", wallets[wallet])
            wallets[wallet] -= taken.wallet_minor
            yield taken


def write_down(
    uow: UnitOfWork,
    read: Plans,
    taken: Sequence[Taken],
    entry: Entry,
    *,
    refund_id: uuid.UUID | None = None,
    disallowance_id: uuid.UUID | None = None,
) -> None:
    """Keep what was taken, by the refund or the disallowance that it follows; caps have room again."""
    store.add(uow.session, _rows(uow, refund_id, disallowance_id, taken))
    make_room(uow, read, taken)
    ledger.post(uow, [entry])


def _rows(
    uow: UnitOfWork, refund_id: uuid.UUID | None, disallowance_id: uuid.UUID | None, taken: Sequence[Taken]
) -> list[ClawbackRow]:
    return [
        ClawbackRow(
            id_,
            t.accrual.id,
            refund_id,
            t.amount_minor,
            t.pending_minor,
            t.wallet_minor,
            t.owed_minor,
            uow.now,
            disallowance_id,
        )
        for id_, t in zip(new_ids(len(taken)), taken, strict=True)
    ]


def entry_of(reference: str, kind: str, taken: Sequence[Taken]) -> Entry:
    """Out of what the beneficiary has or will owe, back to the shop's expense."""
    postings: list[Posting] = []
    for each in taken:
        accrual = each.accrual
        postings += (
            Posting(name(accrual.beneficiary), -amount, accrual.currency, accrual.id)
            for name, part in _TAKEN_FROM
            if (amount := getattr(each, part))
        )
        postings.append(Posting(chart.COMMISSION_EXPENSE, each.amount_minor, accrual.currency, accrual.id))
    return Entry(reference, kind, postings)
