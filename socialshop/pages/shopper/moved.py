"""What happened in a wallet, one row a thing that happened: money that only changes its place is told once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from socialshop.commissions.schemas.wallet import WalletEntry
from socialshop.commissions.service import WalletPart, WalletRow, part_of
from socialshop.pages import languages

# The books tell of one happening by so many postings at most.
MOST_POSTINGS = 2


@dataclass(frozen=True, slots=True)
class Moved:
    """A happening: what it was, and the part of the wallet that changed.

    `place` is given where the money only moved on to another part: the whole of the wallet is as it was. `last` is the
    posting that the list may be read on from.
    """

    entry: WalletEntry
    place: WalletPart | None
    last: WalletRow


def happened(rows: Sequence[WalletRow]) -> list[Moved]:
    """Postings in either order of the books, as what happened."""
    told: list[Moved] = []
    for row, other in _paired(rows):
        entry = WalletEntry.of(row, languages.reader())
        if other is None:
            told.append(Moved(entry, None, row))
            continue
        left, came = (row, other) if row.amount_minor < 0 else (other, row)
        told.append(Moved(WalletEntry.of(left, languages.reader()), part_of(came), other))
    return told


def _paired(rows: Sequence[WalletRow]) -> Iterable[tuple[WalletRow, WalletRow | None]]:
    """Each posting, with the one that follows where both say of the same money that it moved on."""
    place = 0
    while place < len(rows):
        row, following = rows[place], rows[place + 1 : place + 2]
        other = following[0] if following and _same_money(row, following[0]) else None
        yield row, other
        place += 1 if other is None else 2


def _same_money(row: WalletRow, other: WalletRow) -> bool:
    return (
        row.entry_id == other.entry_id
        and abs(row.line - other.line) == 1
        and row.amount_minor == -other.amount_minor
        and row.account != other.account
    )
