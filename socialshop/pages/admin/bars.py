"""What a plan pays beside what is in force, as a pair of bars for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from socialshop.kernel.money import Money

_WIDTH = 200


class Compared(NamedTuple):
    """What is paid under this plan and by what is in force; the widths of both bars in units of a drawing."""

    kind: str
    level: int
    here: Money
    there: Money
    here_width: int
    there_width: int


def compared(currency: str, rows: Sequence[tuple[str, int, int, int]]) -> list[Compared]:
    """Rows of kind, level and both amounts in minor units; the longest bar is the largest amount's."""
    most = max([1, *(max(here, there) for _, _, here, there in rows)])
    return [
        Compared(
            kind, level, Money(here, currency), Money(there, currency), here * _WIDTH // most, there * _WIDTH // most
        )
        for kind, level, here, there in rows
    ]
