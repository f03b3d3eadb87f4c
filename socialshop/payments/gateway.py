"""What the shop asks of a payment provider, and the sandbox's answer to it.

Every call that moves money carries a key: made again with the same key it has its effect once. A gateway knows two
ways to fail: the provider refused (nothing happened, nothing will), or the outcome is unknown.
"""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NoReturn, Protocol
from urllib.parse import quote, urlencode, urlsplit

from socialshop.infra import wired
from socialshop.infra.outside import OutcomeUnknown, Refused
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import Money
from socialshop.kernel.time import exact_text, parse_instant
from socialshop.payments.errors import NoticeMalformed
from socialshop.payments.rules import (
    DisputeStatus,
    Movement,
    MovementKind,
    Outcome,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    Status,
)
from socialshop.payments.signatures import api_token, verified_id

TIMEOUT_SECONDS = 3
_LONGEST_ANSWER = 1_000_000
_LONGEST_NAME = 200
# The sandbox's words for what a hold and a capture alone bring about; of a refund it says which by being asked.
_STEPS = {"payment.authorized": Status.AUTHORIZED, "payment.captured": Status.CAPTURED}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a verified webhook is about; the state itself is fetched."""

    event_id: str
    kind: str
    ref: str


class PaymentGateway(Protocol):
    """A payment provider. Raises Refused or OutcomeUnknown, from every call but `read_notice`."""

    @property
    def name(self) -> str:
        """As it stands in accounts and addresses: `sandbox`."""

    @property
    def capture_mode(self) -> Literal["manual", "automatic"]:
        """`manual`: paying holds the money, a capture takes it. `automatic`: paying takes it."""

    @property
    def hands_over(self) -> bool:
        """Whether buyers pay at the provider itself, by a secret that each payment tells (`hand_over`)."""

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
        """Make the provider's object if there is none, and have the buyer pay it.

        With `keep` the buyer agrees that the shop charges again later: the answer names the mandate. `card` is what a
        sandbox's buyer says to pay with; a provider that asks its buyers itself passes over it. `ref` is the
        provider's object, where an earlier try has made it.
        """

    def charge(
        self, key: str, reference: uuid.UUID, amount: Money, mandate: str, *, ref: str | None = None
    ) -> ProviderPayment:
        """Make the provider's object if there is none, and pay it by a mandate, the buyer being away.

        A declined charge is a failed payment, no refusal; a mandate that is not known or over is refused.
        """

    def capture(self, key: str, ref: str, amount_minor: int) -> ProviderPayment:
        """Take `amount_minor` of the held money."""

    def release(self, key: str, ref: str) -> ProviderPayment:
        """Give the hold back."""

    def refund(self, key: str, ref: str, refund_id: uuid.UUID, amount_minor: int) -> ProviderPayment:
        """Give `amount_minor` of the captured money back."""

    def end_mandate(self, key: str, ref: str) -> ProviderPayment:
        """Take back the leave to charge again that this payment gave: it pays no charge from now on."""

    def fetch(self, ref: str) -> ProviderPayment | None:
        """How the payment stands; None if the provider does not know it."""

    def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        """All money that moved from `since` on and before `until`, by the provider's own records."""

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """What a webhook says. Raises WebhookRefused for a bad or stale signature, NoticeMalformed for nonsense."""

    def step_of(self, kind: str) -> Status | None:
        """The step that a notice of this kind tells of, if it tells of nothing else; without an answer it is asked."""


Gateways = Mapping[str, PaymentGateway]


def chosen() -> str:
    """The provider that new payments go to."""
    return wired.settings().payment_provider


def gateways() -> Gateways:
    """The providers of the app at hand."""
    found: Gateways = wired.part("payment_gateways")
    return found


