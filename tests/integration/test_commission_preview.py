"""What a deal would earn is asked of the same rules that pay later, under the plan that is in force now."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from room_shop import statements
from sample_sales import a_plan

from socialshop.commissions import service
from socialshop.commissions.service import Preview
from socialshop.infra.clock import ManualClock, SystemClock
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.money import Money


def asked(minor: int, size: int, *, later: int = 0) -> Preview | None:
    clock = ManualClock(SystemClock().now() + timedelta(days=later))
    return in_unit_of_work(lambda uow: service.preview(uow, Money(minor, "CNY"), size), clock)


def test_every_leg_is_told_of_one_sale_and_the_leader_of_a_sale_and_of_a_full_room(app: Flask) -> None:
    plan = a_plan(
        {"kind": "sale", "level": 1, "rate_bps": 800},
        {"kind": "sale", "level": 2, "rate_bps": 300},
        {"kind": "host", "fixed_minor": 50},
        {"kind": "self", "rate_bps": 100},
    )
    in_unit_of_work(lambda uow: service.publish_plan(uow, plan, country="CN"))
    with statements() as sent:
        found = asked(9999, 4)
    assert len(sent) == 1
    assert found is not None
    # 799.92, 299.97 and 99.99 rounded down; the fixed sum as it is.
    told = [(one.kind, one.level, one.rate_bps, one.amount.amount_minor) for one in found.earnings]
    assert told == [("sale", 1, 800, 799), ("sale", 2, 300, 299), ("host", 0, None, 50), ("self", 0, 100, 99)]
    assert found.leader_sale == Money(799 + 50, "CNY")
    # Three guests, and the leader's own seat by the leg for buyers alone.
    assert found.leader_room == Money(3 * (799 + 50) + 99, "CNY")
    assert (found.plan, found.version) == ("test", 1)


def test_a_plan_counts_from_its_instant_and_for_its_currency(app: Flask) -> None:
    assert asked(9900, 2) is None
    tomorrow = SystemClock().now() + timedelta(days=1)
    plan, dollars = a_plan(), a_plan(currency="USD", name="dollars")
    in_unit_of_work(lambda uow: service.publish_plan(uow, plan, country="CN", effective_at=tomorrow))
    in_unit_of_work(lambda uow: service.publish_plan(uow, dollars, country="CN"))
    assert asked(9900, 2) is None
    later = asked(9900, 2, later=2)
    assert later is not None
    assert later.leader_sale == Money(792, "CNY")
