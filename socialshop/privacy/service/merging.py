"""Two accounts of one person become one: what lives is handed over, the tree is corrected, the account that goes is
erased as one that leaves, and history stays under its number.

One admin asks, another decides. Nothing that was sold, earned, paid or posted is ever rewritten: sums and replays are
what they were. Money moves by an entry of its own; what comes to the account later follows by a job.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from socialshop.audit import service as audit
from socialshop.commissions import service as commissions
from socialshop.infra import personal
from socialshop.infra.personal import Identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.currencies import POINTS
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.money import Money
from socialshop.kernel.roles import Role
from socialshop.kernel.time import exact_text
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Entry, Posting
from socialshop.privacy.errors import MergeDecided, MergeNeedsAnother, MergeRefused
from socialshop.privacy.holdings import HOLDINGS
from socialshop.privacy.service.erasing import erase
from socialshop.privacy.store import merging as store
from socialshop.privacy.store.merging import AccountRow, MergeRow
from socialshop.referrals import service as referrals
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity

MERGE_PREFIX = "mrg"
BETWEEN = "earned_between_own_accounts"
LONGEST_REASON = 500
_KIND = "merge"
_A_STEP = 100
_ACCOUNTS = {
    "wallet": chart.member_wallet,
    "receivable": chart.member_receivable,
    "pending": chart.member_pending,
}


class _Two(NamedTuple):
    """The account that goes and the one that is kept, held for this transaction."""

    gone: AccountRow
    kept: AccountRow


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a merge: who came along in the tree, what money, and what the two had earned by each other."""

    merge: MergeRow
    children: int
    money: Sequence[Money]
    between: Sequence[Money]


def ask_merge(uow: UnitOfWork, actor: uuid.UUID, gone: uuid.UUID, kept: uuid.UUID, reason: str) -> MergeRow:
    """Ask that the account `gone` be merged into `kept`; another admin decides.

    Raises NotFound, and MergeRefused with the reasons: a merge that could not be done is not asked for.
    """
    two = _hold(uow, gone, kept)
    _refuse(_in_the_way(uow, two))
    row = MergeRow(new_id(), gone, kept, "open", reason, actor, uow.now, None, None)
    if not store.add(uow.session, row):
        _refuse(["asked_already"])
    _record(uow, actor, "merge.asked", row)
    return row


def approve_merge(uow: UnitOfWork, actor: uuid.UUID, merge_id: uuid.UUID) -> Merged:
    """Merge, all of it in this transaction. Raises NotFound, MergeNeedsAnother, MergeDecided, MergeRefused.

    Lock order: the merge, both members, the tree alone, points, then the books.
    """
    row = _open(uow, merge_id)
    if row.asked_by == actor:
        raise MergeNeedsAnother("somebody else decides about a merge that you asked for")
    two = _hold(uow, row.gone, row.kept)
    _refuse(_in_the_way(uow, two))
    by = to_public("mbr", actor)
    taken = referrals.take_over(uow, gone=two.gone.number, kept=two.kept.number, reason=row.reason, by=by)
    between = commissions.earned_between(uow, two.gone.number, two.kept.number)
    personal.hand_over(uow.session, HOLDINGS, Identity(row.gone, two.gone.number), Identity(row.kept, two.kept.number))
    referrals.on_purchases_moved(uow, [row.number for row in two])
    money = _move_money(uow, two.gone.number, two.kept.number, with_points=True)
    erase(uow, row.gone, is_merged=True)
    store.decide(uow.session, row.id, "merged", actor, uow.now)
    done = row._replace(status="merged", decided_by=actor, decided_at=uow.now)
    _find_between(uow, done, between)
    _record(uow, actor, "merge.approved", done, children=taken.children, rose=taken.rose, between=_told(between))
    return Merged(done, taken.children, money, between)


def reject_merge(uow: UnitOfWork, actor: uuid.UUID, merge_id: uuid.UUID) -> MergeRow:
    """Leave both accounts as they are. Raises NotFound, MergeDecided."""
    row = _open(uow, merge_id)
    store.decide(uow.session, row.id, "rejected", actor, uow.now)
    done = row._replace(status="rejected", decided_by=actor, decided_at=uow.now)
    _record(uow, actor, "merge.rejected", done)
    return done


