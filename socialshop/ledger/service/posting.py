"""Posting journal entries, one or a hundred thousand alike, and reversing one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, repeat
from operator import itemgetter

import psycopg
from sqlalchemy.exc import IntegrityError

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.currencies import POINTS, is_currency
from socialshop.kernel.time import exact_text
from socialshop.ledger import chart
from socialshop.ledger.errors import (
    AlreadyReversed,
    EntryConflict,
    InsufficientBalance,
    InvalidEntry,
    UnbalancedEntry,
    UnknownAccount,
    UnknownEntry,
)
from socialshop.ledger.journal import NOTHING, Entry, Posting, content_hash, subject_texts
from socialshop.ledger.store import posting as store

_MAX_POSTING_MINOR = 10**17
_MAX_REFERENCE = 200
_CHUNK_LINES = 8_192
_FIRST_NUMBER = re.compile(r"\((\d+),")


@dataclass(frozen=True, slots=True)
class Posted:
    """What `post` did: entries and postings appended, and entries that stood there already with the same content."""

    entries: int
    postings: int
    replayed: int


class _Columns:
    """One entry, its postings by column; `tails` are the texts that the canonical form and COPY share.

    Here and in `_copy_chunks`, `map` and `join` instead of a format a line: half of the time of a large batch.
    """

    __slots__ = ("accounts", "amounts", "currencies", "entry", "tails")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        if len(entry.postings) < 2:  # noqa: PLR2004 - double entry
            raise InvalidEntry(f"entry {entry.reference!r} has fewer than two postings")
        # Not zip(*postings): an iterator a posting would wake the garbage collector, for half of the time of this.
        self.accounts, self.amounts, self.currencies, subjects = (
            list(map(itemgetter(column), entry.postings)) for column in range(len(Posting._fields))
        )
        self.tails = list(
            map("\t".join, zip(map(str, self.amounts), self.currencies, subject_texts(subjects), strict=True))
        )

    def moved_in(self, currency: str) -> Iterator[tuple[str, int]]:
        """Account and amount of the postings in one currency; nearly always that is all of them."""
        moved = zip(self.accounts, self.amounts, strict=True)
        if self.currencies.count(currency) == len(self.currencies):
            return moved
        return compress(moved, [other == currency for other in self.currencies])

    def hash(self, posted_at: str) -> bytes:
        lines = map("\t".join, zip(self.accounts, self.tails, strict=True))
        return content_hash(self.entry.reference, self.entry.kind, posted_at, self.entry.reverses, lines)


def post(uow: UnitOfWork, entries: Sequence[Entry]) -> Posted:
    """Append journal entries: all of them or none. A constant number of statements, whatever the batch's size.

    Each is one business fact under a reference of its own, dated `uow.now`, or the first instant of the open day where
    the day of `uow.now` was closed meanwhile (docs/ledger.md, Days). An entry already posted with the same
    content is left as it stands. Raises, naming the entry: InvalidEntry, UnbalancedEntry, UnknownAccount,
    UnknownEntry (in `reverses`, which must have been posted by an earlier call), EntryConflict (reference used for
    other content), AlreadyReversed, InsufficientBalance (naming the account). The last two come from the database: the
    transaction is lost with them and the unit of work must end.
    """
    columns = _checked(entries)
    if not columns:
        return Posted(0, 0, 0)
    session = uow.session
    reversed_ids = _reversed_ids(uow, columns)
    known, open_from = _accounts(uow, columns)
    instant = uow.now if open_from is None else max(uow.now, open_from)
    posted_at = exact_text(instant)
    rows = [
        store.EntryRow(
            c.entry.reference,
            c.entry.kind,
            reversed_ids[c.entry.reverses] if c.entry.reverses is not None else None,
            len(c.amounts),
            c.hash(posted_at),
        )
        for c in columns
    ]
    try:
        added = store.add_entries(session, rows, instant)
    except IntegrityError as error:
        raise _as_already_reversed(error) from error
    _refuse_other_content(uow, [c for c in columns if c.entry.reference not in added])
    new = [c for c in columns if c.entry.reference in added]
    if new:
        store.copy_postings(session, _copy_chunks(new, added, known))
        _move_balances(uow, new, known)
    return Posted(len(new), sum(len(c.amounts) for c in new), len(entries) - len(new))


def reverse(uow: UnitOfWork, reference: str, new_reference: str) -> Posted:
    """Undo the entry posted under `reference` by its negation, posted under `new_reference` and linked to it.

    Once only; the same command again changes nothing. Raises UnknownEntry, AlreadyReversed (under another reference),
    EntryConflict, InsufficientBalance (what it gave has been spent).
    """
    found = store.entries_by_reference(uow.session, [reference]).get(reference)
    if found is None:
        raise UnknownEntry(f"no entry {reference!r} was posted")
    negated = [
        Posting(p.account, -p.amount_minor, p.currency, p.subject_id) for p in store.postings_of(uow.session, found.id)
    ]
    return post(uow, [Entry(new_reference, "reversal", negated, reverses=reference)])


def _checked(entries: Sequence[Entry]) -> list[_Columns]:
    """The batch by columns, each entry valid in itself, each reference once."""
    by_reference: dict[str, _Columns] = {}
    for entry in entries:
        before = by_reference.get(entry.reference)
        if before is None:
            columns = by_reference[entry.reference] = _Columns(entry)
            _check(columns)
        elif _Columns(entry).hash("") != before.hash(""):
            raise EntryConflict(f"entry {entry.reference!r} is twice in one batch with different content")
    return list(by_reference.values())


def _check(columns: _Columns) -> None:
    entry = columns.entry
    for word in (entry.reference, entry.kind):
        if not 0 < len(word) <= _MAX_REFERENCE or not word.isprintable() or word == NOTHING:
            raise InvalidEntry(f"entry {entry.reference!r}: a reference or kind is 1 to 200 printable characters")
    amounts = columns.amounts
    if set(map(type, amounts)) != {int} or 0 in amounts:
        raise InvalidEntry(f"entry {entry.reference!r}: an amount is a whole number of minor units, not zero")
    if max(amounts) > _MAX_POSTING_MINOR or min(amounts) < -_MAX_POSTING_MINOR:
        raise InvalidEntry(f"entry {entry.reference!r}: an amount is larger than 10^17 minor units")
    currencies = set(columns.currencies)
    if POINTS in currencies and len(currencies) > 1:
        raise InvalidEntry(f"entry {entry.reference!r}: points and money never stand in one entry")
    if unknown := [currency for currency in currencies if currency != POINTS and not is_currency(currency)]:
        raise InvalidEntry(f"entry {entry.reference!r}: {min(unknown)!r} is no ISO 4217 currency")
    for currency in currencies:
        off = sum(amounts) if len(currencies) == 1 else sum(amount for _, amount in columns.moved_in(currency))
        if off:
            raise UnbalancedEntry(f"entry {entry.reference!r} is off by {off} {currency} (minor units)")


def _reversed_ids(uow: UnitOfWork, columns: Sequence[_Columns]) -> dict[str, int]:
    references = {c.entry.reverses for c in columns if c.entry.reverses is not None}
    if not references:
        return {}
    found = store.entries_by_reference(uow.session, references)
    for c in columns:
        if c.entry.reverses is not None and c.entry.reverses not in found:
            raise UnknownEntry(f"entry {c.entry.reference!r} reverses {c.entry.reverses!r}, which was never posted")
    return {reference: entry.id for reference, entry in found.items()}


def _accounts(uow: UnitOfWork, columns: Sequence[_Columns]) -> tuple[store.KnownAccounts, datetime | None]:
    """All accounts named, made where they are missing; and from when on the books are open, held so."""
    names = set().union(*(c.accounts for c in columns))
    known, open_from = store.accounts_and_open_day(uow.session, names)
    missing = names - known.ids.keys()
    if missing:
        made = store.add_accounts(uow.session, _charted(missing, columns))
        known = _together(known, made)
        # Another made these between the two statements.
        if raced := missing - made.ids.keys():
            known = _together(known, store.accounts(uow.session, raced))
    return known, open_from


def _together(one: store.KnownAccounts, other: store.KnownAccounts) -> store.KnownAccounts:
    return store.KnownAccounts(one.ids | other.ids, one.signs | other.signs)


def _charted(names: set[str], columns: Sequence[_Columns]) -> list[chart.Account]:
    try:
        return [chart.account(name) for name in names]
    except UnknownAccount as error:
        reference = next(c.entry.reference for c in columns for name in c.accounts if repr(name) in error.detail)
        raise UnknownAccount(f"entry {reference!r}: {error.detail}") from None


def _refuse_other_content(uow: UnitOfWork, replayed: Sequence[_Columns]) -> None:
    """An entry that stood there must hash to the same as what was asked for now, dated as it was then."""
    if not replayed:
        return
    stored = store.entries_by_reference(uow.session, [c.entry.reference for c in replayed])
    for c in replayed:
        before = stored[c.entry.reference]
        if c.hash(exact_text(before.posted_at)) != before.content_hash:
            raise EntryConflict(f"reference {c.entry.reference!r} was used for another entry")


def _copy_chunks(
    columns: Sequence[_Columns], entry_ids: Mapping[str, int], known: store.KnownAccounts
) -> Iterator[str]:
    """The lines of COPY, some thousands at a time: large enough to cost no call a posting, small enough for memory."""
    ids = {name: str(account_id) for name, account_id in known.ids.items()}
    numbers = [str(line) for line in range(1, max(len(c.tails) for c in columns) + 1)]
    lines: list[str] = []
    for c in columns:
        entry_id = str(entry_ids[c.entry.reference])
        accounts = map(ids.__getitem__, c.accounts)
        lines += map("\t".join, zip(repeat(entry_id), numbers, accounts, c.tails, strict=False))
        if len(lines) >= _CHUNK_LINES:
            yield "\n".join([*lines, ""])
            lines.clear()
    yield "\n".join([*lines, ""])


def _move_balances(uow: UnitOfWork, columns: Sequence[_Columns], known: store.KnownAccounts) -> None:
    """Add what was posted to the balances; folded accounts are left to the sealer."""
    sums: dict[str, defaultdict[str, int]] = {}
    for c in columns:
        for currency in set(c.currencies):
            of_currency = sums.setdefault(currency, defaultdict(int))
            for account, amount in c.moved_in(currency):
                of_currency[account] += amount
    ids, signs = known
    moves = [
        (ids[name], currency, amount, signs[name])
        for currency, of_currency in sums.items()
        for name, amount in of_currency.items()
        if amount and name in signs
    ]
    if not moves:
        return
    try:
        store.move_balances(uow.session, store.Moves(*zip(*moves, strict=True)))
    except IntegrityError as error:
        raise _as_insufficient(error, known) from error


def _as_already_reversed(error: IntegrityError) -> Exception:
    cause = error.orig
    if isinstance(cause, psycopg.errors.UniqueViolation) and cause.diag.constraint_name == "uq_ledger_entries_reversed":
        return AlreadyReversed("an entry is reversed once, and this one was, under another reference")
    return error


def _as_insufficient(error: IntegrityError, known: store.KnownAccounts) -> Exception:
    """The refusal of ck_ledger_balances_amount_minor, with the account's name; PostgreSQL details the failing row."""
    cause = error.orig
    if not isinstance(cause, psycopg.errors.CheckViolation):
        return error
    found = _FIRST_NUMBER.search(cause.diag.message_detail or "")
    account_id = int(found[1]) if found else None
    name = next((name for name, known_id in known.ids.items() if known_id == account_id), "an account")
    return InsufficientBalance(f"the balance of {name} does not cover it", account=name)
