"""Wire shapes of payments."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from socialshop.kernel.ids import to_public
from socialshop.payments.service import PaymentView
from socialshop.web.schemas import MoneyWire, Wire

_PAYMENT: dict[str, Any] = {
    "id": "pay_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "created",
    "amount": {"amount_minor": 199000, "currency": "CNY"},
    "provider": "sandbox",
}


class PaymentWire(Wire):
    """A payment: paying holds the money (`authorized`), the filled room takes it (`captured`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PAYMENT]})

    id: str
    status: Literal["created", "failed", "authorized", "released", "captured", "refunded"]
    amount: MoneyWire
    provider: str

    @classmethod
    def of(cls, view: PaymentView) -> PaymentWire:
        """The wire form of a payment."""
        return cls(
            id=to_public("pay", view.id),
            status=view.status.value,
            amount=MoneyWire.of(view.amount),
            provider=view.provider,
        )


class HandOver(Wire):
    """By what a buyer's browser pays at the provider itself: both for the provider's own script."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"provider": "stripe", "publishable_key": "pk_live_1", "client_secret": "pi_1_secret_2"}]
        }
    )

    provider: str
    publishable_key: str | None
    client_secret: str | None = Field(description="null while it is being made, and once there is nothing to pay")


class SandboxPay(Wire):
    """How the sandbox shall play the buyer's payment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "succeeded"}]})

    outcome: Literal["succeeded", "failed", "timeout", "duplicate"]
    card: Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,39}$")] | None = Field(
        None, description="a name for what the buyer pays with: who names the same pays with the same card"
    )


class ProviderNotice(BaseModel):
    """A provider's own JSON object; its signature is checked over the bytes, and its content is never believed."""

    model_config = ConfigDict(
        extra="allow", frozen=True, json_schema_extra={"examples": [{"type": "payment.authorized", "payment": "sp_1"}]}
    )


class NoticeTaken(Wire):
    """The notice is stored, now or before."""

    status: Literal["stored", "known"]
