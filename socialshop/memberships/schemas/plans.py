"""Wire shapes of plans: offers, subscriptions, quotes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from socialshop.kernel.ids import to_public
from socialshop.memberships.offers import Term
from socialshop.memberships.programme import BenefitSet
from socialshop.memberships.service import Due, Following, OfferView, PlanRefund, Subscription, TermView
from socialshop.payments.schemas import PaymentWire
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

SUBSCRIPTION_PREFIX = "pls"
Status = Literal["pending", "active", "grace", "ended"]
CODE = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FEN: dict[str, Any] = {"amount_minor": 8800, "currency": "CNY"}
_PLAN: dict[str, Any] = {
    "plan": "vip",
    "name_zh": "会员卡",
    "name_en": "VIP card",
    "version": 1,
    "trial_days": 7,
    "terms": [
        {
            "term": "year",
            "prices": [{"growth": 0, "price": {**FEN, "amount_minor": 88800}}, {"growth": 1000, "price": FEN}],
            "yours": FEN,
        }
    ],
    "your_growth": 1200,
    "benefits": BenefitSet(points_multiplier_bps=20000, early_access_hours=24).model_dump(),
    **{"remind_days": 7, "retry_days": [1, 3, 5], "grace_days": 7, "full_refund_days": 7},
    **{"family_seats": 2, "partners": ["cinema"]},
}
PAYMENT: dict[str, Any] = {
    "id": "pay_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "created",
    "amount": FEN,
    "provider": "sandbox",
}
SUBSCRIPTION: dict[str, Any] = {
    "id": "pls_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "plan": "vip",
    "name_zh": "会员卡",
    "name_en": "VIP card",
    "version": 1,
    "term": "year",
    "status": "pending",
    "renews": False,
    "by_mandate": False,
    "current": None,
    "ends_at": None,
    "follows": None,
    "next_price": None,
    "charge_at": None,
    "grace_until": None,
    "due": {
        "kind": "start",
        "term": "year",
        "price": FEN,
        "credit": {**FEN, "amount_minor": 0},
        "amount": FEN,
        "growth": 1200,
        "payment": PAYMENT,
    },
    "refunds": [],
    "created_at": "2026-01-31T12:00:00Z",
    "ended_at": None,
    "ended_because": None,
}


class PriceWire(Wire):
    """What a term costs from this growth on."""

    growth: int
    price: MoneyWire


class PlanTermWire(Wire):
    """A term with its prices by growth, and yours; the last is null for visitors."""

    term: Term
    prices: list[PriceWire]
    yours: MoneyWire | None


class PlanWire(Wire):
    """A plan on sale. A refund within `full_refund_days` is whole if nothing that it gives was used."""

    model_config = with_example(_PLAN)

    plan: str
    name_zh: str
    name_en: str
    version: int
    trial_days: int
    terms: list[PlanTermWire]
    your_growth: int | None
    benefits: BenefitSet
    remind_days: int
    retry_days: list[int]
    grace_days: int
    full_refund_days: int
    family_seats: int
    partners: list[str]

    @classmethod
    def of(cls, view: OfferView, growth: int | None) -> PlanWire:
        """The wire form of a plan, for somebody with this growth."""
        offer = view.offer
        return cls(
            plan=offer.plan,
            name_zh=offer.name_zh,
            name_en=offer.name_en,
            version=view.number or 0,
            trial_days=offer.trial_days,
            terms=[
                PlanTermWire(
                    term=term.term,
                    prices=[
                        PriceWire(growth=step.growth, price=money_wire(step.price_minor, offer.currency))
                        for step in term.prices
                    ],
                    yours=None if growth is None else money_wire(term.price_at(growth), offer.currency),
                )
                for term in offer.terms
            ],
            your_growth=growth,
            benefits=offer.benefits,
            remind_days=offer.remind_days,
            retry_days=list(offer.retry_days),
            grace_days=offer.grace_days,
            full_refund_days=offer.full_refund_days,
            family_seats=offer.family_seats,
            partners=list(offer.partners),
        )


class PlanList(Wire):
    """The plans on sale."""

    model_config = with_example({"data": [_PLAN]})

    data: list[PlanWire]


class Purchase(Wire):
    """Which plan, for which term. With `renews` you agree that later terms are charged, announced days before."""

    model_config = with_example({"plan": "vip", "term": "year", "renews": True})

    plan: CODE
    term: Term
    renews: bool


class TrialStart(Wire):
    """Which plan."""

    model_config = with_example({"plan": "vip"})

    plan: CODE


class CurrentTermWire(Wire):
    """The term that runs, from a day of the shop's until before another."""

    is_trial: bool
    is_gift: bool
    starts_on: date
    ends_on: date
    price: MoneyWire

    @classmethod
    def of(cls, view: TermView) -> CurrentTermWire:
        """The wire form of a term."""
        return cls(
            is_trial=view.is_trial,
            is_gift=view.is_gift,
            starts_on=view.starts_on,
            ends_on=view.ends_on,
            price=MoneyWire.of(view.price),
        )


