"""Judging: what the rules find becomes findings, once each, on what happens and every night for all."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.ids import to_public
from socialshop.risk.service.ruling import InForce, rules_in_force
from socialshop.risk.service.suspecting import Suspicion, suspicions
from socialshop.risk.store import members as store
from socialshop.screening import cases
from socialshop.screening.cases import Case, KnownCase
from socialshop.screening.rules import Severity

_log = structlog.stdlib.get_logger("socialshop.risk")
# A group that was dismissed is looked at again once it has grown by a fifth, and by two at least.
_GROWN = 5
_LEAST_GROWN = 2


def judge(uow: UnitOfWork, numbers: Sequence[int] | None = None) -> int:
    """Look at these members and whoever is tied to them, or at all; returns how many findings are new.

    What is found again is seen again and adds nothing. A larger group takes the place of what was open of it; what was
    dismissed stays so for as long as its rule looks back, unless the group has grown. One judges at a time.
    """
    if numbers is not None and not numbers:
        return 0
    advisory_lock(uow, "risk:judge")
    in_force = rules_in_force(uow)
    found = list(suspicions(uow, in_force.rules, numbers))
    if not found:
        return 0
    named = {number for one in found for number in one.members}
    known = cases.known_cases(uow, {one.code for one in found}, named)
    fresh, seen, replaced = _sorted_out(uow.now, in_force, found, known)
    cases.replace(uow, replaced)
    cases.see_again(uow, seen)
    if fresh:
        ids = store.ids_of(uow.session, named)
        cases.open_cases(uow, [_case(uow.now, in_force, one, ids) for one in fresh])
        _log.info("findings", new=len(fresh), again=len(seen), replaced=len(replaced))
    return len(fresh)


def judge_all(uow: UnitOfWork) -> bool:
    """The night's look at everybody. For the periodic table: there is never more to do at once."""
    judge(uow)
    return False


def expire_findings(uow: UnitOfWork) -> bool:
    """What holds no money and was not found again within its time is over. For the periodic table."""
    cases.expire(uow)
    return False


def on_member_registered(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow MemberRegistered: look at who came, and at their sponsors."""
    judge(uow, store.with_sponsors(uow.session, {uuid.UUID(payload["member_id"]) for payload in payloads}))


def on_payout_submitted(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow PayoutSubmitted: look at who asks, and at whoever is tied to them, before somebody decides."""
    judge(uow, store.requesters(uow.session, {uuid.UUID(payload["request_id"]) for payload in payloads}))


def on_order_refunded(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrderRefunded: look at who gave back, and at who earned by it."""
    judge(uow, store.refunding(uow.session, {uuid.UUID(payload["refund_id"]) for payload in payloads}))


def on_dispute_changed(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow DisputeChanged: look at whose bank took money back."""
    judge(uow, store.disputing(uow.session, {uuid.UUID(payload["dispute_id"]) for payload in payloads}))


def _sorted_out(
    now: datetime, in_force: InForce, found: Sequence[Suspicion], known: Sequence[KnownCase]
) -> tuple[list[Suspicion], dict[uuid.UUID, datetime], set[uuid.UUID]]:
    """What is new, what is seen again and till when it stands, and what open findings a larger one replaces."""
    fresh: list[Suspicion] = []
    seen: dict[uuid.UUID, datetime] = {}
    replaced: set[uuid.UUID] = set()
    of: dict[tuple[str, int], list[KnownCase]] = {}
    for case in known:
        for number in case.members:
            of.setdefault((case.code, number), []).append(case)
    for one in found:
        rule = in_force.rules.of(one.code)
        alike = {case.id: case for number in one.members for case in of.get((one.code, number), ())}.values()
        standing = next((c for c in alike if c.state != "dismissed" and one.members <= c.members), None)
        if standing is not None:
            seen[standing.id] = now + timedelta(days=rule.keep_days)
        elif not any(_still_dismissed(case, one, now - timedelta(days=rule.window_days)) for case in alike):
            fresh.append(one)
            replaced |= {case.id for case in alike if case.state == "open" and case.members < one.members}
    return fresh, seen, replaced - seen.keys()


def _still_dismissed(case: KnownCase, one: Suspicion, since: datetime) -> bool:
    if case.state != "dismissed" or case.decided_at is None or case.decided_at < since:
        return False
    more = len(one.members - case.members)
    return more < max(_LEAST_GROWN, len(case.members) // _GROWN)


def _case(now: datetime, in_force: InForce, one: Suspicion, ids: Mapping[int, uuid.UUID]) -> Case:
    rule = in_force.rules.of(one.code)
    return Case(
        subject=to_public("mbr", ids[one.subject]),
        code=one.code,
        occasion=f"{now.isoformat()} {_digest(one.members)}",
        severity=Severity(rule.severity),
        evidence=_in_public(one.evidence, ids),
        members=one.members,
        rules_version=in_force.version,
        shadow=rule.shadow,
        holds=in_force.rules.holds(one.code),
        expires_at=now + timedelta(days=rule.keep_days),
    )


def _digest(members: Iterable[int]) -> str:
    return hashlib.sha256(" ".join(map(str, sorted(members))).encode()).hexdigest()[:16]


def _in_public(evidence: Mapping[str, Any], ids: Mapping[int, uuid.UUID]) -> dict[str, Any]:
    """Evidence with its members by their public ids."""
    told = dict(evidence)
    if "ties" in told:
        told["ties"] = [
            {**tie, "members": [to_public("mbr", ids[number]) for number in tie["members"] if number in ids]}
            for tie in told["ties"]
        ]
    return told
