"""Telling members what happened elsewhere: handlers of the workers' table, each two statements for any number told.

Run again with the same payloads, a handler finds its notices there and writes none.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.infra.uow import UnitOfWork
from socialshop.notifications.events import MailsQueued
from socialshop.notifications.store import gathering, notices
from socialshop.notifications.store.gathering import Told

Payloads = Sequence[Mapping[str, Any]]


def tell(uow: UnitOfWork, told: Sequence[Told]) -> int:
    """Write these notices and queue the mails that go along; returns how many notices are new."""
    fresh, queued = notices.add(uow.session, told, uow.now)
    if queued:
        uow.emit(MailsQueued())
    return fresh


def on_seat_claimed(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow SeatClaimed: the host hears of it."""
    tell(uow, gathering.seats_joined(uow.session, _ids(payloads, "order_id")))


def on_room_filled(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow RoomFilled: everybody in the room hears of it."""
    tell(uow, gathering.rooms_filled(uow.session, _ids(payloads, "room_id")))


def on_room_over(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow RoomExpired and RoomCancelled: everybody who was in the room then, and whether money comes back."""
    tell(uow, gathering.rooms_over(uow.session, _ids(payloads, "room_id")))


def on_money_back(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow PaymentReleased: the buyer has the money again."""
    tell(uow, gathering.money_back(uow.session, _ids(payloads, "order_id")))


def on_late_payment(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow LatePaymentDecided: who paid too late hears where they sit now, or that the money goes back."""
    tell(uow, gathering.late_payments(uow.session, _ids(payloads, "order_id")))


def on_order_shipped(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow OrderShipped."""
    tell(uow, gathering.orders_shipped(uow.session, _ids(payloads, "order_id")))


def on_refund_decided(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow RefundReviewed. One statement a decision (approved, rejected), and one to write."""
    told: list[Told] = []
    for decision in sorted({payload["decision"] for payload in payloads}):
        ids = _ids([payload for payload in payloads if payload["decision"] == decision], "refund_id")
        told += gathering.refunds(uow.session, f"refund_{decision}", ids)
    tell(uow, told)


def on_refund_paid(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow OrderRefunded: the buyer has the money."""
    tell(uow, gathering.refunds(uow.session, "refund_paid", _ids(payloads, "refund_id")))


def on_commissions_accrued(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow CommissionsAccrued: whoever earns from the orders."""
    orders = {uuid.UUID(order) for payload in payloads for order in payload["order_ids"]}
    tell(uow, gathering.accrued(uow.session, sorted(orders)))


def on_commissions_settled(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow CommissionsSettled, one at a time: a batch is told as one sum, named by its first entry."""
    for payload in payloads:
        references = payload["references"]
        tell(uow, gathering.settled(uow.session, references[0], references))


def on_commissions_clawed_back(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow CommissionsClawedBack."""
    tell(uow, gathering.clawed_back(uow.session, _ids(payloads, "refund_id")))


def on_payouts_decided(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow PayoutDecided: approved, held or rejected, and why."""
    decisions = {int(payload["decision_id"]) for payload in payloads}
    tell(uow, gathering.payouts_decided(uow.session, sorted(decisions)))


def on_payouts_ended(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow PayoutsEnded: paid, or failed or returned and back in the wallet."""
    requests = {uuid.UUID(request) for payload in payloads for request in payload["request_ids"]}
    tell(uow, gathering.payouts_ended(uow.session, sorted(requests)))


def on_member_invited(uow: UnitOfWork, payloads: Payloads) -> None:
    """Follow MemberInvited: the owner of the link hears who came."""
    tell(uow, gathering.members_invited(uow.session, _ids(payloads, "member_id")))


def _ids(payloads: Payloads, name: str) -> list[uuid.UUID]:
    return sorted({uuid.UUID(payload[name]) for payload in payloads})
