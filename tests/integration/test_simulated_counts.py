"""Simulations go on from sales to clicks, views and milestones, and name the legs of which history knows nothing."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from contextlib import suppress
from datetime import date
from typing import Any

from after_sales import refund, rows
from due_work import work
from flask import Flask
from sample_sales import LONG_AGO, NEW_YEAR, Sale, place
from sqlalchemy import text
from test_simulations import SPAN, asked, carried_on, found
from test_traffic_legs import CLICK, DAY, HOUR, ON, VIEW, World
from test_weighed_legs import accrue, publish, sold, the_plan
from web_client import counts, sign_up

from socialshop.commissions import service
from socialshop.commissions.plan import Plan
from socialshop.commissions.service import Simulated
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.roles import Role

SALES = {"kind": "milestone", "counts": "sales", "reaches": 2, "min_order_minor": 5_000, "fixed_minor": 900}


def simulated(plan: Plan) -> Simulated:
    ids = asked(plan)
    work(["simulate_plan"])
    return found(ids)


def sums(one: Simulated) -> dict[str, tuple[int, int]]:
    return {leg.kind: (leg.here_minor, leg.there_minor) for leg in one.legs}


def test_both_sides_count_clicks_views_and_milestones_from_the_record_and_agree_for_one_plan(app: Flask) -> None:
    # given a publisher's three clicks and 500 views of a day, a milestone of two orders, and at most 8.00 a member
    world = World()
    caps = [{"per": "member", "period": "month", "amount_minor": 800}]
    plan = the_plan(CLICK, VIEW, SALES, caps=caps)
    publish(plan)
    world.go_to(2 * HOUR)
    world.click("a", "b", "b")
    world.click("a", channel="mail")
    world.click("x", "y", member=2)
    world.seen(500)
    world.go_to(26 * HOUR)
    world.tally()
    for place_in_time, sale in enumerate(
        (Sale(buyer=4, lines=((9_000, 1),)), Sale(buyer=4, ordered_at=NEW_YEAR + DAY))
    ):
        accrue(*sold(sale, prefix=f"o{place_in_time}"))
        work()
    # when the plan in force is simulated, and then its clicks at 0.10, for the mail alone, without a milestone
    same = simulated(plan)
    cheaper = {**CLICK, "fixed_minor": 10, "when": {"channels": ["mail"]}}
    other = simulated(the_plan(cheaper, VIEW, name="other"))
    # then one plan is the same on both sides, its cap of a member and month included
    assert sums(same) == {"click": (60, 60), "view": (740, 740), "milestone": (800, 800)}
    assert (same.spread.winners, same.spread.losers, same.spread.earners) == (0, 0, 2)  # type: ignore[union-attr]
    by_day = {day.sold_on: (day.sales_minor, day.here_minor, day.there_minor) for day in same.days}
    assert by_day == {date(2026, 1, 1): (9_000, 0, 0), ON: (10_000, 1_600, 1_600)}
    assert sums(other) == {"click": (10, 60), "view": (750, 740), "milestone": (0, 800)}
    assert (same.done_percent, same.gaps) == (100, [])
    # when a link's clicks are struck out and the sums by day have been forgotten
    world.strike(link=world.links[1, "blog"].id)
    with unit_of_work() as uow:
        for table in ("invite_click_days", "banner_view_days"):
            uow.session.execute(text(f"DELETE FROM {table}"))
    # then the tallies tell what is left; anew the cap has room for all of it, where in force it had none for the mail
    again = simulated(plan)
    assert sums(again) == {"click": (30, 0), "view": (750, 740), "milestone": (800, 800)}
    assert counts("plan_simulation_earners", "plan_simulation_counters") == {
        "plan_simulation_earners": 0,
        "plan_simulation_counters": 0,
    }


def test_a_job_that_dies_between_the_counts_and_the_sums_counts_each_once(app: Flask, monkeypatch: Any) -> None:
    world = World()
    publish(the_plan(CLICK, SALES))
    for day in range(3):
        world.go_to(day * DAY + 2 * HOUR)
        world.click("a", "b")
        world.click("c", channel="mail")
    world.go_to(4 * DAY)
    world.tally()
    accrue(*sold(Sale(buyer=4), Sale(buyer=4), Sale(buyer=3), Sale(buyer=3)))
    work()
    monkeypatch.setattr("socialshop.commissions.service.simulating_counts._TALLIES_A_STEP", 2)
    monkeypatch.setattr("socialshop.commissions.service.simulating_counts.ORDERS_A_PART", 1)
    draft, simulation = asked(the_plan(CLICK, SALES))
    for _ in range(20):
        with suppress(KeyboardInterrupt), unit_of_work() as uow:
            service.on_simulation_due(uow, [{"simulation_id": str(simulation)}], lines=2)
            raise KeyboardInterrupt
        carried_on(simulation, 2)
    assert sums(found((draft, simulation))) == {"click": (270, 270), "milestone": (1_800, 1_800)}


def test_the_report_names_each_leg_of_which_imported_history_knows_nothing(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, {11: None, 12: 11, 13: 12})
        service.publish_plan(
            uow, the_plan({"kind": "sale", "level": 1, "rate_bps": 800}), country="CN", effective_at=LONG_AGO
        )
    accrue(*sold(Sale(buyer=13), Sale(buyer=13, host=11), Sale(buyer=12)))
    # given a draft whose legs ask for rooms, goods, channels, tiers, clicks and views
    draft = the_plan(
        {
            "kind": "sale",
            "level": 1,
            "rate_bps": 100,
            "when": {"channels": ["blog"], "products": ["prd_01k9w3q2mxe5tb6v8c4yd7r1hz"]},
        },
        {"kind": "sale", "level": 1, "rate_bps": 50},
        {"kind": "host", "rate_bps": 100},
        {"kind": "tier", "rates": {"gold": 100}, "reach": 1},
        CLICK,
        VIEW,
        {**SALES, "min_order_minor": 10_000},
        name="draft",
    )
    admin = sign_up(app, role=Role.ADMIN)
    made = admin.call(
        "POST", "/admin/commission-plans", json=draft.model_dump(mode="json", exclude_none=True)
    ).get_json()
    path = f"/admin/commission-plans/{made['id']}/simulations"
    simulation = admin.call("POST", path, key="s", json=SPAN).get_json()["id"]
    work(["simulate_plan"])
    said = admin.call("GET", f"{path}/{simulation}").get_json()
    # then each is named with what is known, and the legs that were asked stand in the sums though they paid nothing
    assert said["imported"] == 3
    gaps = [(gap["leg"], gap["needs"], gap["known"], gap["of"]) for gap in said["without_history"]]
    assert gaps == [
        (0, "goods", 0, 3),
        (0, "channels", 0, 3),
        (2, "hosts", 1, 3),
        (3, "tiers", 0, 3),
        (4, "clicks", 0, None),
        (5, "views", 0, None),
    ]
    paid = {(leg["kind"], leg["level"]): leg["cost"]["amount_minor"] for leg in said["by_leg"]}
    assert paid == {
        ("sale", 1): 150,
        ("host", 0): 100,
        ("click", 0): 0,
        ("view", 0): 0,
        ("milestone", 0): 900,
    }


def test_milestones_stand_after_every_order_and_refund_as_a_plain_list_of_orders_says(app: Flask) -> None:
    # given four milestones of every shape, and members 3 and 4 who brought in two buyers each
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4})
    legs: list[dict[str, Any]] = [
        {**SALES, "reaches": 3, "period": "month", "fixed_minor": 100},
        {**SALES, "reaches": 2, "period": "day", "min_order_minor": 7_000, "fixed_minor": 200},
        {**SALES, "counts": "buyers", "fixed_minor": 400},
        {**SALES, "counts": "buyers", "period": "month", "min_order_minor": 1_000, "fixed_minor": 800},
    ]
    publish(the_plan(*legs))
    drawn = random.Random(7)
    orders: dict[uuid.UUID, tuple[int, date, int]] = {}
    for step in range(14):
        if orders and drawn.random() < 0.3:
            order = drawn.choice([one for one, (_, _, left) in orders.items() if left])
            buyer, day, left = orders[order]
            back = drawn.choice([left, max(left // 2, 1)])
            refund(order, back, buyer=buyer)
            orders[order] = buyer, day, left - back
        else:
            buyer, at = drawn.choice([5, 6, 7, 8]), NEW_YEAR + drawn.randrange(20) // 20 * 31 * DAY
            amount = drawn.choice([3_000, 6_000, 9_000])
            (order,) = sold(Sale(buyer=buyer, lines=((amount, 1),), ordered_at=at), prefix=f"s{step}")
            accrue(order)
            orders[order] = buyer, at.date(), amount
        work()
        # then after each, what stands is what the list says
        standing = rows(
            "SELECT beneficiary, CAST(sum(amount_minor - clawed_minor) AS bigint) FROM accruals"
            " WHERE kind = 'milestone' GROUP BY 1 HAVING sum(amount_minor - clawed_minor) > 0"
        )
        assert dict(standing) == _stands(legs, orders), step
    assert len(standing) == 2
    # and a simulation of the plan pays the same on both sides
    assert sums(simulated(the_plan(*legs)))["milestone"] == (2 * (sum(_stands(legs, orders).values()),))


def _stands(legs: list[dict[str, Any]], orders: dict[uuid.UUID, tuple[int, date, int]]) -> dict[int, int]:
    """The oracle: who has what, from the orders as they are left, each leg by itself."""
    have: dict[int, int] = defaultdict(int)
    for leg in legs:
        counted: dict[tuple[int, str], list[int]] = defaultdict(list)
        for buyer, day, left in orders.values():
            if left >= leg["min_order_minor"]:
                period = {"day": str(day), "month": str(day)[:7], None: ""}[leg.get("period")]
                counted[3 if buyer in (5, 6) else 4, period].append(buyer)
        for (member, _), buyers in counted.items():
            figure = len(set(buyers)) if leg["counts"] == "buyers" else len(buyers)
            have[member] += leg["fixed_minor"] if figure >= leg["reaches"] else 0
    return {member: amount for member, amount in have.items() if amount}
