"""What a plan would have paid of sales that were made: exact, whatever the number of jobs, and of nobody by name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from after_sales import refund
from due_work import work
from flask import Flask
from payment_shop import rows
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_forest, a_plan, confirmed, place, sell, some_sales
from sqlalchemy import text
from web_client import Person, counts, refusal, sign_up

from socialshop.commissions import service
from socialshop.commissions.plan import Plan
from socialshop.commissions.service import Question, Simulated, simulating
from socialshop.commissions.service.simulating import on_simulation_due
from socialshop.commissions.simulation import exhausted_on
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public
from socialshop.kernel.roles import Role

ADMIN = uuid.UUID("01890000-0000-7000-8000-00000000ad01")
# 1 brought in 2, who brought in 3 and 4.
FAMILY = {1: None, 2: 1, 3: 2, 4: 2}
YEAR = Question(NEW_YEAR, NEW_YEAR + timedelta(days=365))
SPAN = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}


def sold(sales: Sequence[Sale], forest: dict[int, int | None] = FAMILY, plan: Plan | None = None) -> list[uuid.UUID]:
    """These sales, accrued under a plan of 8 % and 3 % or another."""
    with unit_of_work() as uow:
        place(uow, forest)
        service.publish_plan(uow, plan or a_plan(), country="CN", effective_at=LONG_AGO)
    with unit_of_work() as uow:
        orders = sell(uow, [replace(sale, received_at=sale.ordered_at) for sale in sales])
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*orders))
    return orders


def asked(plan: Plan, question: Question = YEAR) -> tuple[uuid.UUID, uuid.UUID]:
    """A draft, and a simulation of it that has not begun."""
    draft = in_unit_of_work(lambda uow: service.draft_plan(uow, ADMIN, plan))
    return draft.id, in_unit_of_work(lambda uow: service.simulate(uow, ADMIN, draft.id, question)).id


def found(ids: tuple[uuid.UUID, uuid.UUID]) -> Simulated:
    return in_unit_of_work(lambda uow: service.simulated(uow, *ids))


def carried_on(simulation: uuid.UUID, lines: int) -> None:
    payloads = [{"simulation_id": str(simulation)}]
    in_unit_of_work(lambda uow: on_simulation_due(uow, payloads, lines=lines))


def direct_only(rate_bps: int = 1_000) -> Plan:
    return a_plan({"kind": "sale", "level": 1, "rate_bps": rate_bps}, name="direct")


def test_both_sides_are_reckoned_on_what_is_left_of_each_sale(app: Flask) -> None:
    # given 8 % and 3 % in force, and three sales of which one went back by a half
    first, *_ = sold(
        [
            Sale(3, ((10_000, 1),)),
            Sale(4, ((20_000, 2),), ordered_at=NEW_YEAR + timedelta(days=1)),
            Sale(2, ((5_000, 1),), ordered_at=NEW_YEAR + timedelta(days=1)),
        ]
    )
    refund(first, 5_000)
    # when 10 % for the sponsor alone are simulated
    ids = asked(direct_only())
    work(["simulate_plan"])
    simulated = found(ids)
    # then of 5,000 and 20,000 bought under 2, and 5,000 under 1:
    assert (simulated.sales_minor, simulated.here_minor, simulated.there_minor) == (30_000, 3_000, 3_150)
    assert [tuple(leg) for leg in simulated.legs] == [
        ("sale", 1, 3_000, 2_400, 3, 3),
        ("sale", 2, 0, 750, 0, 2),
    ]
    assert [tuple(day) for day in simulated.days] == [
        (date(2026, 1, 1), 5_000, 500, 550),
        (date(2026, 1, 2), 25_000, 2_500, 2_600),
    ]
    assert (simulated.share_bps(simulated.here_minor), simulated.share_bps(simulated.there_minor)) == (1_000, 1_050)
    spread = simulated.spread
    assert spread is not None
    # 2 earns 2,500 instead of 2,000; 1 earns 500 instead of 400 and 750
    assert (spread.winners, spread.won_minor, spread.losers, spread.lost_minor) == (1, 500, 1, 650)
    assert (spread.earners, spread.there_earners) == (2, 2)
    # 2 x (1 x 500 + 2 x 2,500) / (2 x 3,000) - 3 / 2 = 0.3333
    assert spread.gini_bps == 3_333
    assert spread.deciles == [500, 2_500, *[0] * 8]
    assert counts("plan_simulation_earners") == {"plan_simulation_earners": 0}


@pytest.mark.parametrize("lines", [1, 7, 1_000])
def test_the_plan_in_force_simulated_pays_what_was_accrued_in_however_many_jobs(app: Flask, lines: int) -> None:
    forest = a_forest(60, seed=4)
    plan = a_plan(
        {"kind": "sale", "level": 1, "rate_bps": 777},
        {"kind": "sale", "level": 2, "fixed_minor": 19},
        {"kind": "host", "rate_bps": 3},
    )
    sold(some_sales(forest, 40, seed=4), forest, plan)
    ids = asked(plan)
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE plan_simulations SET done = 0"))
    while found(ids).row.finished_at is None:
        carried_on(ids[1], lines)
    simulated = found(ids)
    with unit_of_work() as uow:
        accrued = uow.session.execute(
            text("SELECT kind, level, sum(amount_minor)::bigint, count(*) FROM accruals GROUP BY 1, 2 ORDER BY 1, 2")
        ).all()
        lines_accrued = uow.session.execute(text("SELECT count(*) FROM accrued_lines")).scalar_one()
    assert sorted((leg.kind, leg.level, leg.here_minor, leg.here_rewards) for leg in simulated.legs) == [
        tuple(row) for row in accrued
    ]
    assert simulated.here_minor == simulated.there_minor == sum(row[2] for row in accrued)
    assert (simulated.row.done, simulated.row.lines, simulated.done_percent) == (lines_accrued, lines_accrued, 100)
    assert simulated.spread is not None
    assert (simulated.spread.winners, simulated.spread.losers) == (0, 0)


class _Killed(Exception):
    """A job ends before its commit."""


def _die(_point: str) -> None:
    raise _Killed


def test_told_twice_and_killed_in_the_middle_each_line_counts_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sold([Sale(3), Sale(4), Sale(2)])
    ids = asked(direct_only())
    carried_on(ids[1], 2)
    half = found(ids)
    assert (half.row.done, half.row.lines, half.done_percent, half.spread) == (2, 3, 66, None)
    # a job that dies takes its lines with it
    monkeypatch.setattr(simulating, "crash_point", _die)
    with pytest.raises(_Killed):
        carried_on(ids[1], 2)
    monkeypatch.undo()
    assert found(ids).row.done == 2
    for _ in range(4):
        carried_on(ids[1], 2)
    assert (found(ids).row.done, found(ids).here_minor) == (3, 3_000)


def test_sales_outside_the_time_and_after_the_question_are_left_out(app: Flask) -> None:
    sold([Sale(3, ordered_at=NEW_YEAR - timedelta(seconds=1)), Sale(3), Sale(3, ordered_at=YEAR.sales_to)])
    ids = asked(direct_only())
    carried_on(ids[1], 1)
    with unit_of_work() as uow:
        later = sell(uow, [Sale(4)], prefix="later")
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*later))
    work(["simulate_plan"])
    assert (found(ids).row.lines, found(ids).sales_minor) == (1, 10_000)


def test_a_sale_that_was_placed_before_the_question_and_accrues_after_it_is_left_out(app: Flask) -> None:
    """Lines are numbered as orders are placed: a room that fills meanwhile lies in the middle of what is read."""
    sold([])
    with unit_of_work() as uow:
        sell(uow, [Sale(3), Sale(4), Sale(3)])
    first, waits, last = (row[0] for row in rows("SELECT order_id FROM order_lines ORDER BY id"))
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(first, last))
    ids = asked(direct_only())
    carried_on(ids[1], 1)
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(waits))
    work(["simulate_plan"])
    row = found(ids).row
    assert (row.lines, row.done, found(ids).sales_minor) == (2, 2, 20_000)


def test_where_nothing_was_sold_there_is_nothing_to_say(app: Flask) -> None:
    ids = asked(direct_only())
    work(["simulate_plan"])
    simulated = found(ids)
    assert (simulated.row.lines, simulated.sales_minor, simulated.share_bps(0)) == (0, 0, None)
    assert simulated.spread is not None
    assert (simulated.spread.gini_bps, simulated.spread.deciles) == (None, [0] * 10)


def test_a_budget_is_exhausted_on_the_day_on_which_it_is_passed() -> None:
    costs = {date(2026, 1, 3): 1, date(2026, 1, 1): 60, date(2026, 1, 2): 40}
    assert exhausted_on(costs, 100) == date(2026, 1, 3)
    assert exhausted_on(costs, 59) == date(2026, 1, 1)
    assert exhausted_on(costs, 101) is None


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN)


def draft_of(admin: Person, **more: Any) -> str:
    legs = [{"kind": "sale", "level": level, "rate_bps": 500} for level in (1, 2)]
    body = {"name": "two", "currency": "CNY", "hold_days": 7, "legs": legs} | more
    plan_id: str = admin.call("POST", "/admin/commission-plans", json=body).get_json()["id"]
    return f"/admin/commission-plans/{plan_id}/simulations"


def test_a_simulation_over_http(app: Flask, admin: Person) -> None:
    path = draft_of(admin)
    answer = admin.call("POST", path, json=SPAN | {"budget_minor": 5})
    assert answer.status_code == 202
    begun = answer.get_json()
    assert (begun["status"], begun["lines"], begun["done"]) == ("running", None, 0)
    work(["simulate_plan"])
    shown = sign_up(app, role=Role.FINANCE).call("GET", f"{path}/{begun['id']}").get_json()
    assert (shown["status"], shown["from"], shown["cost"]["amount_minor"]) == ("finished", SPAN["from"], 0)
    assert shown["budget"] == {"budget": {"amount_minor": 5, "currency": "CNY"}, "exhausted_on": None}
    assert [finding["severity"] for finding in shown["findings"]] == ["info"]
    (listed,) = admin.call("GET", path).get_json()["data"]
    assert (listed["id"], listed["status"]) == (begun["id"], "finished")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": SPAN["to"], "to": SPAN["from"]}, "to"),
        ({"from": SPAN["from"], "to": SPAN["from"]}, "to"),
        ({"from": "yesterday", "to": SPAN["to"]}, "from"),
        ({"to": SPAN["to"]}, "from"),
        (SPAN | {"budget_minor": 0}, "budget_minor"),
        (SPAN | {"sales_from": SPAN["from"]}, "sales_from"),
    ],
)
def test_a_question_that_is_none_names_its_field(admin: Person, body: dict[str, Any], field: str) -> None:
    path = draft_of(admin)
    before = counts("plan_simulations", "audit_entries", "outbox_events")
    assert refusal(admin.call("POST", path, json=body)) == (422, "invalid_value", field)
    assert counts("plan_simulations", "audit_entries", "outbox_events") == before


def test_another_plans_simulation_is_unknown(admin: Person) -> None:
    one, other = draft_of(admin), draft_of(admin, name="other")
    simulation = admin.call("POST", one, json=SPAN).get_json()["id"]
    assert admin.call("GET", f"{other}/{simulation}").status_code == 404
    assert admin.call("GET", f"{one}/{simulation}").status_code == 200
    assert from_public("sim", simulation)


def test_a_simulation_is_forgotten_with_its_sums(app: Flask) -> None:
    sold([Sale(3)])
    ids = asked(direct_only())
    carried_on(ids[1], 1)
    row = found(ids).row
    assert not in_unit_of_work(lambda uow: service.forget_simulations(uow, row.asked_at))
    assert counts("plan_simulations") == {"plan_simulations": 1}
    in_unit_of_work(lambda uow: service.forget_simulations(uow, row.asked_at + timedelta(seconds=1)))
    tables = ("plan_simulations", "plan_simulation_days", "plan_simulation_legs", "plan_simulation_earners")
    assert set(counts(*tables).values()) == {0}
