"""Money that comes back from a payout beside the claw back that would take it: no debt stands beside a balance."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from after_sales import approve, ask, settle, wallet
from bookkeeping import proved
from flask import Flask
from money_people import account_of, number_of, plain_members
from payout_audit import faults
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, sell
from web_client import registration, sign_up

from socialshop.commissions import service
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.money import Money
from socialshop.notifications.reasons import PayoutReason
from socialshop.payouts import service as payouts
from socialshop.payouts.errors import PayoutNotOpen
from tests.payment_shop import rows
from tests.races.test_clawback_races import _at_once, _claw_back

DUE = NEW_YEAR + timedelta(days=1)
SALES, AMOUNT = 12, 10_000


def _sponsor(app: Flask) -> tuple[uuid.UUID, int, int, list[uuid.UUID]]:
    """Somebody who earned 800 by each of twelve sales; the buyer and the orders."""
    with unit_of_work() as uow:
        service.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
    person = sign_up(app)
    body = registration(invite_code=person.card.invite_code)
    assert app.test_client().post("/api/v1/members", json=body).status_code == 201
    buyer = int(rows("SELECT max(number) FROM members")[0][0])
    with unit_of_work() as uow:
        orders = sell(uow, [Sale(buyer, lines=((AMOUNT, 1),)) for _ in range(SALES)])
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*orders))
    assert settle(DUE) == SALES
    return person.card.member_id, number_of(person), buyer, orders


def _asked(member_id: uuid.UUID, number: int) -> list[uuid.UUID]:
    """All that was earned, asked for in twelve requests."""
    to = account_of(member_id)
    with unit_of_work() as uow:
        asked = [
            payouts.submit(
                uow,
                member_id=member_id,
                member_number=number,
                destination_id=to,
                amount=Money(800, "CNY"),
                minimum_minor=1,
                cooldown=timedelta(),
            )
            for _ in range(SALES)
        ]
        return [request.id for request in asked]


def _ended(work: Callable[[], object]) -> None:
    try:
        work()
    except PayoutNotOpen:
        return


@pytest.mark.parametrize("seed", range(4))
def test_requests_that_end_beside_claw_backs_carry_nothing_away(app: Flask, seed: int) -> None:
    """Given all of it reserved, when goods go back while requests are cancelled and rejected, then the books agree."""
    chance = random.Random(seed)
    member_id, number, buyer, orders = _sponsor(app)
    requests = _asked(member_id, number)
    ((admin, _),) = plain_members(1, "admin")
    refunds = [ask(order, AMOUNT, buyer=buyer) for order in orders[:8]]
    for refund_id in refunds:
        approve(refund_id)

    def cancel(request: uuid.UUID) -> None:
        in_unit_of_work(lambda uow: payouts.cancel(uow, member_id, request))

    def reject(request: uuid.UUID) -> None:
        in_unit_of_work(lambda uow: payouts.reject(uow, actor=admin, request_id=request, reason=PayoutReason.OTHER))

    ending = [partial(_ended, partial(chance.choice((cancel, reject)), request)) for request in requests[:9]]
    work: list[Callable[[], object]] = [*(partial(_claw_back, refund_id) for refund_id in refunds), *ending, *ending]
    chance.shuffle(work)
    _at_once(app, work)
    # Of 9,600 earned 6,400 were taken back; three requests hold 2,400 still.
    has = wallet(number)
    assert (has.available, has.reserved, has.owed) == (800, 2_400, 0)
    assert {row[0] for row in rows("SELECT status FROM payout_requests")} <= {"submitted", "cancelled", "rejected"}
    assert rows("SELECT count(*) FROM payout_requests WHERE status = 'submitted'") == [(3,)]
    assert faults() == {}
    proof = proved()
    assert proof.holds, proof.first_difference
