"""What members have by their tier and by a paid plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from socialshop.infra.uow import UnitOfWork
from socialshop.memberships import rules
from socialshop.memberships.rules import Benefits
from socialshop.memberships.store import standings


def benefits_of(uow: UnitOfWork, member_numbers: Collection[int]) -> Mapping[int, Benefits]:
    """The benefits that each of these members has now. One statement, whatever their number."""
    rows = standings.tiers_of(uow.session, set(member_numbers), uow.now)
    return {row.member: rules.benefits_of_tier(*row[1:]) for row in rows}


def first_tier(uow: UnitOfWork) -> str:
    """The code of the tier that everybody begins in."""
    return standings.first_tier(uow.session, uow.now)
