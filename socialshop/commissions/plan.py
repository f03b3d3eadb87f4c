"""A commission plan: the document that says who earns what on a sale.

Only kinds of leg that really run are accepted, so that no published plan promises what nobody computes. A document
is strict JSON: no unknown field, no coerced type, no repeated key. What is accepted here is well formed; whether it
may be published is for `guard.py` to say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, NoReturn

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from socialshop.commissions.caps import Cap
from socialshop.commissions.conditions import MOST_UPLINES, Activity, When
from socialshop.commissions.errors import Fault, PlanInvalid
from socialshop.infra.documents import STORABLE, Document, KnownCurrency
from socialshop.infra.plainwords import words_of
from socialshop.kernel import strict_json
from socialshop.kernel.money import BPS, MAX_AMOUNT_MINOR

MAX_BYTES = 1_000_000
_MAX_LEGS = 32
_MAX_REACHES = 1_000_000
# Conditions that nothing but a sale can meet.
_OF_SALES_ALONE = ("buyer_tiers", "tiers", "first_order")
_MAX_CAPS = 8
_MAX_HOLD_DAYS = 3650


class _Conditional(Document):
    """What every leg may say: when it pays. Without `when` it always does."""

    when: When | None = None


class _Leg(_Conditional):
    """A share of a sale: a rate of the line's amount, or a fixed sum times its quantity."""

    rate_bps: Annotated[int, Field(ge=1, le=BPS)] | None = None
    fixed_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)] | None = None

    @property
    def most_bps(self) -> int:
        """The most that the leg gives of one line, in basis points; a fixed sum is not counted."""
        return self.rate_bps or 0

    @model_validator(mode="after")
    def _rate_or_fixed(self) -> _Leg:
        if (self.rate_bps is None) == (self.fixed_minor is None):
            raise PydanticCustomError("rate_or_fixed", "needs rate_bps or fixed_minor, and not both")
        return self


class SaleLeg(_Leg):
    """For the buyer's upline at `level`: 1 is the sponsor, 2 the sponsor's sponsor."""

    kind: Literal["sale"]
    # The guard of every country refuses far fewer; the bound only keeps the number small.
    level: Annotated[int, Field(ge=1, le=99)]


class HostLeg(_Leg):
    """For the host of the room in which the sale was made."""

    kind: Literal["host"]
    level: ClassVar[int] = 0


class DealHostLeg(HostLeg):
    """What the deal itself promised the host: no leg of any plan's document, but behind those of the sale's plan."""

    level: ClassVar[int] = 1


class SelfLeg(_Leg):
    """For the buyer: the only leg by which a buyer earns on the buyer's own order."""

    kind: Literal["self"]
    level: ClassVar[int] = 0


class TierLeg(_Conditional):
    """For the uplines up to `reach` levels: each gets the rate of the own tier less the highest paid below.

    `rates` are basis points of the line's amount by the code of the tier. Who earns stands at a level of the tree, so
    its accruals have that level; the leg itself has none.
    """

    kind: Literal["tier"]
    rates: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64), STORABLE], Annotated[int, Field(ge=1, le=BPS)]],
        Field(min_length=1, max_length=32),
    ]
    reach: Annotated[int, Field(ge=1, le=MOST_UPLINES)]
    level: ClassVar[int] = 0
    rate_bps: ClassVar[None] = None
    fixed_minor: ClassVar[None] = None

    @property
    def most_bps(self) -> int:
        """All that the leg gives of one line together: differences of rates end at the highest."""
        return max(self.rates.values())


class LeadLeg(_Conditional):
    """A bounty for the buyer's sponsor, once for the buyer's first order, of which `min_order_minor` must be left.

    It hangs on the first line of the order that cost something. Only a sale is rewarded: nobody earns by it for
    somebody who registers.
    """

    kind: Literal["lead"]
    fixed_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
    min_order_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
    level: ClassVar[int] = 1
    rate_bps: ClassVar[None] = None
    most_bps: ClassVar[int] = 0


class _TrafficLeg(_Conditional):
    """For the owner of a link, by what was counted of it in a day: of no sale, and so no share of any.

    Publishers alone are paid, unless `who` says that all members are.
    """

    who: Literal["publishers", "members"] | None = None
    level: ClassVar[int] = 0
    rate_bps: ClassVar[None] = None
    most_bps: ClassVar[int] = 0


class ClickLeg(_TrafficLeg):
    """`fixed_minor` for each counted click of a day."""

    kind: Literal["click"]
    fixed_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]


class ViewLeg(_TrafficLeg):
    """`per_thousand_minor` for each thousand of a day's counted views, and for a part of one its part."""

    kind: Literal["view"]
    per_thousand_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
    fixed_minor: ClassVar[None] = None


