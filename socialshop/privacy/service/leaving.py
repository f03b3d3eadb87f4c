"""What somebody who leaves would lose: said before, and once more when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.currencies import POINTS
from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.memberships import service as memberships
from socialshop.privacy.service.forfeiting import money_of


@dataclass(frozen=True, slots=True)
class RunningPlan:
    """A plan that ends at once, though it was paid until `ends_at`; nothing of it is refunded by leaving."""

    name_zh: str
    name_en: str
    paid: Money | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnusedGift:
    """A plan that was paid for somebody who has not redeemed it: its link leads nowhere any more."""

    name_zh: str
    name_en: str
    paid: Money


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is still there: money in the wallet, points (on their way too), plans that run, gifts that wait."""

    money: Sequence[Money]
    points: int
    plans: Sequence[RunningPlan]
    gifts: Sequence[UnusedGift]

    @property
    def is_nothing(self) -> bool:
        """Whether nothing would be lost."""
        return not (self.money or self.points or self.plans or self.gifts)


def leaving_of(uow: UnitOfWork, number: int) -> Leaving:
    """What this member would lose by leaving now."""
    points = ledger.wallet(uow, number, POINTS)
    plans = [
        RunningPlan(
            each.offered.offer.name_zh,
            each.offered.offer.name_en,
            None if each.current is None else each.current.price,
            each.ends_at,
        )
        for each in memberships.subscriptions_of(uow, number)
        if each.status in ("active", "grace")
    ]
    gifts = [
        UnusedGift(gift.offered.offer.name_zh, gift.offered.offer.name_en, gift.price)
        for gift in memberships.gifts_of(uow, number)
        if gift.status == "ready"
    ]
    return Leaving(money_of(uow, number), points.pending + points.available + points.reserved, plans, gifts)
