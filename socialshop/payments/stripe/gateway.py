"""Stripe behind the shop's gateway protocol: PaymentIntents that hold by hand, captures of parts, refunds, disputes.

What moves money bears the shop's key; after it the payment is fetched as it stands. Paying makes the PaymentIntent: its
buyer confirms it with Stripe itself, and a notice, or the poller, tells the shop.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from socialshop.infra.outside import OutcomeUnknown, Refused
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import Money
from socialshop.payments.gateway import Notice
from socialshop.payments.rules import Movement, Outcome, ProviderPayment, Status
from socialshop.payments.stripe import notices, shapes
from socialshop.payments.stripe.amounts import NotPayable, to_stripe
from socialshop.payments.stripe.wire import Wire

_T = TypeVar("_T")
_INTENTS = "/v1/payment_intents"
_CHARGE = ["latest_charge"]
_AT_ONCE = 100
# 200 pages of 100: more in one span of records, and the span is read in smaller ones.
_MOST_PAGES = 200


class StripeGateway:
    """Stripe. `url` is its address; another than Stripe's own only where tests stand for it."""

    name = shapes.PROVIDER
    capture_mode: Literal["manual", "automatic"] = "manual"
    hands_over = True

    def __init__(self, url: str, secret_key: str, webhook_secret: str) -> None:
        self._wire = Wire(url, secret_key)
        self._webhook_secret = webhook_secret

    def pay(
        self,
        key: str,
        reference: uuid.UUID,
        amount: Money,
        outcome: Outcome,
        *,
        keep: bool = False,
        card: str | None = None,
        ref: str | None = None,
    ) -> ProviderPayment:
        made = ref or self._make(reference, amount)
        if keep:
            customer = self._wire.ask("post", "/v1/customers", f"customer:{reference}", metadata=_of(reference))["id"]
            self._wire.ask("post", _path(made), f"keep:{key}", customer=customer, setup_future_usage="off_session")
        return self._now(made)

    def charge(
        self, key: str, reference: uuid.UUID, amount: Money, mandate: str, *, ref: str | None = None
    ) -> ProviderPayment:
        made = ref or self._make(reference, amount)
        customer, _, method = mandate.partition("/")
        self._wire.ask("post", _path(made), f"for:{key}", customer=customer)
        try:
            self._wire.ask("post", f"{_path(made)}/confirm", key, payment_method=method, off_session=True)
        except Refused:
            # The bank said no: a failed payment, which may be paid again. Anything else is no failure of the buyer's.
            found = self._now(made)
            if found.status is not Status.FAILED:
                raise
            return found
        return self._now(made)

    def capture(self, key: str, ref: str, amount_minor: int) -> ProviderPayment:
        amount = _units(amount_minor, self._now(ref).currency)
        self._wire.ask("post", f"{_path(ref)}/capture", key, amount_to_capture=amount)
        return self._now(ref)

    def release(self, key: str, ref: str) -> ProviderPayment:
        self._wire.ask("post", f"{_path(ref)}/cancel", key)
        return self._now(ref)

    def refund(self, key: str, ref: str, refund_id: uuid.UUID, amount_minor: int) -> ProviderPayment:
        amount = _units(amount_minor, self._now(ref).currency)
        said = {"payment_intent": ref, "amount": amount, "metadata": {"refund": str(refund_id)}}
        self._wire.ask("post", "/v1/refunds", key, **said)
        return self._now(ref)

    def end_mandate(self, key: str, ref: str) -> ProviderPayment:
        intent = self._wire.ask("get", _path(ref))
        if intent.get("payment_method"):
            self._wire.ask("post", f"/v1/payment_methods/{quote(intent['payment_method'], safe='')}/detach", key)
        return self._now(ref)

    def fetch(self, ref: str) -> ProviderPayment | None:
        try:
            return self._now(ref)
        except Refused as refused:
            if str(refused) in ("resource_missing", "http_404"):
                return None
            raise OutcomeUnknown(f"the provider answered {refused}") from refused

    def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        # Instants of Stripe are whole seconds: one of `until`'s own second is read with the next span.
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        try:
            entries = list(self._all("/v1/balance_transactions", created=created, expand=["data.source"]))
        except Refused as refused:
            raise OutcomeUnknown(f"the provider answered {refused}") from refused
        return _understood(lambda: [found for one in entries if (found := shapes.movement_of(one)) is not None])

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        notices.verify(self._webhook_secret, notices.header_of(headers), body, now)
        return Notice(*notices.read(body))

    def step_of(self, kind: str) -> Status | None:
        return shapes.STEPS.get(kind)

    def _make(self, reference: uuid.UUID, amount: Money) -> str:
        """The PaymentIntent of a payment, one however often it is asked for; later tries name it themselves."""
        said = {
            "amount": _units(amount.amount_minor, amount.currency),
            "currency": amount.currency.lower(),
            "capture_method": "manual",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": _of(reference),
        }
        return str(self._wire.ask("post", _INTENTS, f"create:{reference}", **said)["id"])

    def _now(self, ref: str) -> ProviderPayment:
        """The payment as it stands. Refunds and disputes are asked for where its charge says that there are any."""
        intent = self._wire.ask("get", _path(ref), expand=_CHARGE)
        charge = intent.get("latest_charge") or {}
        of_it = {"payment_intent": ref}
        refunds = list(self._all("/v1/refunds", **of_it)) if charge.get("amount_refunded") else []
        disputes = list(self._all("/v1/disputes", **of_it)) if charge.get("disputed") else []
        return _understood(lambda: shapes.payment_of(intent, refunds, disputes))

    def _all(self, path: str, **said: Any) -> Iterator[Mapping[str, Any]]:
        """Every object of a list, page by page. Raises OutcomeUnknown for one that is too long to read."""
        after: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = self._wire.ask("get", path, limit=_AT_ONCE, **said, **after)
            yield from page["data"]
            if not page["has_more"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}
        raise OutcomeUnknown("the provider's list is too long")


def _of(reference: uuid.UUID) -> dict[str, str]:
    return {"payment": str(reference)}


def _units(amount_minor: int, currency: str) -> int:
    try:
        return to_stripe(amount_minor, currency)
    except NotPayable as error:
        raise Refused(str(error)) from error


def _path(ref: str) -> str:
    return f"{_INTENTS}/{quote(ref, safe='')}"


def _understood(read: Callable[[], _T]) -> _T:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError, InvalidValue) as error:
        raise OutcomeUnknown("the provider's answer is not understood") from error
