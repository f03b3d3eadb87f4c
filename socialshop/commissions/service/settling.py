"""Settlement: what has matured moves from pending into the wallets, in bounded batches, each accrual exactly once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import structlog

from socialshop.audit import service as audit
from socialshop.commissions.events import CommissionsSettled, SettlementDue
from socialshop.commissions.store import settlement as store
from socialshop.commissions.store.settlement import Matured, SetAside, Total
from socialshop.infra.collector import cycles_kept
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import parse_instant
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting

_log = structlog.get_logger(__name__)

BATCH = 10_000
_ACCRUALS_PER_ENTRY = 1_000
# Chains of batches side by side: while one waits for the database the other computes. One a core of a small machine.
CHAINS = 2
_MOVED = (chart.member_pending, chart.member_wallet)


def settle_due(uow: UnitOfWork, as_of: datetime, limit: int = BATCH) -> int:
    """Settle at most `limit` accruals that mature at or before `as_of`; returns how many.

    What a member owes is netted from what settles, in the same entry. A constant number of statements, unless the books
    refuse: then half as many are tried, down to one, and that one is set aside for a person to look. Fewer than
    `limit` means that nothing is left but what others are settling.
    """
    settled, step = 0, limit
    while settled < limit:
        wanted = min(step, limit - settled)
        batch = _settle_or_refuse(uow, as_of, wanted)
        if batch is None:
            step = max(wanted // 2, 1)
            continue
        settled += batch
        step = wanted * 2
        if batch < wanted:
            break
    return settled


def _settle_or_refuse(uow: UnitOfWork, as_of: datetime, limit: int) -> int | None:
    """How many were settled; None if the books refused them all. One that is refused alone is set aside."""
    matured: Sequence[Matured] = ()
    try:
        with cycles_kept(), uow.session.begin_nested():
            matured = store.claim_matured(uow.session, as_of, uow.now, limit)
            crash_point("settle.claimed")
            debtors = _hold_debtors(uow, matured)
            entries = list(_entries(matured, debtors))
            ledger.post(uow, entries)
            if not debtors:
                _net_late(uow, matured)
            crash_point("settle.posted")
    except DomainError as refused:
        if len(matured) == 1:
            accrual_id, *_ = matured[0]
            store.set_aside(uow.session, accrual_id, refused.detail, uow.now)
            _log.error("accrual set aside", accrual=to_public("acr", accrual_id), because=refused.detail)
        return None
    if entries:
        uow.emit(CommissionsSettled(tuple(entry.reference for entry in entries)))
    return len(matured)


def count_set_aside(uow: UnitOfWork) -> int:
    """Accruals that the books refused to settle: a person must look."""
    return store.count_set_aside(uow.session)


def set_aside_accruals(uow: UnitOfWork) -> list[SetAside]:
    """The accruals that the books refused to settle, with the reason, the longest set aside first."""
    return store.set_aside_accruals(uow.session)


def put_back(uow: UnitOfWork, accrual_ids: Sequence[uuid.UUID], actor: uuid.UUID | None = None) -> None:
    """Let these be settled in their order again: `actor` has looked (None: somebody at the console). Audited."""
    back = sorted(store.put_back(uow.session, accrual_ids))
    audit.record_all(uow, [audit.Deed(actor, "accrual.put_back", to_public("acr", each), {}) for each in back])


def settle(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow SettlementDue: one batch, and the fact again while a full batch came."""
    as_of = max(parse_instant(payload["as_of"]) for payload in payloads)
    if settle_due(uow, as_of, BATCH) == BATCH:
        uow.emit(SettlementDue(as_of))


def begin_settlement(uow: UnitOfWork, as_of: datetime) -> bool:
    """Say that what matures at or before `as_of` is to be settled, once a chain; False if there is nothing."""
    due = store.is_anything_due(uow.session, as_of)
    for _ in range(CHAINS if due else 0):
        uow.emit(SettlementDue(as_of))
    return due


def settlement_tick(uow: UnitOfWork) -> bool:
    """The schedule's step. The jobs do the rest, so there is never more to do at once."""
    begin_settlement(uow, uow.now)
    return False


