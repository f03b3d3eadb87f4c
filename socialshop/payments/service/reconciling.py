"""Reading providers' own records of money: every few minutes for what no notice told of, every day against the books.

What the records have and the books do not is asked about at once, so a lost notice heals within minutes. What still
differs when its day (UTC) is compared is a case, once; a case whose difference goes away closes by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import structlog

from socialshop.audit import service as audit
from socialshop.infra.outside import OutcomeUnknown, OutsideCalls, Refused
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.time import parse_instant
from socialshop.ledger import chart
from socialshop.ledger.service import Entry, Posting, post
from socialshop.payments.errors import CaseClosed
from socialshop.payments.events import PaymentLookDue, ProviderRecordsDue
from socialshop.payments.gateway import Gateways
from socialshop.payments.rules import Movement
from socialshop.payments.service import comparing
from socialshop.payments.store import differences as cases
from socialshop.payments.store import movements as store
from socialshop.payments.store.differences import CaseRow, Difference
from socialshop.payments.store.movements import DayRow, MovementRow

# Records that appear late are read a second time.
_OVERLAP = timedelta(minutes=10)
# What is read at once after a long pause.
_LONGEST_SPAN = timedelta(hours=1)
# By then the records of a day are whole.
_AFTER_MIDNIGHT = timedelta(minutes=15)
_DAY = timedelta(days=1)
_DAYS_AT_ONCE = 20
_CASES_AT_ONCE = 1_000

_log = structlog.stdlib.get_logger("socialshop.payments")


@dataclass(frozen=True, slots=True)
class Span:
    """What is to be read of a provider's records; of a `day`, it is also compared."""

    provider: str
    since: datetime
    until: datetime
    day: date | None


def read_records(uow: UnitOfWork, gateways: Gateways) -> bool:
    """Have the records of every provider read since the last time, and days compared that are over. One bounded step.

    Two schedulers have the same read twice at most, which changes nothing.
    """
    if not gateways:
        return False
    for provider, until in store.sweeps(uow.session, list(gateways), uow.now - _LONGEST_SPAN).items():
        upto = min(uow.now, until + _LONGEST_SPAN)
        uow.emit(ProviderRecordsDue(provider=provider, since=until - _OVERLAP, until=upto, day=None))
    over = (uow.now - _AFTER_MIDNIGHT).astimezone(UTC).date() - _DAY
    store.ask_for_day(uow.session, list(gateways), over, uow.now)
    due = store.take_due_days(uow.session, uow.now, _DAYS_AT_ONCE)
    uow.emit_all([_of_day(provider, day) for provider, day in due])
    return len(due) == _DAYS_AT_ONCE


def ask_reconciliation(uow: UnitOfWork, gateways: Gateways, day: date) -> list[ProviderRecordsDue]:
    """What to read to compare a day of every provider (again); nothing is emitted. For the console."""
    store.ask_for_day(uow.session, list(gateways), day, uow.now + _DAY, again=True)
    return [_of_day(provider, day) for provider in gateways]