def merges(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[MergeRow]:
    """Up to `limit` merges, the newest first. One statement."""
    return store.page(uow.session, before, limit)


def follow_merged(uow: UnitOfWork) -> bool:
    """Hand over what settled to merged accounts since, and what they came to owe; True if there may be more.

    For the periodic table. Accruals of sales made before keep their beneficiary, so that replay finds what was.
    """
    late = store.come_late(uow.session, _A_STEP)
    for gone, heir in late:
        _move_money(uow, gone, heir, with_points=False)
    return len(late) == _A_STEP


def _hold(uow: UnitOfWork, gone: uuid.UUID, kept: uuid.UUID) -> _Two:
    found = store.accounts(uow.session, (gone, kept))
    if gone not in found or kept not in found:
        raise NotFound("no such member")
    return _Two(found[gone], found[kept])


def _in_the_way(uow: UnitOfWork, two: _Two) -> list[str]:
    """Why this merge cannot be done, in the order in which it is told; empty if it can."""
    if two.gone.id == two.kept.id:
        return ["same_account"]
    if two.gone.has_left or two.kept.has_left:
        return ["has_left"]
    of_the_shop = [] if two.gone.role == Role.MEMBER else ["has_a_role"]
    return of_the_shop + store.in_the_way(uow.session, two.gone, two.kept, uow.now)


def _refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise MergeRefused("these accounts cannot be merged now: " + ", ".join(reasons), reasons=list(reasons))


def _open(uow: UnitOfWork, merge_id: uuid.UUID) -> MergeRow:
    row = store.lock(uow.session, merge_id)
    if row is None:
        raise NotFound("no such merge")
    if row.status != "open":
        raise MergeDecided("this merge was decided before")
    return row


def _move_money(uow: UnitOfWork, gone: int, kept: int, *, with_points: bool) -> list[Money]:
    """Post what the books hold of one member to the other, an entry a currency; returns what came into the wallet.

    Points go where their lots went, which is once.
    """
    wanted = [
        (_ACCOUNTS[row.part], row.currency)
        for row in store.held_by(uow.session, gone)
        if with_points or row.currency != POINTS
    ]
    held = ledger.hold(uow, {(name(number), currency) for name, currency in wanted for number in (gone, kept)})
    entries: dict[str, list[Posting]] = {}
    for name, currency in wanted:
        amount = held[name(gone), currency]
        if amount:
            moves = (Posting(name(gone), -amount, currency, None), Posting(name(kept), amount, currency, None))
            entries.setdefault(currency, []).extend(moves)
    at = exact_text(uow.now)
    ledger.post(
        uow,
        [Entry(f"{_KIND}:{gone}:{kept}:{currency}:{at}", _KIND, tuple(moves)) for currency, moves in entries.items()],
    )
    wallet = chart.member_wallet(kept)
    return [
        Money(each.amount_minor, each.currency)
        for moves in entries.values()
        for each in moves
        if each.account == wallet and each.currency != POINTS
    ]


def _find_between(uow: UnitOfWork, row: MergeRow, between: Sequence[Money]) -> None:
    """What one person earned by the own other account stays as it was booked, and a person of the shop judges it."""
    if between:
        evidence = {"merge": to_public(MERGE_PREFIX, row.id), "earned": _told(between)}
        found = Finding(to_public("mbr", row.kept), BETWEEN, str(row.id), Severity.WARNING, evidence)
        screening.record(uow, [found])


def _told(sums: Sequence[Money]) -> list[dict[str, object]]:
    return [{"amount_minor": money.amount_minor, "currency": money.currency} for money in sums]


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, row: MergeRow, **facts: object) -> None:
    said = {"gone": to_public("mbr", row.gone), "kept": to_public("mbr", row.kept), "reason": row.reason}
    audit.record(uow, actor=actor, action=action, target=to_public(MERGE_PREFIX, row.id), facts=said | facts)
