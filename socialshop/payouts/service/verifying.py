"""Real names: said by the member or taken from the first account, checked outside, decided by a person where unclear.

    key (commit) ──► the provider's answer, by that key ──► recorded (commit)

A worker makes the call, or whoever named the account right after the commit where the provider answers at once; both
claim the check first, so it is made by one of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from socialshop.audit import service as audit
from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutcomeUnknown, OutsideQueue, Refused
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, new_ids, to_public
from socialshop.payouts import rules
from socialshop.payouts.errors import PayeeDecided, PayeeUnverified, SelfApproval
from socialshop.payouts.events import PayeeChecksDue
from socialshop.payouts.gateway import NameAnswer, Named, PayeeGateway, Verdict
from socialshop.payouts.store import payees as store
from socialshop.payouts.store.payees import CheckMove, DueCheck, Payee

_LEASE = timedelta(minutes=1)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
# By then the provider was silent for some six hours: a person looks.
_MOST_ATTEMPTS = 15
_CHECKS_A_DAY = 5
_BATCH, _WIDTH, _NAMED_AT_ONCE = 16, 8, 200


def payee_of(uow: UnitOfWork, member_id: uuid.UUID) -> Payee | None:
    """By which name the member is paid; None before any account was named."""
    return store.find(uow.session, member_id)


def payees(uow: UnitOfWork, *, status: str | None, limit: int, after: uuid.UUID | None) -> list[Payee]:
    """Up to `limit + 1` names of this status beyond `after`."""
    return store.page(uow.session, status=status, limit=limit + 1, after=after)


def name_first(uow: UnitOfWork, named: Sequence[tuple[uuid.UUID, str]]) -> None:
    """Members without a name are called as the holder of their account is, and that is checked."""
    members, names = [member for member, _ in named], [name for _, name in named]
    checks = store.add_missing(uow.session, members, names, new_ids(len(named)), uow.now)
    if checks:
        uow.emit(PayeeChecksDue())


def state_name(uow: UnitOfWork, member_id: uuid.UUID, *, real_name: str, kind: str, country: str | None) -> Payee:
    """The member says who they are; another name than before is checked anew, and till then nothing is paid.

    Raises InvalidValue for what is no name, and after five checks in a day.
    """
    name = rules.checked_holder(real_name, field="real_name")
    before = store.find(uow.session, member_id)
    if before is not None and (before.real_name, before.kind, before.country) == (name, kind, country):
        return before
    if store.checks_since(uow.session, member_id, uow.now - timedelta(days=1)) >= _CHECKS_A_DAY:
        raise InvalidValue("a name is checked five times a day at most", field="real_name")
    check_id = new_id()
    store.restate(uow.session, member_id, kind=kind, country=country, real_name=name, check_id=check_id, now=uow.now)
    audit.record(uow, actor=member_id, action="payee.named", target=to_public("mbr", member_id), facts={"kind": kind})
    uow.emit(PayeeChecksDue())
    return _found(uow, member_id)


def require_verified(payee: Payee | None) -> Payee:
    """Raises PayeeUnverified for whoever is not known by name yet."""
    if payee is None:
        raise PayeeUnverified("say first who you are", state="unnamed")
    if payee.status != Verdict.VERIFIED:
        raise PayeeUnverified("the name has to be verified before money is paid", state=payee.status)
    return payee


def decide_payee(uow: UnitOfWork, *, actor: uuid.UUID, member_id: uuid.UUID, decision: str, reason: str) -> Payee:
    """A person says whether the name is the member's, where the provider could not or was wrong. Again changes nothing.

    Raises NotFound, SelfApproval, PayeeDecided where it is checked right now or verified already.
    """
    payee = _found(uow, member_id)
    if member_id == actor:
        raise SelfApproval("somebody else decides about your own name")
    if payee.status == decision:
        return payee
    if not store.decide(uow.session, payee.check_id, decision, (Verdict.UNCLEAR, Verdict.MISMATCH), uow.now):
        raise PayeeDecided(f"the name is {_found(uow, member_id).status}: there is nothing to decide")
    store.add_decision(
        uow.session,
        check_id=payee.check_id,
        member_id=member_id,
        decision=decision,
        decided_by=actor,
        reason=reason,
        now=uow.now,
    )
    facts = {"after": decision, "before": payee.status, "reason": reason}
    audit.record(uow, actor=actor, action="payee.decided", target=to_public("mbr", member_id), facts=facts)
    return _found(uow, member_id)


def check_payees(clock: Clock, gateway: PayeeGateway | None, member_id: uuid.UUID | None = None) -> None:
    """Make the checks that are due, of one member or all. Where no provider is set up, a person of the shop decides."""
    if gateway is None:
        in_unit_of_work(partial(_leave_to_people, member_id), clock)
        return
    queue = OutsideQueue[DueCheck, NameAnswer](
        "payees", claim=partial(_claim, member_id), call=partial(_ask, gateway), record=_record, width=_WIDTH
    )
    while queue.make(clock) == _BATCH:
        pass


def check_at_once(clock: Clock, gateway: PayeeGateway | None, member_id: uuid.UUID) -> None:
    """Check a member's name now if the provider answers without a wait; else a worker does it."""
    if gateway is not None and gateway.at_once:
        check_payees(clock, gateway, member_id)