class MilestoneLeg(Document):
    """`fixed_minor` once for the sponsor whose figure comes to `reaches` in a `period`, or ever without one.

    The figure is of confirmed orders of the members whom the sponsor brought in, of which `min_order_minor` or more is
    left: the orders themselves (`sales`), or who bought them (`buyers`). Where refunds let it fall below, the sum is
    clawed back, unless `falls_below` keeps it.
    """

    kind: Literal["milestone"]
    counts: Literal["sales", "buyers"]
    reaches: Annotated[int, Field(ge=1, le=_MAX_REACHES)]
    period: Literal["day", "month"] | None = None
    min_order_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
    fixed_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
    falls_below: Literal["claw_back", "keep"] | None = None
    level: ClassVar[int] = 0
    rate_bps: ClassVar[None] = None
    most_bps: ClassVar[int] = 0
    when: ClassVar[None] = None


Leg = SaleLeg | HostLeg | SelfLeg | TierLeg | LeadLeg | ClickLeg | ViewLeg | MilestoneLeg
KINDS = ("sale", "host", "self", "tier", "lead", "click", "view", "milestone")
# Legs that are paid by what was counted, not by a line that was sold: the engine of sales passes over them.
COUNTED = frozenset({"click", "view", "milestone"})


class Plan(Document):
    """A well-formed plan. `hold_days` is how long, after receipt, an accrual is held before it may be settled.

    Legs of different kinds or levels stack: each pays. Of several of one kind and level the first whose conditions
    hold pays, and it alone.
    """

    name: Annotated[str, Field(min_length=1, max_length=200), STORABLE]
    currency: KnownCurrency
    hold_days: Annotated[int, Field(ge=0, le=_MAX_HOLD_DAYS)]
    legs: Annotated[
        tuple[Annotated[Leg, Field(discriminator="kind")], ...],
        Field(min_length=1, max_length=_MAX_LEGS, strict=False),
    ]
    activity: Activity | None = None
    caps: Annotated[tuple[Cap, ...], Field(min_length=1, max_length=_MAX_CAPS, strict=False)] | None = None

    @property
    def depth(self) -> int:
        """How many levels above the buyer the plan looks."""
        return max(reach_of(self, leg) for leg in self.legs)

    @property
    def sale_legs(self) -> list[tuple[int, Leg]]:
        """The legs that sales pay, each with its number."""
        return [(number, leg) for number, leg in enumerate(self.legs) if leg.kind not in COUNTED]

    @property
    def most_bps(self) -> int:
        """The most that the plan gives of one line: of legs that exclude each other the dearest."""
        most: dict[tuple[str, int], int] = {}
        for leg in self.legs:
            slot = leg.kind, leg.level
            most[slot] = max(leg.most_bps, most.get(slot, 0))
        return sum(most.values())


def reach_of(plan: Plan, leg: Leg) -> int:
    """How many levels above the buyer the furthest member stands whom the leg may pay."""
    if leg.kind == "tier":
        return leg.reach
    if leg.kind == "sale" and plan.activity is not None and plan.activity.reach is not None:
        return plan.activity.reach
    return leg.level


def with_perk(plan: Plan, perk: Mapping[str, Any] | None) -> Plan:
    """The plan as it pays a line whose deal promised the host a commission: one leg more, behind its own.

    A rate that with the plan's own would give away more than the sale is cut to what is left of it.
    """
    if perk is None:
        return plan
    rate, fixed = perk.get("rate_bps"), perk.get("fixed_minor")
    if rate is not None:
        rate = min(rate, BPS - plan.most_bps)
        if rate < 1:
            return plan
    leg = DealHostLeg(kind="host", rate_bps=rate, fixed_minor=fixed)
    return plan.model_copy(update={"legs": (*plan.legs, leg)})


def direct_only(name: str, currency: str, rate_bps: int, hold_days: int) -> Plan:
    """The safest plan there is: who brought the buyer earns of what that buyer buys, and nobody else does.

    Raises PlanInvalid.
    """
    leg = {"kind": "sale", "level": 1, "rate_bps": rate_bps}
    return parse_plan({"name": name, "currency": currency, "hold_days": hold_days, "legs": [leg]})


def read_plan(content: bytes) -> Plan:
    """The plan in a JSON text (UTF-8). Raises PlanInvalid, naming the field at fault where there is one."""
    if len(content) > MAX_BYTES:
        _refuse([Fault("", "has more than {bytes} bytes", {"bytes": MAX_BYTES})])
    try:
        document = strict_json.parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        _refuse([Fault("", "is not UTF-8 text", {})])
    except strict_json.NotStrict as error:
        _refuse([Fault("", "{said}", {"said": str(error)})])
    except json.JSONDecodeError as error:
        _refuse([Fault("", "is not JSON: {said}", {"said": error, "line": error.lineno, "column": error.colno})])
    except ValueError as error:
        _refuse([Fault("", "is not JSON: {said}", {"said": error})])
    return parse_plan(document)


