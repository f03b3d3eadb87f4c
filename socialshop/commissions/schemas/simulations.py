"""Wire shapes of simulations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from socialshop.commissions.schemas.plans import FindingWire
from socialshop.commissions.service import LegSums, Simulated, SimulationRow
from socialshop.commissions.service.simulating import SIMULATION_PREFIX, Question
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR, Money
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

_ASKED: dict[str, Any] = {
    "from": "2026-01-01T00:00:00+08:00",
    "to": "2026-04-01T00:00:00+08:00",
    "budget_minor": 5_000_000,
}
_ROW: dict[str, Any] = {
    "id": "sim_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "plan_id": "plan_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "finished",
    "from": "2025-12-31T16:00:00Z",
    "to": "2026-03-31T16:00:00Z",
    "asked_at": "2026-04-02T08:00:00Z",
    "finished_at": "2026-04-02T08:00:04Z",
    "lines": 1_200,
    "done": 1_200,
}


def _cny(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "CNY"}


class SimulationQuestion(Wire):
    """Which sales to look at: those made from `from` on and before `to`. `budget_minor`: what may be spent on them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASKED]})

    sales_from: GivenInstant = Field(alias="from")
    sales_to: GivenInstant = Field(alias="to")
    budget_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)] | None = None

    def question(self) -> Question:
        """As the service takes it."""
        return Question(self.sales_from, self.sales_to, self.budget_minor)


class SimulationStateWire(Wire):
    """A simulation and how far it is: `done` of `lines` order lines (null until it has begun)."""

    model_config = ConfigDict(**with_example(_ROW), serialize_by_alias=True, validate_by_name=True)

    id: str
    plan_id: str
    status: Literal["running", "finished"]
    sales_from: Instant = Field(alias="from")
    sales_to: Instant = Field(alias="to")
    asked_at: Instant
    finished_at: Instant | None
    lines: int | None
    done: int

    @classmethod
    def of(cls, row: SimulationRow) -> SimulationStateWire:
        """The wire form of a simulation's state."""
        return cls(**_state(row))


class SimulationPage(Page[SimulationStateWire]):
    """Simulations of a plan, the newest first."""

    model_config = with_example({"data": [_ROW], "next_cursor": None})


class BothWire(Wire):
    """What the simulated plan would have paid, and what the plans in force at each sale pay by the same reckoning."""

    cost: MoneyWire
    in_force: MoneyWire


class LegSumsWire(BothWire):
    """What a leg pays; `rewards` is how often."""

    kind: str
    level: int
    rewards: int
    in_force_rewards: int


class LevelWire(BothWire):
    """What all legs of a level pay; 0 are those that climb no tree."""

    level: int


class DayWire(BothWire):
    """A day by the shop's clock."""

    day: date
    sales: MoneyWire


class DecileWire(Wire):
    """What a tenth of those who earn have together; the first earn least."""

    decile: int
    cost: MoneyWire


class MovedWire(Wire):
    """Members who would earn more, or less, than by the plans in force, and by how much together."""

    members: int
    amount: MoneyWire


class BudgetWire(Wire):
    """What may be spent, and the day on which it would have been (null: it suffices)."""

    budget: MoneyWire
    exhausted_on: date | None


class CostWire(Wire):
    """What is paid, and its share in what was sold, in basis points."""

    cost: MoneyWire
    cost_over_sales_bps: int | None


class GapWire(Wire):
    """Leg number `leg` asks for something that the record of that time has `known` times, `of` sold lines.

    `of` is null for clicks and views. Of what is not known the leg pays nothing here, which says nothing about what it
    would pay.
    """

    leg: int
    kind: str
    level: int
    needs: Literal["hosts", "deals", "goods", "channels", "tiers", "clicks", "views"]
    known: int
    of: int | None


