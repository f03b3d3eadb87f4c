"""What follows the demo's sales: goods sent and received, money back, commissions settled, payouts asked for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from socialshop.cli import demo_habits, demo_rooms, demo_voices, demo_world
from socialshop.cli.shop import finish_jobs

if TYPE_CHECKING:
    from flask import Flask

    from socialshop.infra.uow import UnitOfWork
    from socialshop.payouts.service import Request

_PART_MINOR = 1000
_ORDERS_SEEN = 5
# Published examples of IBANs (ISO 13616); nobody's accounts.
_ACCOUNTS = {demo_world.LEADER: "DE89370400440532013000", demo_world.MEMBER: "GB29NWBK60161331926819"}


@dataclass(frozen=True, slots=True)
class Staff:
    """The two admins: who reviews does not release."""

    reviewer: uuid.UUID
    releaser: uuid.UUID


@dataclass(frozen=True, slots=True)
class Earner:
    """A member with a wallet, who asks for payouts."""

    name: str
    display_name: str
    id: uuid.UUID


def is_done() -> bool:
    """Whether all of it was done before: the payouts come last."""
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.payouts import service as payouts

    found = in_unit_of_work(lambda uow: payouts.page_of(uow, limit=1, after=None))
    return bool(found)


def follow(app: Flask, staff: Staff, earners: Sequence[Earner], currency: str) -> None:
    """Do the jobs of the sales, settle, then all that comes after. Cut short, the next call goes on."""
    from socialshop.commissions import service as commissions
    from socialshop.infra.uow import in_unit_of_work

    finish_jobs(app)
    in_unit_of_work(lambda uow: commissions.begin_settlement(uow, uow.now))
    finish_jobs(app)
    in_unit_of_work(lambda uow: _name_accounts(uow, earners))
    finish_jobs(app)

    def conclude(uow: UnitOfWork) -> None:
        _after_sales(uow, staff.reviewer)
        demo_habits.follow(uow)
        leader = next(earner for earner in earners if earner.name == demo_world.LEADER)
        demo_voices.speak(uow, staff.reviewer, leader.id)
        _payouts(uow, staff, earners, currency)

    in_unit_of_work(conclude)
    finish_jobs(app)


def _after_sales(uow: UnitOfWork, admin: uuid.UUID) -> None:
    """Nothing where no provider has taken the money."""
    from socialshop.orders import service as orders

    for name in (*demo_rooms.RECEIVED, *demo_rooms.SHIPPED, demo_world.MEMBER):
        for buyer, order_id in _confirmed(uow, name):
            orders.ship(uow, admin, order_id, "顺丰 / SF", f"SF-{name}")
            if name not in demo_rooms.SHIPPED:
                orders.receive(uow, buyer, order_id)
    for name, part in (
        (demo_rooms.REFUNDED_WHOLE, None),
        (demo_rooms.REFUNDED_IN_PART, _PART_MINOR),
        (demo_rooms.REFUND_ASKED, None),
    ):
        for buyer, order_id in _confirmed(uow, name):
            refund = orders.request_refund(uow, buyer, order_id, "不合适 / does not fit", amount_minor=part)
            if name != demo_rooms.REFUND_ASKED:
                orders.approve_refund(uow, admin, refund.id, None)


def _confirmed(uow: UnitOfWork, name: str) -> list[tuple[int, uuid.UUID]]:
    """The buyer's number with each order of a filled room whose money was taken."""
    from socialshop.identity import service as identity
    from socialshop.orders import service as orders

    number = identity.number_of(uow, name)
    found = orders.orders(uow, number, None, _ORDERS_SEEN)
    return [(number, order.id) for order in found if order.status is orders.Status.CONFIRMED]


def _payouts(uow: UnitOfWork, staff: Staff, earners: Sequence[Earner], currency: str) -> None:
    """One request of each earner is paid; of the others one is approved, one is on hold, and the rest wait."""
    from socialshop.identity import service as identity
    from socialshop.notifications.reasons import PayoutReason
    from socialshop.payouts import service as payouts
    from socialshop.payouts.rules import Channel

    # As if each had just shown a code.
    sessions = [_at_work(uow, admin) for admin in (staff.reviewer, staff.releaser)]
    paid = []
    waiting: list[Request] = []
    for earner in earners:
        first, second, third, fourth = _submitted(uow, earner, currency)
        payouts.approve(uow, actor=staff.reviewer, request_id=first.id)
        paid.append(first.id)
        waiting += (second, third, fourth)
    batch = payouts.create_batch(uow, actor=staff.reviewer, channel=Channel.BANK, currency=currency).batch
    payouts.release_batch(uow, actor=staff.releaser, batch_id=batch.id)
    outcomes = [payouts.Outcome(id_, "paid", f"demo-{place}") for place, id_ in enumerate(paid, start=1)]
    payouts.record_results(uow, actor=staff.releaser, batch_id=batch.id, outcomes=outcomes)
    approved, _waits, held, *_more_wait = waiting
    payouts.approve(uow, actor=staff.reviewer, request_id=approved.id)
    payouts.hold(uow, actor=staff.reviewer, request_id=held.id, reason=PayoutReason.NAME_TO_CHECK)
    for session_id in sessions:
        identity.close_session(uow, session_id)


def _at_work(uow: UnitOfWork, admin: uuid.UUID) -> uuid.UUID:
    """A session of the admin's, stepped up as if a code had been shown: without one no payout is approved."""
    from socialshop.identity import service as identity

    signed_in = identity.authenticate(uow, identity.open_session(uow, admin, days=1).token)
    assert signed_in is not None
    identity.step_up_session(uow, signed_in.session_id)
    return signed_in.session_id


def _name_accounts(uow: UnitOfWork, earners: Sequence[Earner]) -> None:
    """Where the earners are paid; with the account the check of the name begins."""
    from socialshop.payouts import service as payouts
    from socialshop.payouts.rules import Channel

    for earner in earners:
        payouts.add_destination(
            uow, earner.id, channel=Channel.BANK, holder=earner.display_name, account=_ACCOUNTS[earner.name]
        )


def _submitted(uow: UnitOfWork, earner: Earner, currency: str) -> list[Request]:
    """Four requests, for three quarters of what the wallet has."""
    from socialshop.identity import service as identity
    from socialshop.kernel.money import Money
    from socialshop.ledger import service as ledger
    from socialshop.payouts import service as payouts

    number = identity.number_of(uow, earner.name)
    (place,) = payouts.destinations(uow, earner.id)
    available = ledger.wallet(uow, number, currency).available
    shares = (available // 4, available // 4, available // 8, available // 8)
    return [
        payouts.submit(
            uow,
            member_id=earner.id,
            member_number=number,
            destination_id=place.id,
            amount=Money(share, currency),
            minimum_minor=1,
            cooldown=timedelta(),
        )
        for share in shares
    ]
