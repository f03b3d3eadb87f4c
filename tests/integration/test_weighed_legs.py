"""Plans with conditions, tiers and activity through the database: looked up, kept, paid, replayed and clawed back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from after_sales import refund, replayed, rows, wallet
from due_work import work
from flask import Flask
from market import Market
from room_shop import statements
from sample_sales import LONG_AGO, NEW_YEAR, Sale, confirmed, place, sell
from sqlalchemy import text

from socialshop.commissions import service
from socialshop.commissions.guard import SignOff
from socialshop.commissions.plan import Plan, parse_plan
from socialshop.commissions.sentences import say
from socialshop.commissions.service import Question
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public

CHAIN = {1: None, 2: 1, 3: 2, 4: 3}
DAY = timedelta(days=1)
TIER = {"kind": "tier", "rates": {"silver": 300, "gold": 600}, "reach": 3}


def the_plan(*legs: dict[str, Any], **more: Any) -> Plan:
    return parse_plan({"name": "test", "currency": "CNY", "hold_days": 0, "legs": list(legs), **more})


def publish(plan: Plan) -> None:
    with unit_of_work() as uow:
        service.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO, sign_off=SignOff("Lin Counsel"))


def sold(*sales: Sale, prefix: str = "o") -> list[uuid.UUID]:
    with unit_of_work() as uow:
        return sell(uow, [replace(sale, received_at=max(sale.ordered_at, NEW_YEAR)) for sale in sales], prefix=prefix)


def accrue(*orders: uuid.UUID) -> None:
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*orders))


def paid() -> list[tuple[Any, ...]]:
    return rows("SELECT beneficiary, kind, level, amount_minor FROM accruals ORDER BY id")


def climbed(*changes: tuple[int, str, str, Any]) -> None:
    """Members who changed tiers: (member, from, to, when)."""
    with unit_of_work() as uow:
        for member, was, now, at in changes:
            uow.session.execute(
                text(
                    "INSERT INTO tier_changes (member, kind, from_tier, to_tier, growth, threshold, version, at)"
                    " VALUES (:member, 'upgraded', :was, :now, 0, 0, 1, :at)"
                ),
                {"member": member, "was": was, "now": now, "at": at},
            )


def words(member: int, language: Any = "en") -> dict[str, str]:
    """Why the member has the one accrual, a sentence a step."""
    (found,) = rows("SELECT id FROM accruals WHERE beneficiary = :member", member=member)
    with unit_of_work() as uow:
        steps = service.explain(uow, found[0], member).steps
    return {step.code: say(language, step.code, step.figures) for step in steps}


@pytest.fixture(autouse=True)
def _a_chain_of_four(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, CHAIN)


def test_a_difference_of_tiers_goes_by_the_tier_at_the_sale_and_comes_down_with_its_line() -> None:
    # given 3 was silver at the sale and is gold now; 2 became gold before it, 1 is where everybody begins
    publish(the_plan(TIER))
    climbed(
        (3, "normal", "silver", NEW_YEAR - DAY), (3, "silver", "gold", NEW_YEAR + DAY), (2, "normal", "gold", LONG_AGO)
    )
    # when 4 buys for 99.99
    (order,) = sold(Sale(buyer=4, lines=((9_999, 1),)))
    accrue(order)
    # then 3 % for 3, the 3 % above it for 2, and why 1 has none
    assert paid() == [(3, "tier", 1, 299), (2, "tier", 2, 299)]
    assert rows("SELECT level, member_number, reason FROM accrual_passes") == [(3, 1, "tier_without_rate")]
    assert rows("SELECT depth, rate_bps, below_bps FROM accrual_terms ORDER BY depth") == [(1, 300, 0), (2, 300, 300)]
    assert replayed() is None
    told = words(2)
    assert told["leg_tier"] == "You stand 2 levels above the buyer, in the tier gold."
    assert told["tier_rate"].startswith("The plan gives your tier 600 basis points, of which 300 are paid below you:")
    assert "万分之 600" in words(2, "zh")["tier_rate"]
    found = in_unit_of_work(lambda uow: service.order_commissions(uow, order))
    assert [(one.kind, one.level, one.reason) for one in found.skipped] == [("tier", 3, "tier_without_rate")]
    # and what is left of the line, 66.66, gives 1.99 each
    refund(order, 3_333, buyer=4)
    assert (wallet(3).pending, wallet(2).pending) == (199, 199)
    assert replayed() is None


def test_who_has_not_bought_lately_is_passed_over_and_it_is_kept_who_had() -> None:
    publish(
        the_plan(
            {"kind": "sale", "level": 1, "rate_bps": 1_000},
            activity={"within_days": 30, "inactive": "pass_up", "reach": 3},
        )
    )
    # given 3 bought too long ago, and 2 on the last day that counts
    bought = [
        Sale(buyer=3, ordered_at=NEW_YEAR - 31 * DAY),
        Sale(buyer=2, ordered_at=NEW_YEAR - 30 * DAY),
    ]
    sold(*bought, prefix="before")
    (order,) = sold(Sale(buyer=4))
    accrue(order)
    assert paid() == [(2, "sale", 1, 1_000)]
    assert rows("SELECT leg, level, member_number, reason FROM accrual_passes") == [(0, 1, 3, "passed_up")]
    assert rows("SELECT facts FROM accrued_facts") == [({"active": [2]},)]
    assert words(2)["leg_sale_passed_up"].startswith("You stand 2 levels above the buyer. Who had not bought within 30")
    # when 3 turns out to have bought after all, nothing that was decided changes
    sold(Sale(buyer=3, ordered_at=NEW_YEAR - DAY), prefix="late")
    assert replayed() is None


def test_product_deal_and_channel_are_those_of_the_sale(app: Flask) -> None:
    market = Market(app, ManualClock(NEW_YEAR))
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO invite_links (id, code, kind, owner_id, channel, created_at)"
                " SELECT CASE number WHEN 3 THEN CAST(:listed AS uuid) ELSE :farmed END, 'LIVE' || number, 'member',"
                " id, 'live', now() FROM members WHERE number IN (2, 3)"
            ),
            {"listed": (link := uuid.uuid4()), "farmed": (farmed := uuid.uuid4())},
        )
        # one is listed by an admin; another member has just called a link the same
        uow.session.execute(
            text("INSERT INTO publisher_channels VALUES (3, 'live', :at)"), {"at": NEW_YEAR - timedelta(days=1)}
        )
    market.offer("tea")
    (product,) = rows("SELECT product_id FROM skus")[0]
    tea = to_public("prd", product)
    publish(
        the_plan(
            {"kind": "sale", "level": 1, "rate_bps": 900, "when": {"products": [tea], "channels": ["live"]}},
            {"kind": "sale", "level": 1, "rate_bps": 500, "when": {"products": [tea]}},
            {"kind": "sale", "level": 1, "rate_bps": 100},
        )
    )
    orders = sold(Sale(buyer=4), Sale(buyer=4), Sale(buyer=4))
    with unit_of_work() as uow:
        for order in orders[:2]:
            uow.session.execute(
                text("UPDATE order_lines SET sku_id = :sku WHERE order_id = :id"),
                {"sku": market.skus["tea"], "id": order},
            )
        for order, one in zip(orders, (link, farmed), strict=False):
            uow.session.execute(text("UPDATE orders SET link_id = :link WHERE id = :id"), {"link": one, "id": order})
    accrue(*orders)
    assert sorted(amount for *_, amount in paid()) == [100, 500, 900]
    assert sorted(rows("SELECT reason, count(*) FROM accrual_skips GROUP BY 1")) == [
        ("another_leg", 3),
        ("other_channel", 1),
        ("other_product", 2),
    ]
    assert replayed() is None


def test_a_first_order_is_one_in_whatever_order_they_come() -> None:
    publish(the_plan({"kind": "sale", "level": 1, "rate_bps": 1_000, "when": {"first_order": True}}))
    # given two orders of 4 in one batch, the later one named first
    second, first = sold(Sale(buyer=4, lines=((200, 1),), ordered_at=NEW_YEAR + DAY), Sale(buyer=4))
    accrue(second, first)
    # when one comes that was placed before them both, and one of somebody who never bought
    accrue(*sold(Sale(buyer=4, ordered_at=NEW_YEAR - DAY), Sale(buyer=3, lines=((500, 1),)), prefix="late"))
    assert paid() == [(3, "sale", 1, 1_000), (2, "sale", 1, 50)]
    assert rows("SELECT reason, count(*) FROM accrual_skips GROUP BY 1") == [("not_first_order", 2)]
    assert rows("SELECT buyer, order_id FROM first_orders WHERE buyer = 4") == [(4, first)]
    assert replayed() is None


def test_the_simulator_asks_what_the_draft_asks() -> None:
    publish(the_plan({"kind": "sale", "level": 1, "rate_bps": 1_000}))
    climbed((3, "normal", "silver", LONG_AGO), (2, "normal", "gold", LONG_AGO))
    accrue(*sold(Sale(buyer=4), Sale(buyer=4, ordered_at=NEW_YEAR + DAY)))
    actor = uuid.uuid4()
    newcomers = {"kind": "sale", "level": 1, "rate_bps": 500, "when": {"first_order": True}}
    draft = in_unit_of_work(lambda uow: service.draft_plan(uow, actor, the_plan(TIER, newcomers)))
    question = Question(NEW_YEAR, NEW_YEAR + 9 * DAY)
    asked = in_unit_of_work(lambda uow: service.simulate(uow, actor, draft.id, question))
    work(["simulate_plan"])
    found = in_unit_of_work(lambda uow: service.simulated(uow, draft.id, asked.id))
    assert [tuple(leg)[:4] for leg in found.legs] == [
        ("sale", 1, 500, 2_000),
        ("tier", 1, 600, 0),
        ("tier", 2, 600, 0),
    ]
    assert rows("SELECT count(*) FROM first_orders") == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE accrued_facts SET facts = '{"tiers": {"3": "gold"}}'""",
        "UPDATE accrual_terms SET rate_bps = 299 WHERE depth = 1",
        "DELETE FROM accrual_passes",
    ],
)
def test_replay_finds_what_was_changed_and_the_database_refuses_it(change: str) -> None:
    publish(the_plan(TIER))
    climbed((3, "normal", "silver", LONG_AGO))
    accrue(*sold(Sale(buyer=4)))
    assert replayed() is None
    with pytest.raises(Exception, match=r"refused|permission"), unit_of_work() as uow:
        uow.session.execute(text(change))
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("SET LOCAL session_replication_role = replica"))
        uow.session.execute(text(change))
        uow.session.execute(text("SET ROLE socialshop_app"))
    assert (replayed() or "").startswith("order line ")


def test_a_batch_costs_the_same_statements_whatever_its_size() -> None:
    publish(the_plan(TIER, activity={"within_days": 30, "inactive": "forfeit"}))
    batches = sold(Sale(buyer=4), prefix="few"), sold(*[Sale(buyer=4)] * 20, prefix="many")
    sent_by: list[int] = []
    for orders in batches:
        with statements() as sent:
            accrue(*orders)
        sent_by.append(len(sent))
    assert sent_by[0] == sent_by[1]
