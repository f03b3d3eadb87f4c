"""What the rules of commission plans refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from socialshop.commissions.findings import Finding
from socialshop.kernel.errors import DomainError, Kind


class PlanInvalid(DomainError):
    """The plan document is not one: `field` is the path of the fault, such as `legs[2].kind`."""

    code = "plan_invalid"
    kind = Kind.INVALID


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