def parse_plan(document: object) -> Plan:
    """The plan in a decoded JSON document. Raises PlanInvalid, naming the field at fault."""
    if not isinstance(document, dict):
        _refuse([Fault("", "should be a JSON object", {})])
    try:
        plan = Plan.model_validate(document)
    except ValidationError as error:
        faults = [_fault(found) for found in error.errors(include_url=False)]
        # A list of which every entry is wrong is not too short as well.
        inside = {fault.path.partition("[")[0] for fault in faults if "[" in fault.path}
        _refuse([fault for fault in faults if fault.path not in inside])
    _check_legs(plan)
    _check_caps(plan.caps or ())
    return plan


def document_of(plan: Plan) -> dict[str, Any]:
    """The plan as the JSON document that is stored: what was said, nothing that was not."""
    document: dict[str, Any] = plan.model_dump(mode="json", exclude_none=True)
    return document


def json_schema() -> dict[str, Any]:
    """The document as a JSON schema (2020-12). What no schema can say is checked besides: see `parse_plan`."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return dialect | Plan.model_json_schema()


def hash_of(document: dict[str, Any]) -> bytes:
    """SHA-256 of the canonical document: keys sorted, no blanks, UTF-8."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()


def _check_legs(plan: Plan) -> None:
    """No two legs pay the same person twice for the same reason, and rates never promise more than the sale."""
    always: dict[tuple[object, ...], int] = {}
    for position, leg in enumerate(plan.legs):
        slot = _slot_of(leg)
        first = always.get(slot)
        if first is not None:
            field = "level" if leg.kind == "sale" else "kind"
            _refuse([Fault(f"legs[{position}].{field}", "repeats legs[{first}], which always pays", {"first": first})])
        if leg.when is None:
            always[slot] = position
        if leg.kind == "tier" and leg.when is not None and leg.when.tiers is not None:
            _refuse([Fault(f"legs[{position}].when.tiers", "is said by the leg's rates", {})])
        if leg.kind in COUNTED and leg.when is not None:
            said = [name for name in _OF_SALES_ALONE if getattr(leg.when, name) is not None]
            if said:
                words = "asks of a sale, and a {kind} is none"
                _refuse([Fault(f"legs[{position}].when.{said[0]}", words, {"kind": leg.kind})])
    if plan.most_bps > BPS:
        told = {"bps": plan.most_bps, "whole": BPS}
        _refuse([Fault("legs", "give away {bps} basis points of a sale, more than the whole ({whole})", told)])
    deepest = max((leg.level for leg in plan.legs if leg.kind == "sale"), default=0)
    if plan.activity is not None and plan.activity.reach is not None and plan.activity.reach < deepest:
        words = "should be {deepest} or more, as deep as the plan's levels"
        _refuse([Fault("activity.reach", words, {"deepest": deepest})])


def _slot_of(leg: Leg) -> tuple[object, ...]:
    """What legs share of which one pays: kind and level; a milestone is its own by what it counts and reaches."""
    if leg.kind == "milestone":
        return leg.kind, leg.counts, leg.reaches, leg.period, leg.min_order_minor
    return leg.kind, leg.level


def _check_caps(caps: Sequence[Cap]) -> None:
    capped: dict[tuple[str, str | None], int] = {}
    for position, cap in enumerate(caps):
        first = capped.setdefault((cap.per, cap.period), position)
        if first != position:
            _refuse([Fault(f"caps[{position}].per", "repeats caps[{first}]", {"first": first})])


def _refuse(faults: Sequence[Fault]) -> NoReturn:
    raise PlanInvalid(faults) from None


def _fault(error: ErrorDetails) -> Fault:
    """One of pydantic's errors. It puts a leg's kind into the path, which no reader would write."""
    location = error["loc"]
    if len(location) > 2 and location[0] == "legs":  # noqa: PLR2004
        location = (*location[:2], *location[3:])
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")
    # An unknown field's name is anything, also what no terminal can print.
    path = path.encode("utf-8", "backslashreplace").decode()
    if error["type"] == "union_tag_invalid":
        told = {"tag": error["ctx"]["tag"], "kinds": ", ".join(KINDS)}
        return Fault(f"{path}.kind", "{tag!r} is no kind that runs; these do: {kinds}", told)
    if error["type"] == "union_tag_not_found":
        return Fault(f"{path}.kind", "is missing; one of {kinds}", {"kinds": ", ".join(KINDS)})
    return Fault(path, *words_of(error))