class SimulationWire(SimulationStateWire):
    """A simulation and what has come of it; what is about members is null until it is finished."""

    model_config = ConfigDict(
        **with_example(
            _ROW
            | {
                "sales": _cny(10_000_000),
                "cost": _cny(1_100_000),
                "cost_over_sales_bps": 1_100,
                "in_force": {"cost": _cny(800_000), "cost_over_sales_bps": 800},
                "by_leg": [
                    {
                        "kind": "sale",
                        "level": 1,
                        "rewards": 1_000,
                        "in_force_rewards": 1_000,
                        "cost": _cny(800_000),
                        "in_force": _cny(800_000),
                    }
                ],
                "by_level": [{"level": 1, "cost": _cny(800_000), "in_force": _cny(800_000)}],
                "by_day": [
                    {"day": "2026-01-01", "sales": _cny(100_000), "cost": _cny(11_000), "in_force": _cny(8_000)}
                ],
                "earners": 350,
                "in_force_earners": 300,
                "by_decile": [{"decile": 1, "cost": _cny(3_000)}],
                "gini_bps": 5_120,
                "winners": {"members": 120, "amount": _cny(310_000)},
                "losers": {"members": 10, "amount": _cny(10_000)},
                "budget": {"budget": _cny(5_000_000), "exhausted_on": None},
                "findings": [],
                "imported": 1_200,
                "without_history": [{"leg": 2, "kind": "host", "level": 0, "needs": "hosts", "known": 0, "of": 1_200}],
            }
        ),
        serialize_by_alias=True,
        validate_by_name=True,
    )

    sales: MoneyWire
    cost: MoneyWire
    cost_over_sales_bps: int | None
    in_force: CostWire
    by_leg: list[LegSumsWire]
    by_level: list[LevelWire]
    by_day: list[DayWire]
    earners: int | None
    in_force_earners: int | None
    by_decile: list[DecileWire] | None
    gini_bps: int | None
    winners: MovedWire | None
    losers: MovedWire | None
    budget: BudgetWire | None
    findings: list[FindingWire]
    imported: int = Field(description="of the sold lines, those that were imported from the shop's past")
    without_history: list[GapWire] = Field(description="legs of which that time's record knows nothing, or not all")

    @classmethod
    def shown(cls, found: Simulated) -> SimulationWire:
        """The wire form of a simulation."""
        row, spread = found.row, found.spread

        def money(amount_minor: int) -> MoneyWire:
            return MoneyWire.of(Money(amount_minor, row.currency))

        return cls(
            **_state(row),
            sales=money(found.sales_minor),
            cost=money(found.here_minor),
            cost_over_sales_bps=found.share_bps(found.here_minor),
            in_force=CostWire(cost=money(found.there_minor), cost_over_sales_bps=found.share_bps(found.there_minor)),
            by_leg=[
                LegSumsWire(
                    kind=leg.kind,
                    level=leg.level,
                    rewards=leg.here_rewards,
                    in_force_rewards=leg.there_rewards,
                    cost=money(leg.here_minor),
                    in_force=money(leg.there_minor),
                )
                for leg in found.legs
            ],
            by_level=[
                LevelWire(level=level, cost=money(here), in_force=money(there))
                for level, here, there in _by_level(found.legs)
            ],
            by_day=[
                DayWire(
                    day=day.sold_on,
                    sales=money(day.sales_minor),
                    cost=money(day.here_minor),
                    in_force=money(day.there_minor),
                )
                for day in found.days
            ],
            earners=spread and spread.earners,
            in_force_earners=spread and spread.there_earners,
            by_decile=spread
            and [DecileWire(decile=n, cost=money(cost)) for n, cost in enumerate(spread.deciles, start=1)],
            gini_bps=spread and spread.gini_bps,
            winners=spread and MovedWire(members=spread.winners, amount=money(spread.won_minor)),
            losers=spread and MovedWire(members=spread.losers, amount=money(spread.lost_minor)),
            budget=None
            if row.budget_minor is None
            else BudgetWire(budget=money(row.budget_minor), exhausted_on=found.exhausted_on),
            findings=[FindingWire.of(finding) for finding in found.findings],
            imported=found.history.imported,
            without_history=[GapWire.model_validate(gap._asdict()) for gap in found.gaps],
        )


def _state(row: SimulationRow) -> dict[str, Any]:
    return {
        "id": to_public(SIMULATION_PREFIX, row.id),
        "plan_id": to_public("plan", row.plan_id),
        "status": "running" if row.finished_at is None else "finished",
        "sales_from": row.sales_from,
        "sales_to": row.sales_to,
        "asked_at": row.asked_at,
        "finished_at": row.finished_at,
        "lines": row.lines,
        "done": row.done,
    }


def _by_level(legs: Sequence[LegSums]) -> list[tuple[int, int, int]]:
    levels = sorted({leg.level for leg in legs})
    return [
        (
            level,
            sum(leg.here_minor for leg in legs if leg.level == level),
            sum(leg.there_minor for leg in legs if leg.level == level),
        )
        for level in levels
    ]
