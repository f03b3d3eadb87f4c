"""Closing days and months: what is over takes no more entries, and a month is signed with the hash of what it holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from socialshop.audit import service as audit
from socialshop.audit.service import Wanted
from socialshop.infra import chain, wired
from socialshop.infra.chain import GENESIS
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.time import day_of
from socialshop.ledger import calendar
from socialshop.ledger.calendar import MonthHash
from socialshop.ledger.errors import DayNotOver, DaysOpen, DifferencesOpen, MonthOutOfTurn, ProofWanted
from socialshop.ledger.store import closing as store
from socialshop.ledger.store.closing import ClosedDay, ClosedMonth, MonthSpan

BOOKS = "books"
PROVED = "books.proved"
# In one step: more than ten years of days.
_MOST_DAYS = 4_000


def close_days(uow: UnitOfWork, through: date, *, actor: uuid.UUID | None, zone: str) -> ClosedDay:
    """Close every open day through this one: none of them takes an entry any more. Returns the last closed day.

    Waits for who is posting, and they wait for it. Closed already, nothing changes. One step closes 4,000 days at
    most; the day that is returned tells how far it came. Raises DayNotOver.
    """
    advisory_lock(uow, "ledger.days")
    last = store.last_closed(uow.session)
    if last is not None and through <= last.on_day:
        return last
    if through >= day_of(uow.now, zone):
        raise DayNotOver(f"the day {through} is not over in {zone}")
    days = calendar.days_between(_first_open(uow, last, through, zone), through)
    # The first day of all takes what is older too, so it may be a late one; after it none is passed over.
    days = days[-_MOST_DAYS:] if last is None else days[:_MOST_DAYS]
    ends = [calendar.end_of(day, zone) for day in days]
    after = None if last is None else last.ends_at
    count = store.close_days(uow.session, days, ends, after, closed_at=uow.now, closed_by=actor)
    facts = {"first_day": days[0].isoformat(), "last_day": days[-1].isoformat(), "entries": count}
    audit.record(uow, actor=actor, action="books.days_closed", target=BOOKS, facts=facts)
    closed = store.last_closed(uow.session)
    assert closed is not None
    return closed


def _first_open(uow: UnitOfWork, last: ClosedDay | None, through: date, zone: str) -> date:
    if last is not None:
        return last.on_day + calendar.DAY
    began = store.first_posted_at(uow.session)
    return through if began is None else min(through, day_of(began, zone))


def close_month(uow: UnitOfWork, month: date, *, actor: uuid.UUID, differences: int = 0) -> ClosedMonth:
    """Close a month for good, signed: by this person in the record, and by the shop's key.

    `differences`: how many of the providers' records still disagree with the books. A month that is closed already is
    given as it stands. Raises MonthOutOfTurn (the one before is open, or it is older than the first that was closed),
    DaysOpen, DifferencesOpen, ProofWanted (no green proof since its last day was closed).
    """
    advisory_lock(uow, "ledger.months")
    month = month.replace(day=1)
    closed = {each.month: each for each in store.closed_months(uow.session)}
    if month in closed:
        return closed[month]
    last = closed[max(closed)] if closed else None
    if last is not None and month != calendar.last_day_of(last.month) + calendar.DAY:
        raise MonthOutOfTurn(f"after {last.month:%Y-%m} the month that follows it is closed")
    last_day = store.closed_day(uow.session, calendar.last_day_of(month))
    if last_day is None:
        raise DaysOpen(f"days of {month:%Y-%m} are open")
    if differences:
        raise DifferencesOpen("providers' records that disagree with the books wait to be explained")
    _require_proof(uow, last_day.closed_at)
    made = _signed(uow, MonthSpan(month, None if last is None else last.ends_at, last_day.ends_at), last, actor)
    store.add_month(uow.session, made)
    facts = {"month": f"{month:%Y-%m}", "entries": made.entries, "head_hash": made.hash.hex()}
    audit.record(uow, actor=actor, action="books.month_closed", target=BOOKS, facts=facts)
    return made


def _require_proof(uow: UnitOfWork, since: datetime) -> None:
    """The newest proof is green, and younger than the closing of the month's last day."""
    found = audit.page_of(uow, Wanted(target=BOOKS, action=PROVED), None, 1)
    if not found or found[0].recorded_at < since or found[0].facts["first_difference"] is not None:
        raise ProofWanted("no green proof of the books since the month's last day was closed: prove them first")


def _signed(uow: UnitOfWork, span: MonthSpan, last: ClosedMonth | None, actor: uuid.UUID) -> ClosedMonth:
    count = store.count_entries(uow.session, span)
    previous = GENESIS if last is None else last.hash
    hashed = MonthHash(span.month, previous, span.starts_at, span.ends_at, count)
    for _, content_hash in store.content_hashes(uow.session, [span]):
        hashed.add(content_hash)
    key = chain.signing_key(wired.settings().data_dir)
    said = calendar.closing_text(span.month, hashed.digest(), count, uow.now, actor)
    public = key.public_key().public_bytes_raw()
    return ClosedMonth(*span, count, previous, hashed.digest(), public, key.sign(said), uow.now, actor)


def closed_days(uow: UnitOfWork, limit: int) -> list[ClosedDay]:
    """The newest closed days, the last first."""
    return store.closed_days(uow.session, limit)


def closed_months(uow: UnitOfWork) -> list[ClosedMonth]:
    """All closed months, the last first."""
    return store.closed_months(uow.session)


def month_faults(uow: UnitOfWork) -> Iterator[str]:
    """What is off with the closed months: the hash of one, its signature, or its place in the row of months."""
    months = store.closed_months(uow.session)[::-1]
    hashes = _hashes_of(uow, months)
    previous = GENESIS
    for month in months:
        name = f"the closed month {month.month:%Y-%m}"
        if month.previous_hash != previous:
            yield f"{name} does not follow the month before"
        if hashes[month.month].count != month.entries or hashes[month.month].digest() != month.hash:
            yield f"{name} does not have the hash of its entries"
        if not _is_signed(month):
            yield f"{name} is not signed by the key that it names"
        previous = month.hash


def _hashes_of(uow: UnitOfWork, months: Sequence[ClosedMonth]) -> dict[date, MonthHash]:
    hashes = {
        month.month: MonthHash(month.month, month.previous_hash, month.starts_at, month.ends_at, month.entries)
        for month in months
    }
    spans = [MonthSpan(month.month, month.starts_at, month.ends_at) for month in months]
    for of_month, content_hash in store.content_hashes(uow.session, spans):
        hashes[of_month].add(content_hash)
    return hashes


def _is_signed(month: ClosedMonth) -> bool:
    said = calendar.closing_text(month.month, month.hash, month.entries, month.closed_at, month.closed_by)
    try:
        Ed25519PublicKey.from_public_bytes(month.public_key).verify(month.signature, said)
    except (InvalidSignature, ValueError):
        return False
    return True
