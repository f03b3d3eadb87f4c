"""A leader's margin: what a deal's price brings above the price at which the shop supplies the goods. Pure.

A leg of no plan's document, behind those of the sale's plan and the deal's promise to its host: it goes by the plan's
hold, and with all of them never comes to more than the sale. What the deal promised its host comes out of it first: who
opens a deal gives that away, and the price of supply is the shop's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from socialshop.commissions.plan import DealHostLeg, HostLeg, Plan
from socialshop.kernel.money import BPS, rate_of


class MarginLeg(HostLeg):
    """For the `leader` who opened the deal: `share_bps` of what a line brings above `supply_minor` for each unit.

    The deal itself promised its host `promised_bps` of the line, or `promised_fixed_minor` for each unit. Of one line
    the other legs, that among them, give at most `others_bps` of its amount and `others_fixed_minor` for each unit.
    """

    kind: Literal["leader_margin"] = "leader_margin"  # type: ignore[assignment]
    level: ClassVar[int] = 0
    leader: int
    supply_minor: int
    share_bps: int
    promised_bps: int = 0
    promised_fixed_minor: int = 0
    others_bps: int
    others_fixed_minor: int

    @model_validator(mode="after")
    def _rate_or_fixed(self) -> MarginLeg:
        """It has neither: its amount follows from the price."""
        return self

    def promised_of(self, base_minor: int, quantity: int) -> int:
        """What the deal promised its host of the line, whether or not there is one who has it."""
        return rate_of(base_minor, self.promised_bps) + self.promised_fixed_minor * quantity

    def surplus_of(self, base_minor: int, quantity: int) -> int:
        """What the line brings above the price of supply and the host's promise; nothing where it brings less."""
        return max(0, base_minor - self.supply_minor * quantity - self.promised_of(base_minor, quantity))

    def left_of(self, base_minor: int, quantity: int) -> int:
        """What the other legs leave of the line."""
        others = -(-base_minor * self.others_bps // BPS) + self.others_fixed_minor * quantity
        return max(0, base_minor - others)

    def amount_of(self, base_minor: int, quantity: int) -> int:
        """What the leader earns of the line."""
        share = rate_of(self.surplus_of(base_minor, quantity), self.share_bps)
        return min(share, self.left_of(base_minor, quantity))

    def net_of(self, base_minor: int, quantity: int, refunded_minor: int) -> int:
        """What is the leader's once so much of the line went back: the same part of what is left, whatever came back.

        So it never grows by a refund, in whatever order money and units go back.
        """
        if not base_minor:
            return 0
        return self.amount_of(base_minor, quantity) * (base_minor - refunded_minor) // base_minor


def with_margin(plan: Plan, margin: Mapping[str, Any] | None) -> Plan:
    """The plan as it pays a line of a deal whose leader keeps a margin: one leg more, behind all others."""
    if margin is None:
        return plan
    # Of legs that exclude each other the dearest, as `most_bps` counts rates.
    fixed: dict[tuple[str, int], int] = {}
    for other in plan.legs:
        slot = other.kind, other.level
        fixed[slot] = max(other.fixed_minor or 0, fixed.get(slot, 0))
    promise = next((other for other in plan.legs if isinstance(other, DealHostLeg)), None)
    leg = MarginLeg(
        leader=margin["leader"],
        supply_minor=margin["supply_minor"],
        share_bps=margin["share_bps"],
        promised_bps=promise.rate_bps or 0 if promise else 0,
        promised_fixed_minor=promise.fixed_minor or 0 if promise else 0,
        others_bps=min(BPS, plan.most_bps),
        others_fixed_minor=sum(fixed.values()),
    )
    return plan.model_copy(update={"legs": (*plan.legs, leg)})