class FollowingWire(Wire):
    """What a subscription renews as, in place of what it is: chosen by `downgrade`."""

    plan: str
    name_zh: str
    name_en: str
    term: Term

    @classmethod
    def of(cls, following: Following) -> FollowingWire:
        """The wire form of what follows."""
        offer = following.offered.offer
        return cls(
            plan=offer.plan,
            name_zh=offer.name_zh,
            name_en=offer.name_en,
            term=following.term,  # type: ignore[arg-type]  # the table's CHECK holds the terms
        )


class DueWire(Wire):
    """What is to be paid: the price by your growth, less what is credited of the term before."""

    kind: Literal["start", "renewal", "upgrade"]
    term: Term
    price: MoneyWire
    credit: MoneyWire
    amount: MoneyWire
    growth: int
    payment: PaymentWire

    @classmethod
    def of(cls, due: Due) -> DueWire:
        """The wire form of what is due."""
        return cls(
            kind=due.kind,  # type: ignore[arg-type]  # the table's CHECK holds the kinds
            term=due.term,  # type: ignore[arg-type]
            price=MoneyWire.of(due.price),
            credit=MoneyWire.of(due.credit),
            amount=MoneyWire.of(due.amount),
            growth=due.growth,
            payment=PaymentWire.of(due.payment),
        )


class PlanRefundWire(Wire):
    """Money that comes back: all of it, the days that had not begun, or a payment that came too late."""

    amount: MoneyWire
    rule: Literal["whole", "prorated", "late"]
    status: Literal["asked", "paid", "failed"]
    asked_at: Instant

    @classmethod
    def of(cls, refund: PlanRefund) -> PlanRefundWire:
        """The wire form of a refund."""
        return cls(
            amount=MoneyWire.of(refund.amount),
            rule=refund.rule,  # type: ignore[arg-type]  # the table's CHECK holds the rules
            status=refund.status,  # type: ignore[arg-type]
            asked_at=refund.asked_at,
        )


class SubscriptionWire(Wire):
    """A subscription. `next_price` is charged at `charge_at`, as announced; `due` is to be paid, or being charged.

    `follows` is what it renews as, null where it renews as what it is.
    """

    model_config = with_example(SUBSCRIPTION)

    id: str
    plan: str
    name_zh: str
    name_en: str
    version: int
    term: Term
    status: Status
    renews: bool
    by_mandate: bool
    current: CurrentTermWire | None
    ends_at: Instant | None
    follows: FollowingWire | None
    next_price: MoneyWire | None
    charge_at: Instant | None
    grace_until: Instant | None
    due: DueWire | None
    refunds: list[PlanRefundWire]
    created_at: Instant
    ended_at: Instant | None
    ended_because: Literal["over", "unpaid", "cancelled", "refunded", "left"] | None

    @classmethod
    def of(cls, found: Subscription) -> SubscriptionWire:
        """The wire form of a subscription."""
        return cls(**subscription_fields(found))


def subscription_fields(found: Subscription) -> dict[str, Any]:
    """The fields of a subscription on the wire."""
    offer = found.offered.offer
    return {
        "id": to_public(SUBSCRIPTION_PREFIX, found.id),
        "plan": offer.plan,
        "name_zh": offer.name_zh,
        "name_en": offer.name_en,
        "version": found.offered.number or 0,
        "term": found.term,
        "status": found.status,
        "renews": found.renews,
        "by_mandate": found.by_mandate,
        "current": CurrentTermWire.of(found.current) if found.current else None,
        "ends_at": found.ends_at,
        "follows": FollowingWire.of(found.follows) if found.follows else None,
        "next_price": MoneyWire.of(found.next_price) if found.next_price else None,
        "charge_at": found.charge_at,
        "grace_until": found.grace_until,
        "due": DueWire.of(found.due) if found.due else None,
        "refunds": [PlanRefundWire.of(refund) for refund in found.refunds],
        "created_at": found.created_at,
        "ended_at": found.ended_at,
        "ended_because": found.ended_because,
    }


class SubscriptionList(Wire):
    """Your subscriptions, the newest first."""

    model_config = with_example({"data": [SUBSCRIPTION]})

    data: list[SubscriptionWire]


def money_wire(amount_minor: int, currency: str) -> MoneyWire:
    """The wire form of an amount."""
    return MoneyWire(amount_minor=amount_minor, currency=currency)
