"""The meter of benefits: what of a tier or plan was used, for what, and by which of the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from socialshop.infra.uow import UnitOfWork
from socialshop.memberships.store import uses as store


@dataclass(frozen=True, slots=True)
class BenefitUse:
    """A benefit was used; `source` names what for (an order, a room), so that it counts once.

    `by_plan`: a plan gave it, or more of it than the tier; such a use stands against the whole refund of a plan.
    """

    member: int
    benefit: str
    source: str
    amount_minor: int | None = None
    currency: str | None = None
    by_plan: bool = True


def note_uses(uow: UnitOfWork, uses: Sequence[BenefitUse]) -> None:
    """Note that benefits were used; told twice it counts once. One statement."""
    if uses:
        store.add(uow.session, [store.Use(**asdict(each)) for each in uses], uow.now)