def settled_since(uow: UnitOfWork, since: datetime) -> list[Total]:
    """What was settled at or after `since`, by currency."""
    return store.settled_since(uow.session, since)


class _Debtors:
    """Who owes, and what their wallets hold while this batch goes through; empty where nobody owes."""

    def __init__(self, owed: dict[tuple[int, str], int], wallets: dict[tuple[int, str], int]) -> None:
        self._owed = owed
        self._wallets = wallets

    def __bool__(self) -> bool:
        return bool(self._owed)

    def netted(self, credits_: Mapping[tuple[int, str], tuple[int, uuid.UUID]]) -> Iterator[Posting]:
        """From these credits, and what was there before, as much of each debt as they cover; by member number."""
        for debtor in sorted(self._owed.keys() & credits_.keys()):
            credit, accrual_id = credits_[debtor]
            available = self._wallets[debtor] + credit
            paid = min(self._owed[debtor], available)
            self._owed[debtor] -= paid
            self._wallets[debtor] = available - paid
            if paid:
                number, currency = debtor
                yield Posting(chart.member_wallet(number), -paid, currency, accrual_id)
                yield Posting(chart.member_receivable(number), paid, currency, accrual_id)


def _hold_debtors(uow: UnitOfWork, matured: Sequence[Matured]) -> _Debtors:
    """Those of the batch who owe, every balance that the batch will move being held.

    All of them, not the debtors' alone: whoever holds some and then posts to others may meet another who does too.
    A debt is only ever made or paid by one who holds the member's wallet, so it stands still from here on.
    """
    numbers = {beneficiary for _, beneficiary, _, _ in matured}
    if not numbers or not ledger.debts(uow, numbers):
        return _Debtors({}, {})
    touched = {(beneficiary, currency) for _, beneficiary, _, currency in matured}
    accounts = [(name(number), currency) for number, currency in touched for name in _MOVED]
    held = ledger.hold(uow, accounts)
    owed = {debtor: debt for debtor, debt in ledger.debts(uow, numbers).items() if debtor in touched}
    return _Debtors(owed, {debtor: held[chart.member_wallet(debtor[0]), debtor[1]] for debtor in owed})


def _entries(matured: Sequence[Matured], debtors: _Debtors) -> Iterator[Entry]:
    """One entry a thousand accruals, named by its first: that one is settled once, so the name is used once."""
    rest = iter(matured)
    while chunk := list(islice(rest, _ACCRUALS_PER_ENTRY)):
        postings: list[Posting] = []
        for id_, beneficiary, amount, currency in chunk:
            postings += (
                Posting(chart.member_pending(beneficiary), -amount, currency, id_),
                Posting(chart.member_wallet(beneficiary), amount, currency, id_),
            )
        if debtors:
            postings += debtors.netted(_credits(chunk))
        first, *_ = chunk[0]
        yield Entry(f"settlement:{to_public('acr', first)}", "settlement", postings)


def _net_late(uow: UnitOfWork, matured: Sequence[Matured]) -> None:
    """Net what was found owed only after the batch was posted, by an entry of its own.

    Nobody owed when the batch began, so no balance was held, and a claw back may have been ahead of the posting. Now
    every wallet of the batch is held, and debts stand still.
    """
    late = _hold_debtors(uow, matured)
    if not late:
        return
    postings = list(late.netted({debtor: (0, first) for debtor, (_, first) in _credits(matured).items()}))
    first, *_ = matured[0]
    ledger.post(uow, [Entry(f"netting:{to_public('acr', first)}", "settlement", postings)] if postings else [])


def _credits(chunk: Sequence[Matured]) -> dict[tuple[int, str], tuple[int, uuid.UUID]]:
    """What each member's wallet gets, with the first accrual that it comes from."""
    found: dict[tuple[int, str], tuple[int, uuid.UUID]] = {}
    for id_, beneficiary, amount, currency in chunk:
        before, first = found.get((beneficiary, currency), (0, id_))
        found[beneficiary, currency] = before + amount, first
    return found
