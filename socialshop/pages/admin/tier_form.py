"""A tier programme as a form: a row for each tier in force, which may be taken out, and for each that is added.

The fields of a tier end in the number of its row. A row is where its code is; those in force have the numbers of their
places, those that are added the ones behind. Which buttons were pressed leaves the numbers of the others as they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from flask_babel import gettext
from pydantic import ValidationError

from socialshop.kernel.money import PERCENT
from socialshop.memberships.programme import (
    LONGEST_DAYS,
    MOST_POINTS,
    MOST_TIERS,
    Programme,
    Tier,
    TierBenefits,
)
from socialshop.pages.forms import Form, typed_list

_MOST_POINTS_PERCENT = 10_000
_MOST_DISCOUNT_PERCENT = 99
_MOST_HOURS = 168
_MOST_OF_AN_ACT, _MOST_CAP = 10**6, 10**9
_COUPON = re.compile(r"cpn_[0-9a-z]{26}")
# Codes of partners and of tiers are spelled alike.
PARTNER = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_ROW = re.compile(r"code_([0-9]{1,3})", re.ASCII)
_OF_A_ROW = re.compile(r"[a-z_]+_([0-9]{1,3})(-.*)?", re.ASCII)
_PER_TIER = frozenset(
    "code name_zh name_en threshold discount points partners hours shipping exclusive service coupons birthday".split()
)
# What a tier that is added gives until something is typed: nothing.
_FIRST = {"code": "", "discount": "0", "points": "100", "hours": "0"}
_NOT_TYPED = frozenset({"csrf_token", "once", "shape"})


class Row(NamedTuple):
    """A tier of the form; `was` is the one in force, None for one that is added."""

    number: int
    was: Tier | None


def rows_of(values: Mapping[str, str], now: Programme) -> list[Row]:
    """The tiers of a form, in the order of their numbers."""
    numbers = sorted(int(found[1]) for found in map(_ROW.fullmatch, values) if found)
    known = dict(enumerate(now.tiers))
    return [
        Row(number, was if was is not None and was.code == values[f"code_{number}"] else None)
        for number in numbers
        for was in [known.get(number)]
    ]


def reshaped(values: Mapping[str, str], act: str, now: Programme) -> dict[str, str]:
    """The values with a tier more (`add`), or without one (`drop-2`)."""
    after = {name: value for name, value in values.items() if name not in _NOT_TYPED}
    numbers = [row.number for row in rows_of(after, now)]
    if act == "add" and len(numbers) < MOST_TIERS:
        number = max([len(now.tiers) - 1, *numbers]) + 1
        return after | {f"{name}_{number}": value for name, value in _FIRST.items()}
    dropped = act.removeprefix("drop-")
    return {name: value for name, value in after.items() if not _is_of_row(name, dropped)}


def typed(form: Form, now: Programme) -> Programme:
    """The programme that was typed. Raises FormRefused, each fault beside its field."""
    rows = rows_of(form.values, now)
    if not 1 <= len(rows) <= MOST_TIERS:
        form.errors["tiers"] = gettext("A programme has from 1 to %(most)s tiers.", most=MOST_TIERS)
    changed: dict[str, object] = {
        "name": form.text("name", longest=200),
        "period_days": form.whole("period_days", 1, LONGEST_DAYS),
        "grace_days": form.whole("grace_days", 1, LONGEST_DAYS),
        **_growth(form, now),
    }
    for row in rows:
        _check_code(form, row, rows)
    tiers = {row: _tier(form, row) for row in rows}
    form.check()
    ladder = _ladder(form, rows)
    _check_ladder(form, ladder)
    try:
        return Programme.model_validate(now.model_dump() | changed | {"tiers": [tiers[row] for row in ladder]})
    except ValidationError as invalid:
        for fault in invalid.errors():
            of, place, field, *_ = (*fault["loc"], "", "", "")
            name = f"{field}_{ladder[int(place)].number}" if of == "tiers" and str(place).isdecimal() else str(of)
            form.errors[name if name in form.values else "tiers"] = gettext("This is not allowed here.")
        form.refuse()


def _is_of_row(name: str, number: str) -> bool:
    """Whether a field belongs to the tier of this row; the fields of growth are numbered too."""
    found = _OF_A_ROW.fullmatch(name)
    return found is not None and found[1] == number and name[: found.start(1) - 1] in _PER_TIER


def _check_code(form: Form, row: Row, rows: Iterable[Row]) -> None:
    """A code is spelled as codes are, and is no tier's of a row before."""
    field = f"code_{row.number}"
    code = form.values[field].strip()
    if not PARTNER.fullmatch(code):
        form.errors[field] = gettext("Small letters, digits and underscores, a letter first.")
    elif any(form.values[f"code_{one.number}"].strip() == code for one in rows if one.number < row.number):
        form.errors[field] = gettext("Another tier has this code.")


def _ladder(form: Form, rows: Iterable[Row]) -> list[Row]:
    """The rows as steps: those in force in their order, each that is added where what it asks puts it."""
    asks = {row: int(form.values[f"threshold_{row.number}"]) for row in rows}
    steps = [row for row in asks if row.was]
    for added in (row for row in asks if not row.was):
        steps.insert(sum(asks[row] <= asks[added] for row in steps), added)
    return steps


