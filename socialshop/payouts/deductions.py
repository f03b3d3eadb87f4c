"""What is taken off a payout before it leaves: tax by dated bands, a fee by channel. Pure, in integers alone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import BPS, MAX_AMOUNT_MINOR

MOST_BANDS = 20


class Rounding(StrEnum):
    """What becomes of a part of a minor unit of tax."""

    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"


class Span(StrEnum):
    """What a band counts: each payout by itself, or all that a member asks for in a month of the shop's."""

    PAYOUT = "payout"
    MONTH = "month"


class Band(NamedTuple):
    """From so many minor units on, this much of each further one."""

    from_minor: int
    rate_bps: int


class Fee(NamedTuple):
    """A fixed part and a rate, at most so much where that is said."""

    fixed_minor: int
    rate_bps: int
    most_minor: int | None


class Taken(NamedTuple):
    """What of a payout goes where, in minor units: gross = tax + fee + net."""

    gross_minor: int
    tax_minor: int
    fee_minor: int

    @property
    def net_minor(self) -> int:
        """What the member gets."""
        return self.gross_minor - self.tax_minor - self.fee_minor


NOTHING = Fee(0, 0, None)


def checked_bands(bands: Sequence[Band]) -> tuple[Band, ...]:
    """Bands as a table may have them: the first from nothing on, each above the one before. Raises InvalidValue."""
    if not 1 <= len(bands) <= MOST_BANDS or bands[0].from_minor != 0:
        raise InvalidValue(f"1 to {MOST_BANDS} bands, the first from nothing on", field="bands")
    for lower, upper in pairwise(bands):
        if upper.from_minor <= lower.from_minor:
            raise InvalidValue("each band begins above the one before", field="bands")
    for band in bands:
        if not (0 <= band.rate_bps < BPS and band.from_minor <= MAX_AMOUNT_MINOR):
            raise InvalidValue("a band takes less than the whole", field="bands")
    return tuple(bands)


def tax_on(bands: Sequence[Band], rounding: Rounding, income_minor: int) -> int:
    """The tax on so much: each part of it by the rate of its band, rounded once, at the end."""
    ends = [*(band.from_minor for band in bands[1:]), income_minor]
    parts = sum(
        max(0, min(end, income_minor) - band.from_minor) * band.rate_bps for band, end in zip(bands, ends, strict=True)
    )
    match rounding:
        case Rounding.DOWN:
            return parts // BPS
        case Rounding.UP:
            return -(-parts // BPS)
        case Rounding.HALF_UP:
            return (2 * parts + BPS) // (2 * BPS)


def tax_beside(
    bands: Sequence[Band], rounding: Rounding, gross_minor: int, *, before_minor: int = 0, withheld_minor: int = 0
) -> int:
    """The tax on a payout beside what was asked for before in the same span, and withheld of that.

    What came to nothing since is not counted before: what it had raised the others by is less withheld here.
    """
    return max(0, tax_on(bands, rounding, before_minor + gross_minor) - withheld_minor)


def fee_on(fee: Fee, gross_minor: int) -> int:
    """The fee of a payout, the rate's part rounded down."""
    whole = fee.fixed_minor + gross_minor * fee.rate_bps // BPS
    return whole if fee.most_minor is None else min(whole, fee.most_minor)