class SandboxGateway:
    """The sandbox provider over HTTP (payments/sandbox)."""

    name = "sandbox"
    capture_mode: Literal["manual", "automatic"] = "manual"
    hands_over = False

    def __init__(self, url: str, secret: str) -> None:
        self._address = urlsplit(url)
        self._secret = secret

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
        body = {"outcome": outcome.value, **({"keep": True} if keep else {}), **({"card": card} if card else {})}
        return self._command(f"/payments/{quote(self._make(reference, amount))}/pay", key, body)

    def charge(
        self, key: str, reference: uuid.UUID, amount: Money, mandate: str, *, ref: str | None = None
    ) -> ProviderPayment:
        return self._command(f"/payments/{quote(self._make(reference, amount))}/charge", key, {"mandate": mandate})

    def capture(self, key: str, ref: str, amount_minor: int) -> ProviderPayment:
        return self._command(f"/payments/{quote(ref)}/capture", key, {"amount_minor": amount_minor})

    def release(self, key: str, ref: str) -> ProviderPayment:
        return self._command(f"/payments/{quote(ref)}/release", key, {})

    def refund(self, key: str, ref: str, refund_id: uuid.UUID, amount_minor: int) -> ProviderPayment:
        body = {"reference": str(refund_id), "amount_minor": amount_minor}
        return self._command(f"/payments/{quote(ref)}/refunds", key, body)

    def end_mandate(self, key: str, ref: str) -> ProviderPayment:
        return self._command(f"/payments/{quote(ref)}/end-mandate", key, {})

    def fetch(self, ref: str) -> ProviderPayment | None:
        status, answer = self._ask("GET", f"/payments/{quote(ref, safe='')}", {}, None)
        if status == http.client.NOT_FOUND:
            return None
        return self._payment(status, answer)

    def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        found: list[Movement] = []
        skip: int | None = 0
        while skip is not None:
            said = urlencode({"since": exact_text(since), "until": exact_text(until), "skip": skip})
            status, answer = self._ask("GET", f"/movements?{said}", {}, None)
            if status != http.client.OK:
                raise OutcomeUnknown(f"the provider answered {status}")
            try:
                found += [_movement(one) for one in answer["data"]]
                skip = answer["next"]
            except (TypeError, KeyError, ValueError, InvalidValue) as error:
                raise OutcomeUnknown("the provider's records are not understood") from error
        return found

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        event_id = verified_id(self._secret, headers, body, now)
        try:
            said = json.loads(body)
            kind, ref = said["type"], said["payment"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise NoticeMalformed("the notice names no type and payment") from None
        if not (_is_name(kind) and _is_name(ref)):
            raise NoticeMalformed("the notice names no type and payment")
        return Notice(event_id, kind, ref)

    def step_of(self, kind: str) -> Status | None:
        return _STEPS.get(kind)

    def _make(self, reference: uuid.UUID, amount: Money) -> str:
        """The provider's name of the object; made once, whoever pays it."""
        body = {"reference": str(reference), "amount_minor": amount.amount_minor, "currency": amount.currency}
        return self._command("/payments", f"create:{reference}", body).ref

    def _command(self, path: str, key: str, body: Mapping[str, object]) -> ProviderPayment:
        return self._payment(*self._ask("POST", path, {"Idempotency-Key": key}, body))

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object] | None
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=TIMEOUT_SECONDS
        )
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {"Authorization": f"Bearer {api_token(self._secret)}", "Content-Type": "application/json", **headers},
            )
            response = connection.getresponse()
            return response.status, json.loads(response.read(_LONGEST_ANSWER))
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Even a refused connection proves nothing about the attempt before it.
            raise OutcomeUnknown(f"no answer to {method}: {type(error).__name__}") from error
        finally:
            connection.close()

    def _payment(self, status: int, answer: Any) -> ProviderPayment:
        if status >= http.client.INTERNAL_SERVER_ERROR or status in (
            http.client.REQUEST_TIMEOUT,
            http.client.TOO_MANY_REQUESTS,
        ):
            raise OutcomeUnknown(f"the provider answered {status}")
        if status >= http.client.BAD_REQUEST:
            _refuse(status, answer)
        try:
            return ProviderPayment(
                provider=self.name,
                ref=answer["id"],
                reference=uuid.UUID(answer["reference"]),
                status=Status(answer["status"]),
                amount_minor=answer["amount_minor"],
                currency=answer["currency"],
                captured_minor=answer["captured_minor"],
                refunds=tuple(ProviderRefund(r["reference"], r["amount_minor"]) for r in answer["refunds"]),
                attempt=answer["attempt"],
                mandate=answer["mandate"],
                capture_before=_instant(answer.get("capture_before")),
                instrument=answer.get("instrument"),
                disputes=tuple(_dispute(one) for one in answer.get("disputes", ())),
            )
        except (TypeError, KeyError, ValueError, InvalidValue) as error:
            raise OutcomeUnknown("the provider's answer is not understood") from error


def _refuse(status: int, answer: Any) -> NoReturn:
    code = answer.get("code") if isinstance(answer, dict) else None
    raise Refused(code if isinstance(code, str) else f"http_{status}")


def _instant(said: str | None) -> datetime | None:
    return None if said is None else parse_instant(said)


def _dispute(said: Any) -> ProviderDispute:
    return ProviderDispute(
        ref=said["id"],
        amount_minor=said["amount_minor"],
        reason=said["reason"],
        status=DisputeStatus(said["status"]),
        opened_at=parse_instant(said["opened_at"]),
        due_at=_instant(said["due_at"]),
    )


def _movement(said: Any) -> Movement:
    return Movement(
        ref=said["id"],
        kind=MovementKind(said["kind"]),
        payment_ref=said["payment"],
        item=said["item"],
        amount_minor=said["amount_minor"],
        currency=said["currency"],
        fee_minor=said["fee_minor"],
        fee_currency=said["currency"],
        at=parse_instant(said["at"]),
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isascii() and value.isprintable()