def records(gateways: Gateways) -> OutsideCalls[Span, Sequence[Movement]]:
    """For each ProviderRecordsDue, read the provider's records, ask about what is not in the books, compare a day."""

    def claim(_uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> list[Span | None]:
        return [_span(payload) for payload in payloads]

    def call(span: Span) -> Sequence[Movement]:
        gateway = gateways.get(span.provider)
        if gateway is None:
            raise OutcomeUnknown(f"the provider {span.provider} is not set up here")
        return gateway.movements(span.since, span.until)

    def record(uow: UnitOfWork, answered: Sequence[tuple[Span, Sequence[Movement] | OutcomeUnknown | Refused]]) -> None:
        for span, found in answered:
            if isinstance(found, (OutcomeUnknown, Refused)):
                _log.warning("provider's records not read", provider=span.provider, error=str(found))
                if span.day is not None:
                    store.fail_day(uow.session, span.provider, span.day, str(found))
            else:
                _take(uow, span, found)

    return OutsideCalls("payments.records", claim=claim, call=call, record=record)


def decide_case(uow: UnitOfWork, actor: uuid.UUID, case_id: uuid.UUID, reason: str) -> None:
    """Close a case with a reason; nothing is posted. Raises NotFound, CaseClosed."""
    case = cases.lock(uow.session, case_id)
    if case is None:
        raise NotFound("no such case")
    if case.state != "open":
        raise CaseClosed(f"the case is {case.state}")
    cases.decide(uow.session, case_id, actor, reason, uow.now)
    facts: dict[str, object] = {"kind": case.kind, "item": case.item, "currency": case.currency, "reason": reason}
    audit.record(uow, actor=actor, action="reconciliation.decided", target=to_public("rcc", case_id), facts=facts)


def reconciliation_of(uow: UnitOfWork, day: date) -> tuple[list[DayRow], list[CaseRow]]:
    """How a day went, a row a provider, and its cases that are open. Two statements."""
    return store.days(uow.session, _DAYS_AT_ONCE, day), cases.open_on(uow.session, day)


def reconciled_days(uow: UnitOfWork, limit: int) -> list[DayRow]:
    """How the newest days went. One statement."""
    return store.days(uow.session, limit)


def reconciliation_cases(uow: UnitOfWork, *, is_open: bool, after: uuid.UUID | None, limit: int) -> list[CaseRow]:
    """Up to `limit` cases that are open, or closed, the newest first. One statement."""
    return cases.page(uow.session, is_open=is_open, after=after, limit=limit)


def count_open_cases(uow: UnitOfWork) -> int:
    """Differences between a provider and the books that wait for a person."""
    return cases.count_open(uow.session)


def heal_cases(uow: UnitOfWork, provider: str) -> int:
    """Close open cases of a provider whose difference is gone; returns how many. A constant number of statements.

    The provider is asked again about those of the last day that the books still lack.
    """
    standing = cases.open_of(uow.session, provider, _CASES_AT_ONCE)
    if not standing:
        return 0
    theirs = store.of_refs(uow.session, provider, [case.item for case in standing if case.kind != "missing_there"])
    lacking = comparing.not_in_books(uow, provider, theirs)
    differing = {difference.item for _, difference in lacking}
    young = {case.item for case in standing if case.found_at > uow.now - _DAY}
    _ask_about(uow, [row for row, _ in lacking if row.ref in young])
    ours = [case.item for case in standing if case.kind == "missing_there"]
    differing |= comparing.still_not_at_provider(uow, provider, ours)
    healed = [case.id for case in standing if case.item not in differing]
    cases.heal(uow.session, healed, uow.now)
    return len(healed)


def _take(uow: UnitOfWork, span: Span, found: Sequence[Movement]) -> None:
    store.add(uow.session, span.provider, found, uow.now)
    _post_fees(uow, span.provider)
    heal_cases(uow, span.provider)
    since = span.since if span.day is None else _midnight(span.day)
    rows = store.of_span(uow.session, span.provider, since, span.until)
    differing = comparing.not_in_books(uow, span.provider, rows)
    _ask_about(uow, [row for row, _ in differing])
    if span.day is None:
        store.swept(uow.session, span.provider, span.until)
    else:
        _close_day(uow, span, span.day, len(rows), [difference for _, difference in differing])


def _ask_about(uow: UnitOfWork, rows: Sequence[MovementRow]) -> None:
    asked = {row.payment_id for row in rows if row.payment_id is not None}
    uow.emit_all([PaymentLookDue(payment_id=payment_id) for payment_id in sorted(asked)])


def _close_day(uow: UnitOfWork, span: Span, day: date, theirs: int, found: Sequence[Difference]) -> None:
    ours, missing = comparing.not_at_provider(uow, span.provider, _midnight(day), span.until)
    everything = [*found, *missing]
    cases.add(uow.session, span.provider, day, everything, uow.now)
    compared = max(theirs, ours)
    store.finish_day(uow.session, span.provider, day, uow.now, compared=compared, differences=len(everything))
    _log.info("day compared", provider=span.provider, day=str(day), compared=compared, differences=len(everything))


def _post_fees(uow: UnitOfWork, provider: str) -> None:
    """What the provider kept for itself, as its records say; each movement's once."""
    fees = store.take_fees(uow.session, provider)
    postings = [
        posting
        for currency, kept in fees.items()
        if kept
        for posting in (
            Posting(chart.PROVIDER_FEES, -kept, currency),
            Posting(chart.provider_clearing(provider), kept, currency),
        )
    ]
    if postings:
        post(uow, [Entry(f"provider_fees:{to_public('pvf', new_id())}", "provider_fees", tuple(postings))])


def _of_day(provider: str, day: date) -> ProviderRecordsDue:
    """A day, and the one before: what was posted just after midnight moved before it."""
    start = _midnight(day)
    return ProviderRecordsDue(provider=provider, since=start - _DAY, until=start + _DAY, day=day.isoformat())


def _span(payload: Mapping[str, Any]) -> Span:
    day = date.fromisoformat(payload["day"]) if payload["day"] else None
    return Span(payload["provider"], parse_instant(payload["since"]), parse_instant(payload["until"]), day)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
