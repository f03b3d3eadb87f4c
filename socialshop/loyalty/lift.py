"""What a campaign did: the treated against those who were left out by lot. Pure, and without floats.

The difference of the buyers' rates, with a 95 % interval by the hybrid score method: R. G. Newcombe, "Interval
estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), method 10, from two
intervals of E. B. Wilson, JASA 22 (1927). The difference of what was spent per head, with the interval of B. L. Welch,
Biometrika 34 (1947); its quantile of Student's t by the expansion 26.7.5 of Abramowitz and Stegun, Handbook of
Mathematical Functions (1964), exact to four digits from 10 degrees of freedom on.

Bounds are rounded outward, estimates down: to basis points of a rate, and to minor units of money.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from enum import StrEnum
from typing import NamedTuple

from socialshop.kernel.money import BPS

# The quantile 0.975 of the normal distribution.
_Z = Decimal("1.959963984540054")
_CONTEXT = Context(prec=60)
_by = _CONTEXT.divide
# Fewer than these say nothing: L. D. Brown, T. T. Cai, A. DasGupta, Statistical Science 16 (2001) recommend Wilson's
# interval from 40 on; spending is skewed, so its means ask for more.
LEAST_MEMBERS = 100
LEAST_BUYERS = 20


class Metric(StrEnum):
    """What a campaign is for: that more of the members buy, or that they spend more per head."""

    BUYERS = "buyers"
    SPEND = "spend"


class Verdict(StrEnum):
    """What is known of the goal's metric."""

    NOT_BEGUN = "not_begun"
    GOES_ON = "goes_on"
    NO_CONTROL = "no_control"
    TOO_FEW = "too_few"
    UNCLEAR = "unclear"
    HARM = "harm"
    LIFT = "lift"
    REACHED = "reached"


class Group(NamedTuple):
    """The treated, or the controls: how many, how many bought, what they spent, and the sum of each one's squared."""

    members: int
    buyers: int
    spent_minor: int
    squares: int

    @property
    def rate_bps(self) -> int:
        """The share who bought."""
        return self.buyers * BPS // self.members if self.members else 0

    @property
    def per_head_minor(self) -> int:
        """What one spent, the others who spent nothing counted in."""
        return self.spent_minor // self.members if self.members else 0


class Interval(NamedTuple):
    """A difference, treated less control, and where the true one lies with 95 % confidence."""

    low: int
    estimate: int
    high: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A campaign's two groups; `rate` in basis points, `spend` in minor units per head; None where a group is empty."""

    treated: Group
    control: Group
    rate: Interval | None
    spend: Interval | None


def measure(treated: Group, control: Group) -> Measured:
    """Both differences."""
    if min(treated.members, control.members) < 2:  # noqa: PLR2004 - one member has no variance
        return Measured(treated, control, None, None)
    with localcontext(_CONTEXT):
        return Measured(treated, control, _rates(treated, control), _means(treated, control))


def verdict(found: Measured, metric: Metric, target: int, *, over: bool) -> Verdict:
    """What may be said: that something is there only once its whole interval is on one side of nothing."""
    if not over:
        return Verdict.GOES_ON
    if not found.control.members:
        return Verdict.NO_CONTROL
    difference = found.rate if metric is Metric.BUYERS else found.spend
    few = min(found.treated.members, found.control.members) < LEAST_MEMBERS
    if difference is None or few or found.treated.buyers + found.control.buyers < LEAST_BUYERS:
        return Verdict.TOO_FEW
    if difference.high < 0:
        return Verdict.HARM
    if difference.low <= 0:
        return Verdict.UNCLEAR
    return Verdict.REACHED if difference.estimate >= target else Verdict.LIFT


def wilson(buyers: int, members: int) -> tuple[Decimal, Decimal]:
    """Wilson's interval of a rate, as fractions."""
    with localcontext(_CONTEXT):
        x, n, squared = Decimal(buyers), Decimal(members), _Z * _Z
        middle = x + _by(squared, 2)
        half = _Z * (_by(x * (n - x), n) + _by(squared, 4)).sqrt()
        return max(_by(middle - half, n + squared), Decimal(0)), min(_by(middle + half, n + squared), Decimal(1))


def _rates(treated: Group, control: Group) -> Interval:
    first, second = (_by(group.buyers, group.members) for group in (treated, control))
    (low1, high1), (low2, high2) = (wilson(group.buyers, group.members) for group in (treated, control))
    below = ((first - low1) ** 2 + (high2 - second) ** 2).sqrt()
    above = ((high1 - first) ** 2 + (second - low2) ** 2).sqrt()
    difference = first - second
    return _rounded(BPS * (difference - below), BPS * difference, BPS * (difference + above))


def _means(treated: Group, control: Group) -> Interval:
    difference = _by(treated.spent_minor, treated.members) - _by(control.spent_minor, control.members)
    first, second = (_variance_of_mean(group) for group in (treated, control))
    both = first + second
    if not both:
        return _rounded(difference, difference, difference)
    freedom = _by(both**2, _by(first**2, treated.members - 1) + _by(second**2, control.members - 1))
    half = student_t(freedom) * both.sqrt()
    return _rounded(difference - half, difference, difference + half)


def _variance_of_mean(group: Group) -> Decimal:
    n = group.members
    return _by(group.squares - _by(Decimal(group.spent_minor) ** 2, n), n * (n - 1))


def student_t(freedom: Decimal) -> Decimal:
    """The quantile 0.975 of Student's distribution, by the terms of 26.7.5 to the fourth power."""
    z, v = _Z, freedom
    terms = (
        _by(z**3 + z, 4),
        _by(5 * z**5 + 16 * z**3 + 3 * z, 96),
        _by(3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z, 384),
        _by(79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z, 92160),
    )
    return z + sum((_by(term, v**power) for power, term in enumerate(terms, 1)), Decimal(0))


def _rounded(low: Decimal, estimate: Decimal, high: Decimal) -> Interval:
    floor, ceiling = ROUND_FLOOR, ROUND_CEILING
    return Interval(
        int(low.to_integral_value(floor)),
        int(estimate.to_integral_value(floor)),
        int(high.to_integral_value(ceiling)),
    )
