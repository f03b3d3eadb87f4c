"""The one table that says what follows an event: which service functions, on any floor.

A handler takes a unit of work and the payloads of up to `batch` events of its kind, and does all of it in that one
transaction. It may be run again with the same payloads (at least once), so every effect has a natural unique key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from socialshop.commissions import service as commissions
from socialshop.community import service as community
from socialshop.deals import service as deals
from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutsideCalls
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.service import campaigns, missions
from socialshop.memberships import service as memberships
from socialshop.notifications import service as notifications
from socialshop.orders import service as orders
from socialshop.payouts import service as payouts
from socialshop.referrals import service as referrals
from socialshop.risk import service as risk
from socialshop.rooms import service as rooms
from workers import mails, payees, payments, plans, texts, webhooks

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handler:
    """`name` is stable (deliveries carry it); `event` is the event's class name.

    One that announces a type of webhook event (`announces`) is given work only while somebody listens to it.
    """

    name: str
    event: str
    run: Callable[[UnitOfWork, Sequence[Payload]], None]
    batch: int = 100
    announces: str | None = None


@dataclass(frozen=True, slots=True)
class OutsideHandler:
    """One that calls the world outside: it gets the clock, one payload, and no transaction (workers/outside.py)."""

    name: str
    event: str
    run: Callable[[Clock, Payload], None]
    batch: int = 5


@dataclass(frozen=True, slots=True)
class CallingHandler:
    """One whose calls to the world outside are made side by side, as many as a batch has: none waits for another."""

    name: str
    event: str
    calls: Callable[[], OutsideCalls[Any, Any]]
    batch: int = 16


AnyHandler = Handler | OutsideHandler | CallingHandler

HANDLERS: tuple[AnyHandler, ...] = (
    CallingHandler("make_payment_call", "PaymentCallDue", payments.calls),
    CallingHandler("look_at_payment", "PaymentLookDue", payments.looks),
    CallingHandler("apply_payment_notice", "ProviderNoticeStored", payments.notices),
    CallingHandler("read_provider_records", "ProviderRecordsDue", payments.records),
    Handler("accrue_orders", "OrdersConfirmed", commissions.accrue_orders, batch=4),
    Handler("give_points", "OrdersConfirmed", loyalty.on_orders_confirmed, batch=4),
    Handler("open_points", "OrdersCompleted", loyalty.on_orders_completed, batch=4),
    Handler("welcome_with_coupons", "MemberRegistered", loyalty.on_member_registered, batch=20),
    Handler("return_coupons", "OrderRefunded", loyalty.return_coupons, batch=20),
    Handler("take_points_back", "OrderRefunded", loyalty.on_order_refunded, batch=20),
    Handler("note_sales", "OrdersConfirmed", loyalty.note_sales, batch=4),
    Handler("note_sales_refunded", "OrderRefunded", loyalty.note_refunds, batch=20),
    Handler("draw_campaign", "CampaignDrawDue", campaigns.on_draw_due, batch=1),
    Handler("count_deeds", "DeedsDone", missions.on_deeds_done),
    Handler("grow_by_sales", "OrdersConfirmed", memberships.on_orders_confirmed, batch=4),
    Handler("shrink_by_refund", "OrderRefunded", memberships.on_order_refunded, batch=20),
    Handler("count_team_sales", "OrdersConfirmed", referrals.on_orders_changed, batch=20),
    Handler("count_team_refunds", "OrderRefunded", referrals.on_orders_changed, batch=20),
    Handler("mature_received", "OrderReceived", commissions.mature_received),
    Handler("claw_back", "OrderRefunded", commissions.claw_back, batch=1),
    Handler("claw_back_late", "ClawbackDue", commissions.claw_back, batch=1),
    Handler("reach_milestones", "MilestonesDue", commissions.reach_milestones, batch=1),
    Handler("find_owed_commission", "CommissionOwed", payouts.find_owed_commission, batch=20),
    Handler("find_frozen", "MemberFrozen", payouts.find_frozen, batch=20),
    Handler("judge_newcomers", "MemberRegistered", risk.on_member_registered, batch=100),
    Handler("judge_requesters", "PayoutSubmitted", risk.on_payout_submitted, batch=20),
    Handler("judge_refunds", "OrderRefunded", risk.on_order_refunded, batch=20),
    Handler("record_refund", "RefundPaid", orders.on_refund_paid, batch=20),
    Handler("reopen_refund", "RefundFailed", orders.on_refund_failed, batch=20),
    Handler("follow_dispute", "DisputeChanged", orders.follow_disputes, batch=1),
    Handler("judge_disputed", "DisputeChanged", risk.on_dispute_changed, batch=20),
    Handler("record_link_sales", "CommissionsChanged", invites.record_sales, batch=20),
    Handler("simulate_plan", "SimulationDue", commissions.on_simulation_due, batch=1),
    Handler("settle", "SettlementDue", commissions.settle, batch=1),
    Handler("pay_seats", "PaymentAuthorized", rooms.on_payment_authorized, batch=20),
    Handler("seat_late_payer", "PaymentLate", rooms.on_payment_late, batch=1),
    Handler("capture_room", "RoomFilled", rooms.on_room_filled, batch=5),
    Handler("confirm_seats", "PaymentCaptured", rooms.on_payment_captured, batch=100),
    Handler("refund_seats", "PaymentReleased", rooms.on_payment_released, batch=100),
    Handler("reopen_bargains_cancelled", "RoomCancelled", rooms.on_room_for_one_over, batch=50),
    Handler("reopen_bargains_expired", "RoomExpired", rooms.on_room_for_one_over, batch=50),
    Handler("show_deal_moved", "DealMoved", rooms.on_deal_moved, batch=20),
    Handler("give_up_seat", "CaptureFailed", rooms.on_capture_failed, batch=10),
    Handler("take_charge", "ChargeAuthorized", memberships.on_charge_authorized, batch=20),
    Handler("begin_plan_terms", "ChargeCaptured", plans.begin_terms, batch=50),
    Handler("note_failed_charge", "ChargeFailed", memberships.on_charge_failed, batch=50),
    Handler("note_released_charge", "ChargeReleased", memberships.on_charge_failed, batch=50),
    Handler("tell_plan_month", "PlanMonthBegan", memberships.on_plan_month_began, batch=100),
    Handler("tell_charge_refunded", "ChargeRefunded", memberships.on_charge_refunded, batch=50),
    Handler("reopen_charge_refund", "ChargeRefundFailed", memberships.on_charge_refund_failed, batch=50),
    OutsideHandler("send_mails", "MailsQueued", mails.send),
    OutsideHandler("send_codes", "CodeAsked", texts.send),
    OutsideHandler("check_payees", "PayeeChecksDue", payees.check),
    OutsideHandler("disburse", "TransfersDue", payees.disburse),
    OutsideHandler("deliver_webhooks", "WebhooksDue", webhooks.deliver),
    Handler("tell_host", "SeatClaimed", notifications.on_seat_claimed),
    Handler("tell_filled", "RoomFilled", notifications.on_room_filled),
    Handler("tell_expired", "RoomExpired", notifications.on_room_over),
    Handler("tell_cancelled", "RoomCancelled", notifications.on_room_over),
    Handler("tell_money_back", "PaymentReleased", notifications.on_money_back),
    Handler("tell_late_payment", "LatePaymentDecided", notifications.on_late_payment),
    Handler("tell_shipped", "OrderShipped", notifications.on_order_shipped),
    Handler("tell_refund_decided", "RefundReviewed", notifications.on_refund_decided),
    Handler("tell_refund_paid", "OrderRefunded", notifications.on_refund_paid),
    Handler("tell_accrued", "CommissionsAccrued", notifications.on_commissions_accrued, batch=4),
    Handler("tell_settled", "CommissionsSettled", notifications.on_commissions_settled, batch=4),
    Handler("tell_clawed_back", "CommissionsClawedBack", notifications.on_commissions_clawed_back),
    Handler("tell_payout_decided", "PayoutDecided", notifications.on_payouts_decided),
    Handler("tell_payouts_ended", "PayoutsEnded", notifications.on_payouts_ended, batch=4),
    Handler("tell_circle", "CircleNoticePosted", community.on_circle_notice_posted, batch=1),
    Handler("tell_session_began", "SessionBegan", deals.on_session_began, batch=20),
    Handler("tell_inviter", "MemberInvited", notifications.on_member_invited),
    *(
        Handler(f"announce_{name}", row.fact, partial(notifications.announce, name), row.batch, announces=name)
        for name, row in notifications.EVENT_TYPES.items()
    ),
)


def named(name: str) -> AnyHandler | None:
    """The handler of this name."""
    return next((handler for handler in HANDLERS if handler.name == name), None)


def names() -> list[str]:
    """The names of all handlers, in the table's order."""
    return [handler.name for handler in HANDLERS]


def routes(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Which handlers an event goes to now: pairs (event name, handler name). One statement."""
    heard = {None, *notifications.types_heard(uow)}
    return [(row.event, row.name) for row in HANDLERS if not isinstance(row, Handler) or row.announces in heard]
