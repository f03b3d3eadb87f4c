"""Journal entries and postings as they cross the door, and the canonical text whose hash an entry carries.

One definition for posting and proving; docs/ledger.md describes it for an outsider. Lines end with a line feed,
fields of a posting are parted by tabs:

    socialshop entry 1
    <reference>
    <kind>
    <posted_at, RFC 3339, UTC, always six decimals>
    <reference of the entry that this one reverses, or ->
    <account> <amount_minor> <currency> <subject_id as 32 hexadecimal digits, or ->      a line a posting, in order
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

NOTHING = "-"


class Posting(NamedTuple):
    """`amount_minor` minor units into `account` (out of it if negative), about one accrual, order or payout."""

    account: str
    amount_minor: int
    currency: str
    subject_id: uuid.UUID | None = None


class Entry(NamedTuple):
    """One business fact. `reference` names it for ever; `reverses` is the reference of the entry it undoes."""

    reference: str
    kind: str
    postings: Sequence[Posting]
    reverses: str | None = None


def subject_texts(subjects: Sequence[uuid.UUID | None]) -> Iterable[str]:
    """Each subject's 32 hexadecimal digits, or the mark of none."""
    if None in subjects:
        return [NOTHING if subject is None else subject.hex for subject in subjects]
    return map("%032x".__mod__, map(attrgetter("int"), subjects))


def content_hash(reference: str, kind: str, posted_at: str, reverses: str | None, postings: Iterable[str]) -> bytes:
    """SHA-256 of the canonical text; `postings` are its lines in order, without their line feeds."""
    head = ("socialshop entry 1", reference, kind, posted_at, reverses or NOTHING)
    return hashlib.sha256("\n".join([*head, *postings, ""]).encode()).digest()