def poll_payees(uow: UnitOfWork) -> bool:
    """Have looked into checks that are due, and names taken of accounts from before there were checks."""
    unnamed = store.without_a_name(uow.session, _NAMED_AT_ONCE)
    if unnamed:
        name_first(uow, unnamed)
    elif store.is_any_due(uow.session, uow.now):
        uow.emit(PayeeChecksDue())
    return len(unnamed) == _NAMED_AT_ONCE


def _found(uow: UnitOfWork, member_id: uuid.UUID) -> Payee:
    payee = store.find(uow.session, member_id)
    if payee is None:
        raise NotFound("this member has named no account to be paid on")
    return payee


def _claim(member_id: uuid.UUID | None, uow: UnitOfWork) -> list[DueCheck]:
    return store.claim(uow.session, now=uow.now, leased_until=uow.now + _LEASE, limit=_BATCH, member_id=member_id)


def _ask(gateway: PayeeGateway, due: DueCheck) -> NameAnswer:
    if due.reference is not None:
        return gateway.look(due.reference)
    return gateway.verify(str(due.id), Named(due.real_name, due.kind, due.country))


def _record(uow: UnitOfWork, answered: Sequence[tuple[DueCheck, NameAnswer | OutcomeUnknown | Refused]]) -> None:
    store.move(uow.session, [_move(uow, due, answer) for due, answer in answered], uow.now)


def _move(uow: UnitOfWork, due: DueCheck, answer: NameAnswer | OutcomeUnknown | Refused) -> CheckMove:
    if isinstance(answer, NameAnswer) and answer.verdict is not Verdict.WAITING:
        return CheckMove(due.id, answer.verdict, answer.reference, None)
    if isinstance(answer, Refused) or due.attempts >= _MOST_ATTEMPTS:
        return CheckMove(due.id, Verdict.UNCLEAR, None, None)
    later = uow.now + min(_FIRST_WAIT * 2 ** (due.attempts - 1), _LONGEST_WAIT)
    if isinstance(answer, NameAnswer):
        return CheckMove(due.id, "waiting", answer.reference, later)
    return CheckMove(due.id, "asked" if due.reference is None else "waiting", None, later)


def _leave_to_people(member_id: uuid.UUID | None, uow: UnitOfWork) -> None:
    due = _claim(member_id, uow)
    store.move(uow.session, [CheckMove(each.id, Verdict.UNCLEAR, None, None) for each in due], uow.now)
