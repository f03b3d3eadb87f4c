"""What a campaign did: its groups as they were drawn, by the sales placed within its time, net of refunds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import day_of
from socialshop.loyalty import lift
from socialshop.loyalty.lift import Measured, Verdict
from socialshop.loyalty.store import campaigns as store
from socialshop.loyalty.store.campaigns import CampaignRow

_THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class Day:
    """One day: buyers of a thousand members, and minor units per head, of the treated and of the controls."""

    on: date
    treated_per_thousand: int
    control_per_thousand: int
    treated_minor: int
    control_minor: int


@dataclass(frozen=True, slots=True)
class Results:
    """What was measured so far, in `currency`, and what may be said of the goal."""

    measured: Measured
    verdict: Verdict
    days: tuple[Day, ...]
    currency: str


def results(uow: UnitOfWork, campaign: CampaignRow, currency: str, zone: str) -> Results:
    """The campaign's results as they stand: refunds that come later change them. Two statements."""
    measured = lift.measure(*store.groups(uow.session, campaign, currency))
    verdict = lift.verdict(measured, campaign.goal, campaign.target, over=campaign.over_at <= uow.now)
    if campaign.drawn_at is None or campaign.starts_at > uow.now:
        verdict = Verdict.NOT_BEGUN
    return Results(measured, verdict, _days(uow, campaign, measured, (currency, zone)), currency)


def _days(uow: UnitOfWork, campaign: CampaignRow, measured: Measured, by: tuple[str, str]) -> tuple[Day, ...]:
    currency, zone = by
    first, last = day_of(campaign.starts_at, zone), day_of(min(campaign.over_at, uow.now), zone)
    rows = {(row.on, row.treated): row for row in store.days(uow.session, campaign, currency, zone)}
    heads = {True: measured.treated.members or 1, False: measured.control.members or 1}

    def per(on: date, treated: bool) -> tuple[int, int]:
        row = rows.get((on, treated))
        return (row.buyers * _THOUSAND // heads[treated], row.spent_minor // heads[treated]) if row else (0, 0)

    found = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        on = date.fromordinal(ordinal)
        (buyers, spent), (other_buyers, other_spent) = per(on, True), per(on, False)
        found.append(Day(on, buyers, other_buyers, spent, other_spent))
    return tuple(found)
