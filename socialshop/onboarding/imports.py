"""Members from elsewhere, line by line into members with a place in the tree.

One transaction: rows stream into a temporary table; who can stand is decided over the whole file at once (a sponsor
may come later than its members, and a cycle is seen only as a whole), and what stands lands set by set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from socialshop.identity import service as identity
from socialshop.infra import csvfields as fields
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.csvfields import Fault, FaultAt, Fields
from socialshop.infra.csvfile import Layout, Record, read_records
from socialshop.infra.rejects import Imported, Progress, Rejected
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import new_ids
from socialshop.onboarding import imports_store as store
from socialshop.referrals import service as referrals
from socialshop.referrals.service import Proposals, Resolution, Verdict

LAYOUT = Layout(
    required=("external_id", "sponsor_external_id", "joined_at"),
    optional=("display_name", "email"),
)
(_EXTERNAL_ID, _SPONSOR, _JOINED_AT, _DISPLAY_NAME, _EMAIL) = range(1, 6)

_IDS_AT_ONCE = 10_000
_NAMED_IN_A_CYCLE = 5
_LONGEST_NAMED = 40


def import_members(uow: UnitOfWork, path: Path, *, reject: Callable[[Rejected], None], progress: Progress) -> Imported:
    """Land the good lines of a file; `reject` is told of each other one, in the order of lines.

    Raises FileRefused (the file cannot be read as a whole); the unit of work must then end without a commit.
    """
    advisory_lock(uow, "members:import")
    store.create_staging(uow.session)
    records = read_records(path, LAYOUT, lambda done, total: progress("read", done, total))
    read = store.stage(uow.session, (_row(i, record, uow.now) for i, record in enumerate(records)))
    crash_point("import_members.staged")
    progress("judge", 0, 2)
    store.refuse_taken_emails(uow.session)
    lines = store.lines(uow.session)
    progress("judge", 1, 2)
    resolution = referrals.resolve(Proposals(lines.member, lines.sponsor, lines.sound, lines.members))
    _record_verdicts(uow, lines, resolution)
    progress("judge", 2, 2)
    rejected = 0
    for line, column, code, reason in store.rejected(uow.session):
        reject(Rejected(line, LAYOUT.columns[column - 1], code, reason))
        rejected += 1
    landed = _land(uow, lines, resolution, progress)
    crash_point("import_members.landed")
    return Imported(read, landed, read - landed - rejected, rejected)


def _row(position: int, record: Record, now: datetime) -> Sequence[object]:
    """A row of the staging table; a value at fault is NULL, and the leftmost fault stands beside."""
    if record.misfit is not None:
        fault = FaultAt(record.misfit + 1, "field_count", "the row has not as many fields as the header")
        return (position, record.line, *[None] * 6, *fault)
    row = Fields()
    external_id, sponsor, joined_at, name, email = record.values
    values = (
        row.read(_EXTERNAL_ID, fields.identifier, external_id),
        row.read(_SPONSOR, fields.optional_identifier, sponsor),
        row.read(_JOINED_AT, fields.past_instant, joined_at, now),
        row.read(_DISPLAY_NAME, _checked, identity.imported_name, name) if name else None,
        row.read(_EMAIL, _checked, identity.imported_email, email) if email else None,
    )
    if row.fault is not None:
        return (position, record.line, *values, None, *row.fault)
    return (position, record.line, *values, _content_hash(values[1:]), None, None, None)


def _checked(check: Callable[[str], str | None], text: str) -> str | None:
    try:
        return check(text)
    except InvalidValue as error:
        raise Fault("invalid_value", error.detail) from None


def _content_hash(values: Sequence[object]) -> bytes:
    """What the line says, for telling a repetition from a conflict even after a correction or an erasure.

    NUL cannot occur in a field (the file would be refused), so it parts the values without doubt.
    """
    return hashlib.sha256("\0".join("" if value is None else str(value) for value in values).encode()).digest()


def _record_verdicts(uow: UnitOfWork, lines: store.Lines, resolution: Resolution) -> None:
    """Tell the database what becomes of each line that does not stand, and name the cycles."""
    fallen = np.flatnonzero(resolution.verdict != Verdict.STANDS)
    verdict = resolution.verdict[fallen]
    standing = resolution.standing_line[lines.member[fallen]]
    standing_position = np.where(standing >= 0, lines.position[standing], -1)
    store.record_verdicts(uow.session, lines.position[fallen], verdict, standing_position)
    cyclic = fallen[verdict == Verdict.SPONSOR_CYCLE]
    names = store.names(uow.session, np.unique(lines.member[cyclic])) if len(cyclic) else {}
    store.record_cycles(uow.session, _named_cycles(lines, resolution, cyclic, names))


def _named_cycles(
    lines: store.Lines, resolution: Resolution, cyclic: referrals.Ints, names: Mapping[int, str]
) -> Iterator[tuple[int, str]]:
    """(position, reason) of each line of a cycle: the first few members of it, from the line's own on."""
    for line in cyclic.tolist():
        start = int(lines.member[line])
        path, member = [start], int(lines.sponsor[line])
        while member != start and len(path) < _NAMED_IN_A_CYCLE:
            path.append(member)
            member = int(resolution.first_sponsor[member])
        shown = [names.get(m, "…")[:_LONGEST_NAMED] for m in path]
        closing = shown[0] if member == start else "…"
        yield int(lines.position[line]), f"sponsors in a circle: {' → '.join([*shown, closing])}"


class _Landing(NamedTuple):
    """Who lands, in the order of lines: indexes into the proposed members, and their lines."""

    members: referrals.Ints
    lines: referrals.Ints


def _land(uow: UnitOfWork, lines: store.Lines, resolution: Resolution, progress: Progress) -> int:
    """Give those that stand their numbers and ids, insert them, and place them in the tree."""
    members = np.flatnonzero(resolution.standing_line >= 0)
    members = members[np.argsort(resolution.standing_line[members])]
    landing = _Landing(members, resolution.standing_line[members])
    count = len(members)
    if not count:
        return 0
    progress("land", 0, 3)
    numbers = identity.reserve_numbers(uow, count)
    store.stage_landing(uow.session, lines.position[landing.lines], numbers, _ids(count))
    identity.add_staged_members(uow, store.LANDING)
    store.remember_content(uow.session)
    progress("land", 1, 3)
    number_of = np.zeros(lines.members, dtype=np.int64)
    number_of[members] = numbers
    proposed = lines.sponsor[landing.lines]
    sponsors = np.where(proposed >= 0, number_of[proposed], lines.standing_sponsor[landing.lines])
    referrals.place_many(uow, numbers=numbers, sponsors=sponsors, placed_at=store.joined_at(uow.session))
    progress("land", 3, 3)
    return count


def _ids(count: int) -> store.Column:
    """`count` new ids as raw bytes."""
    parts = (new_ids(min(_IDS_AT_ONCE, count - start)) for start in range(0, count, _IDS_AT_ONCE))
    return np.frombuffer(b"".join(key.bytes for part in parts for key in part), dtype="V16")
