"""Several requests decided together: first what differs among them, then one decision, one reason, one code.

Each is checked alone, as if it were the only one. What cannot be decided is named with why and left as it is; it undoes
none of the others, for the admin has seen each of them and said yes to each.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from socialshop.audit import service as audit
from socialshop.audit.service import Deed
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import BPS, Money
from socialshop.ledger import service as ledger
from socialshop.payouts.events import PayoutDecided
from socialshop.payouts.postings import Claim
from socialshop.payouts.service.giving_back import give_back
from socialshop.payouts.service.reviewing import COME_FROM, Said, check_reason
from socialshop.payouts.store import together as store
from socialshop.payouts.store.together import Chosen

MOST_TOGETHER = 100
# From this share of commissions taken back on, of so many at least, a member stands out (as the rule of risk has it).
_OUTLIER_BPS, _LEAST_ACCRUALS = 2_500, 4
_MOVED_LATELY = timedelta(days=14)


class Why(StrEnum):
    """Why somebody may not decide about one of them."""

    OWN = "self_approval"
    OPENED = "account_opened"
    CLAIMED = "case_claimed"
    MOVED_ON = "payout_not_open"
    HELD = "money_held"
    UNVERIFIED = "payee_unverified"


@dataclass(frozen=True, slots=True)
class Look:
    """One of them, as who decides has to see it; `why_not` by decision, where this person may not make it."""

    request: Chosen
    reversed_bps: int
    is_outlier: bool
    moved_lately: bool
    why_not: dict[str, Why]


@dataclass(frozen=True, slots=True)
class Summary:
    """What differs among several requests."""

    looks: Sequence[Look]
    sums: Sequence[Money]
    findings: int
    first_payouts: int
    outliers: int
    moved_lately: int


@dataclass(frozen=True, slots=True)
class Together:
    """What became of several: those decided, and those left as they are with why."""

    decided: Sequence[Chosen]
    left: Sequence[tuple[Chosen, Why]]


def look_together(uow: UnitOfWork, *, actor: uuid.UUID, request_ids: Sequence[uuid.UUID]) -> Summary:
    """What differs among these. Two statements, whatever the number. Raises NotFound, InvalidValue for too many."""
    looks = [_look(uow, one, actor, opened) for one, opened in _found(uow, actor, request_ids, lock=False)]
    sums: Counter[str] = Counter()
    for look in looks:
        sums[look.request.currency] += look.request.amount_minor
    return Summary(
        looks=looks,
        sums=[Money(amount, currency) for currency, amount in sorted(sums.items())],
        findings=sum(look.request.findings for look in looks),
        first_payouts=sum(look.request.is_first for look in looks),
        outliers=sum(look.is_outlier for look in looks),
        moved_lately=sum(look.moved_lately for look in looks),
    )


def decide_together(
    uow: UnitOfWork,
    request_ids: Sequence[uuid.UUID],
    said: Said,
) -> Together:
    """Decide about each that may be decided; the others are named and left. A constant number of statements.

    The decision is `approved`, `held` or `rejected`. Raises NotFound where one does not exist, InvalidValue for too
    many or a reason that leads elsewhere; the database refuses an approval by a session that is not stepped up.
    """
    check_reason(said)
    found = _found(uow, said.actor, request_ids, lock=True)
    looks = [_look(uow, one, said.actor, opened) for one, opened in found]
    left = [(look.request, look.why_not[said.decision]) for look in looks if said.decision in look.why_not]
    able = {look.request.id: look.request for look in looks if said.decision not in look.why_not}
    if able:
        _decide(uow, able, said)
    return Together(list(able.values()), left)


def _decide(uow: UnitOfWork, able: Mapping[uuid.UUID, Chosen], said: Said) -> None:
    come_from, to = COME_FROM[said.decision], said.decision
    moved = store.move_all(uow.session, list(able), come_from=come_from, to=to, now=uow.now, reason=said.reason)
    if moved != able.keys():
        raise LookupError("a request that was locked has moved on")
    store.end_claims(uow.session, list(able))
    numbers = store.add_decisions(
        uow.session,
        {id_: one.member_id for id_, one in able.items()},
        decision=said.decision,
        decided_by=said.actor,
        reason=said.reason,
        note=said.note,
        now=uow.now,
    )
    uow.emit_all([PayoutDecided(decision_id=number) for number in numbers])
    if said.decision == "rejected":
        claims = [Claim(o.id, o.member_number, o.amount_minor, o.currency, o.channel) for o in able.values()]
        ledger.post(uow, give_back(uow, {"rejected": claims}))
    audit.record_all(uow, [_deed(one, said, len(able)) for one in able.values()])


def _deed(one: Chosen, said: Said, together: int) -> Deed:
    facts = {"amount_minor": one.amount_minor, "currency": one.currency, "reason": said.reason, "note": said.note}
    action, target = f"payout.{said.decision}", to_public("por", one.id)
    return Deed(said.actor, action, target, {**facts, "together": together})


def _found(
    uow: UnitOfWork, actor: uuid.UUID, request_ids: Sequence[uuid.UUID], *, lock: bool
) -> list[tuple[Chosen, bool]]:
    """Each with whether this person made a link into its member's account."""
    ids = set(request_ids)
    if not 1 <= len(ids) <= MOST_TOGETHER:
        raise InvalidValue(f"1 to {MOST_TOGETHER} requests are decided together", field="request_ids")
    if lock:
        store.lock(uow.session, sorted(ids))
    found = store.chosen(uow.session, sorted(ids), uow.now)
    if len(found) < len(ids):
        raise NotFound("no such payout request")
    members = {to_public("mbr", one.member_id) for one in found}
    opened = audit.done_to(uow, actor, "member.password_link", members)
    return [(one, to_public("mbr", one.member_id) in opened) for one in found]


def _look(uow: UnitOfWork, one: Chosen, actor: uuid.UUID, opened: bool) -> Look:
    rate = one.reversed * BPS // one.accruals if one.accruals else 0
    why_not = {decision: why for decision in COME_FROM if (why := _why_not(one, actor, decision, opened))}
    return Look(
        request=one,
        reversed_bps=rate,
        is_outlier=one.accruals >= _LEAST_ACCRUALS and rate >= _OUTLIER_BPS,
        moved_lately=one.moved_at is not None and uow.now - one.moved_at < _MOVED_LATELY,
        why_not=why_not,
    )


def _why_not(one: Chosen, actor: uuid.UUID, decision: str, opened: bool) -> Why | None:
    """The same that stops a single decision, in the same order."""
    if one.member_id == actor:
        return Why.OWN
    if decision == "approved" and opened:
        return Why.OPENED
    if one.status not in COME_FROM[decision]:
        return Why.MOVED_ON
    if one.claimed_by not in (None, actor):
        return Why.CLAIMED
    if decision == "approved" and one.is_held:
        return Why.HELD
    return Why.UNVERIFIED if decision == "approved" and not one.is_verified else None
