"""What members and the shop read of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.currencies import POINTS
from socialshop.kernel.money import BPS
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.service import WalletBalances
from socialshop.loyalty.rules import Rules, worth_minor
from socialshop.loyalty.service.publishing import rules_at
from socialshop.loyalty.store import reading as store
from socialshop.loyalty.store.reading import Expiring, Flow, MovementRow

_SOON = timedelta(days=60)
_YEAR = timedelta(days=365)
_MONTHS = 24
_USED = frozenset({"points_used", "points_returned"})
_ENDED = "points_expired"


@dataclass(frozen=True, slots=True)
class PointsView:
    """A member's points, what of them ends soon, and what those that can be used are worth at checkout."""

    balances: WalletBalances
    expiring: Sequence[Expiring]
    worth_minor: int
    rules: Rules


@dataclass(frozen=True, slots=True)
class Liability:
    """What the shop owes in points, and what became of those it gave in a year.

    `breakage_bps`: of the points that were used or ended, the share that ended. `agrees`: lots and books say the same.
    """

    pending: int
    available: int
    reserved: int
    owed: int
    outstanding: int
    worth_minor: int
    ending: Sequence[Expiring]
    flows: Sequence[Flow]
    breakage_bps: int
    agrees: bool


def points_of(uow: UnitOfWork, member: int, zone: str) -> PointsView:
    """How a member's points stand. Three statements."""
    balances = ledger.wallet(uow, member, POINTS)
    in_force = rules_at(uow, uow.now)
    soon = store.expiring(uow.session, member, zone, uow.now, uow.now + _SOON)
    return PointsView(balances, soon, worth_minor(balances.available, in_force.hundred_points_minor), in_force)


def movements(uow: UnitOfWork, member: int, before: tuple[int, int] | None, limit: int) -> list[MovementRow]:
    """Up to `limit` movements of a member's points, the newest first. One statement."""
    accounts = [
        name(member)
        for name in (chart.member_pending, chart.member_wallet, chart.member_reserved, chart.member_receivable)
    ]
    return store.movements(uow.session, accounts, before, limit)


def liability(uow: UnitOfWork, zone: str) -> Liability:
    """The shop's report. Five statements, to be read in one snapshot."""
    books = {line.account: line.amount_minor for line in ledger.trial_balance(uow) if line.currency == POINTS}
    pending, available, reserved, receivable = (
        books.get(f"member:*:{part}", 0) for part in ("pending", "wallet", "reserved", "receivable")
    )
    lots = store.lot_sums(uow.session)
    flows = store.flows(uow.session, chart.POINTS_LIABILITY, uow.now - _YEAR)
    ended = -sum(flow.points for flow in flows if flow.kind == _ENDED)
    used = max(-sum(flow.points for flow in flows if flow.kind in _USED), 0)
    outstanding = -books.get(chart.POINTS_LIABILITY, 0)
    return Liability(
        pending=pending,
        available=available,
        reserved=reserved,
        owed=-receivable,
        outstanding=outstanding,
        worth_minor=worth_minor(max(outstanding, 0), rules_at(uow, uow.now).hundred_points_minor),
        ending=store.ending_by_month(uow.session, zone, _MONTHS),
        flows=flows,
        breakage_bps=ended * BPS // (ended + used) if ended + used else 0,
        agrees=(lots.pending, lots.available) == (pending, available)
        and outstanding == pending + available + reserved + receivable,
    )
