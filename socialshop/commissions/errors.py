"""What the rules of commission plans refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from socialshop.commissions.findings import Finding
from socialshop.kernel.errors import DomainError, Kind


class Fault(NamedTuple):
    """What is wrong in a plan's document: where (empty: the whole), and a sentence with `{…}` for what is in `told`."""

    path: str
    words: str
    told: Mapping[str, Any]

    def __str__(self) -> str:
        return self.words.format(**self.told)


class PlanInvalid(DomainError):
    """The plan document is not one: `field` is the path of the fault, such as `legs[2].kind`."""

    code = "plan_invalid"
    kind = Kind.INVALID

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        if first.path:
            said = [f"{fault.path}: {fault}" for fault in faults]
            super().__init__(said[0], field=first.path, faults=said)
        else:
            super().__init__(f"the plan {first}")
        self.faults = faults


class PlanPublished(DomainError):
    """The plan is in force or was: it is no draft that could be said anew or thrown away."""

    code = "plan_published"
    kind = Kind.CONFLICT


class PlanChanged(DomainError):
    """The draft was said anew since it was looked at: what would be published is not what was seen."""

    code = "plan_changed"
    kind = Kind.CONFLICT


class PlanRefused(DomainError):
    """The legal guard found something that may not be published, or not without a named sign-off."""

    code = "plan_refused"
    kind = Kind.INVALID

    def __init__(self, detail: str, *, findings: Sequence[Finding]) -> None:
        super().__init__(detail, findings=[asdict(finding) for finding in findings])
        self.findings = findings


class EffectiveBeforeOrder(DomainError):
    """The version would come into force before an order that has already been placed."""

    code = "effective_at_before_order"
    kind = Kind.INVALID


class EffectiveAtTaken(DomainError):
    """Another version of this currency comes into force at that very instant."""

    code = "effective_at_taken"
    kind = Kind.CONFLICT


class OrdersAreLanding(DomainError):
    """Orders kept landing for so long that the plan could not be published between two of them."""

    code = "orders_are_landing"
    kind = Kind.UNAVAILABLE
