"""A leader's margin: what a deal's price brings above the price at which the shop supplies the goods. Pure.

A leg of no plan's document, behind those of the sale's plan and the deal's promise to its host: it goes by the plan's
hold, and with all of them never comes to more than the sale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from socialshop.commissions.plan import HostLeg, Plan
from socialshop.kernel.money import BPS, rate_of


class MarginLeg(HostLeg):
    """For the `leader` who opened the deal: `share_bps` of what a line brings above `supply_minor` for each unit.

    Of one line the other legs give at most `others_bps` of its amount and `others_fixed_minor` for each unit.
    """

    kind: Literal["leader_margin"] = "leader_margin"  # type: ignore[assignment]
    level: ClassVar[int] = 0
    leader: int
    supply_minor: int
    share_bps: int
    others_bps: int
    others_fixed_minor: int

    @model_validator(mode="after")
    def _rate_or_fixed(self) -> MarginLeg:
        """It has neither: its amount follows from the price."""
        return self

    def surplus_of(self, base_minor: int, quantity: int) -> int:
        """What the line brings above the price of supply; nothing where it brings less."""
        return max(0, base_minor - self.supply_minor * quantity)

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
    leg = MarginLeg(
        leader=margin["leader"],
        supply_minor=margin["supply_minor"],
        share_bps=margin["share_bps"],
        others_bps=min(BPS, plan.most_bps),
        others_fixed_minor=sum(fixed.values()),
    )
    return plan.model_copy(update={"legs": (*plan.legs, leg)})
