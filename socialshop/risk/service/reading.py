"""Findings as they are read, and how well each rule has done."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.risk import rules
from socialshop.risk.ruleset import Rule
from socialshop.risk.service.ruling import rules_in_force
from socialshop.risk.store import members as store
from socialshop.screening import cases
from socialshop.screening.cases import StoredCase, StoredDecision


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with what was decided about it, and whom it names: ids by number."""

    case: StoredCase
    decisions: Sequence[StoredDecision]
    members: Mapping[int, uuid.UUID]


class Standing(NamedTuple):
    """A rule, and how its findings stand. `to_shadow`: so few were confirmed that it should only be on trial."""

    code: str
    rule: Rule
    open: int
    confirmed: int
    dismissed: int
    expired: int
    precision_bps: int | None
    to_shadow: bool


def findings(
    uow: UnitOfWork,
    *,
    states: Collection[str] = (),
    code: str | None = None,
    severity: str | None = None,
    shadow: bool | None = None,
    member_id: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    limit: int,
) -> list[StoredCase]:
    """Up to `limit + 1` findings older than `after`, the newest first; none where `member_id` is nobody's."""
    member = None if member_id is None else store.number_of(uow.session, member_id)
    if member_id is not None and member is None:
        return []
    return cases.cases(
        uow,
        states=states,
        code=code,
        severity=severity,
        shadow=shadow,
        member=member,
        after=after,
        limit=limit + 1,
    )


def show_finding(uow: UnitOfWork, finding_id: uuid.UUID) -> FindingView:
    """A finding with all that a decision needs. Raises NotFound."""
    case = cases.find_case(uow, finding_id)
    if case is None:
        raise NotFound("no such finding")
    return FindingView(case, cases.decisions_on(uow, finding_id), store.ids_of(uow.session, case.members))


def is_named(uow: UnitOfWork, member_id: uuid.UUID, case: StoredCase) -> bool:
    """Whether a finding names this person, who then does not decide about it."""
    return store.number_of(uow.session, member_id) in case.members


def standings(uow: UnitOfWork) -> list[Standing]:
    """Every rule in force, and how well it has done. Two statements."""
    ruleset = rules_in_force(uow).rules
    counted = {tally.code: tally for tally in cases.tallies(uow)}
    found = []
    for code, rule in ruleset.rules():
        tally = counted.get(code, cases.Tally(code, 0, 0, 0, 0))
        precision = rules.precision_bps(tally.confirmed, tally.dismissed)
        enough = tally.confirmed + tally.dismissed >= ruleset.least_decided
        poor = enough and precision is not None and precision < ruleset.least_precision_bps
        found.append(Standing(code, rule, *tally[1:], precision, poor and rule.on and not rule.shadow))
    return found