def _check_ladder(form: Form, ladder: list[Row]) -> None:
    """Thresholds begin at 0 and rise; what does not is told beside the first that is wrong."""
    fields = [f"threshold_{row.number}" for row in ladder]
    asks = [int(form.values[field]) for field in fields]
    wrong = [
        high for (low_asks, high_asks), high in zip(pairwise(asks), fields[1:], strict=True) if low_asks >= high_asks
    ]
    if asks[0]:
        wrong.insert(0, fields[0])
    if wrong:
        form.errors[wrong[0]] = gettext("Thresholds begin at 0 and rise from tier to tier.")
        form.refuse()


def _tier(form: Form, row: Row) -> dict[str, object]:
    """A tier as the form has it; what the form does not show stays as it was."""
    number = row.number
    benefits = (row.was.benefits if row.was else TierBenefits()).model_dump() | {
        "discount_bps": form.whole(f"discount_{number}", 0, _MOST_DISCOUNT_PERCENT) * PERCENT,
        "free_shipping": form.is_ticked(f"shipping_{number}"),
        "monthly_coupons": coupons_ticked(form, f"coupons_{number}"),
        "birthday_coupons": coupons_ticked(form, f"birthday_{number}"),
        "partner_vouchers": partners_named(form, f"partners_{number}"),
        "points_multiplier_bps": form.whole(f"points_{number}", 100, _MOST_POINTS_PERCENT) * PERCENT,
        "early_access_hours": form.whole(f"hours_{number}", 0, _MOST_HOURS),
        "exclusive_deals": form.is_ticked(f"exclusive_{number}"),
        "service_line": form.is_ticked(f"service_{number}"),
    }
    return {
        "code": form.values[f"code_{number}"].strip(),
        "name_zh": form.text(f"name_zh_{number}", longest=60),
        "name_en": form.text(f"name_en_{number}", longest=60),
        "threshold": form.whole(f"threshold_{number}", 0, MOST_POINTS),
        "benefits": benefits,
    }


def _growth(form: Form, was: Programme) -> dict[str, object]:
    """Where growth comes from as the form has it; an activity for no points is one no more."""
    points = [form.whole(f"activity_{position}", 0, _MOST_OF_AN_ACT) for position in range(len(was.activities))]
    caps = [
        {name: form.whole(f"{name}_{position}", 1, _MOST_CAP) for name in ("day_cap", "period_cap")}
        for position in range(len(was.activities))
    ]
    return {
        "spend": [
            {"currency": rule.currency, "minor_per_point": form.whole(f"spend_{position}", 1, _MOST_CAP)}
            for position, rule in enumerate(was.spend)
        ],
        "referral_points": form.whole("referral", 0, MOST_POINTS),
        "activities": [
            {"kind": rule.kind, "points": given, **capped}
            for rule, given, capped in zip(was.activities, points, caps, strict=True)
            if given
        ],
    }


def coupons_ticked(form: Form, box: str) -> list[str]:
    """The ids of the coupons that were ticked; a box's field is called by the coupon's id behind `box`."""
    named = (name.removeprefix(f"{box}-") for name in form.values if name.startswith(f"{box}-"))
    return [one for one in named if _COUPON.fullmatch(one)]


def ticks_of(box: str, coupons: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those coupons as boxes that are ticked."""
    return ((f"{box}-{coupon}", "yes") for coupon in coupons)


def partners_named(form: Form, name: str) -> list[str]:
    """Codes of partners with commas between; whether vouchers of theirs are in stock is seen when one is taken."""
    said = form.listed(name)
    if not all(PARTNER.fullmatch(one) for one in said):
        form.errors[name] = gettext("Codes of partners with commas between: small letters, digits and underscores.")
    return said


def filled(programme: Programme) -> Iterator[tuple[str, str]]:
    """What is in force, as the form that changes it; a rate that is no whole percent is shown without its fraction."""
    yield "name", programme.name
    yield "period_days", str(programme.period_days)
    yield "grace_days", str(programme.grace_days)
    yield "referral", str(programme.referral_points)
    for position, spend in enumerate(programme.spend):
        yield f"spend_{position}", str(spend.minor_per_point)
    for position, act in enumerate(programme.activities):
        yield f"activity_{position}", str(act.points)
        yield f"day_cap_{position}", str(act.day_cap)
        yield f"period_cap_{position}", str(act.period_cap)
    for position, tier in enumerate(programme.tiers):
        has: TierBenefits = tier.benefits
        yield f"code_{position}", tier.code
        yield f"name_zh_{position}", tier.name_zh
        yield f"name_en_{position}", tier.name_en
        yield f"threshold_{position}", str(tier.threshold)
        yield f"discount_{position}", str(has.discount_bps // PERCENT)
        if has.free_shipping:
            yield f"shipping_{position}", "yes"
        yield from ticks_of(f"coupons_{position}", has.monthly_coupons)
        yield from ticks_of(f"birthday_{position}", has.birthday_coupons)
        yield f"partners_{position}", typed_list(has.partner_vouchers)
        yield f"points_{position}", str(has.points_multiplier_bps // PERCENT)
        yield f"hours_{position}", str(has.early_access_hours)
        if has.exclusive_deals:
            yield f"exclusive_{position}", "yes"
        if has.service_line:
            yield f"service_{position}", "yes"
