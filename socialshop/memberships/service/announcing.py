"""What members hear of their plans: that a term began, what comes, what failed, what came back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import to_text
from socialshop.memberships.offers import Offer
from socialshop.memberships.service.offering import offers_named
from socialshop.memberships.store import charges
from socialshop.memberships.store.charges import ChargeRow
from socialshop.memberships.store.subscriptions import Begun, SubscriptionRow
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told


def tell_begun(uow: UnitOfWork, paid: Sequence[tuple[ChargeRow, SubscriptionRow]], begun: Sequence[Begun]) -> None:
    """A term that was paid has begun, and lasts until then."""
    offers = offers_by_id(uow, [charge.offer_id for charge, _ in paid])
    notifications.tell(
        uow,
        [
            told(
                "plan_renewed" if charge.kind == "renewal" and charge.offer_id == row.offer_id else "plan_started",
                row,
                charge.number,
                offers[charge.offer_id],
                until=term.ends_at,
                amount_minor=charge.amount_minor,
            )
            for (charge, row), term in zip(paid, begun, strict=True)
        ],
    )


def tell_failed(uow: UnitOfWork, charge_ids: Collection[uuid.UUID], held: Mapping[uuid.UUID, SubscriptionRow]) -> None:
    """A renewal could not be charged; it is tried again, and may be paid by hand, while the benefits stay.

    `held` are the subscriptions of these charges.
    """
    failed = [row for row in charges.named(uow.session, charge_ids) if row.kind == "renewal" and row.status == "due"]
    offers = offers_by_id(uow, [charge.offer_id for charge in failed])
    notifications.tell(
        uow,
        [
            told(
                "plan_payment_failed",
                row,
                f"{charge.number}:{row.attempts}",
                offers[charge.offer_id],
                until=row.grace_until,
                amount_minor=charge.amount_minor,
            )
            for charge in failed
            if charge.subscription_id and (row := held[charge.subscription_id]).status == "grace"
        ],
    )


def tell_refunded(uow: UnitOfWork, refunds: Sequence[Any]) -> None:
    """Money of a plan is back with the member."""
    notifications.tell(
        uow,
        [
            Told(
                payer, "plan_refunded", str(refund_id), None, None, {"amount_minor": amount_minor, "currency": currency}
            )
            for payer, refund_id, amount_minor, currency in refunds
        ],
    )


def on_plan_month_began(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow PlanMonthBegan: whoever has or shares a plan with vouchers hears that this month's wait."""
    offers = offers_by_id(uow, sorted({uuid.UUID(month["offer_id"]) for month in payloads}))
    notifications.tell(
        uow,
        [
            Told(
                month["member"],
                "plan_month",
                f"{month['subscription_id']}:{month['number']}",
                None,
                None,
                {"plan_zh": offer.name_zh, "plan_en": offer.name_en, "vouchers": len(offer.partners)},
            )
            for month in payloads
            if (offer := offers[uuid.UUID(month["offer_id"])]).partners
        ],
    )


def told(
    kind: str,
    row: SubscriptionRow,
    about: object,
    offer: Offer,
    *,
    until: datetime | None,
    amount_minor: int | None = None,
) -> Told:
    """A notice about a subscription, once for what it is about."""
    facts: dict[str, Any] = {"plan_zh": offer.name_zh, "plan_en": offer.name_en, "currency": offer.currency}
    if until is not None:
        facts["until"] = to_text(until)
    if amount_minor is not None:
        facts["amount_minor"] = amount_minor
    return Told(row.member, kind, f"{row.id}:{about}", None, row.id, facts)


def offers_by_id(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Offer]:
    """What these offers say."""
    return {id_: view.offer for id_, view in offers_named(uow, ids).items()}
