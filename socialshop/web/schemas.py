"""Wire shapes that every room shares. JSON types are strict, nothing is coerced, an unknown field is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from socialshop.kernel.currencies import EXPONENTS, is_currency
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant, to_text


class Wire(BaseModel):
    """Base of every body and answer."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def with_example(example: dict[str, Any]) -> ConfigDict:
    """A model's configuration with the example that the OpenAPI document shows for it."""
    return ConfigDict(json_schema_extra={"examples": [example]})


def absent() -> Any:
    """The default of a field that may be absent but never null: it stands for absence and is not in the schema."""
    return Field(default="", json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class Nothing(Wire):
    """No field at all: the body or query of an operation that takes none."""


Instant = Annotated[
    datetime, PlainSerializer(to_text, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""RFC 3339, UTC."""


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_instant(value)
    except InvalidValue as error:
        raise ValueError(error.detail) from None


GivenInstant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant in a body, RFC 3339 with its offset; a text that is none is refused in the words of `parse_instant`."""


def _known(currency: str) -> str:
    if not is_currency(currency):
        raise ValueError("not the code of an ISO 4217 currency")
    return currency


Currency = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": sorted(EXPONENTS)})]
"""ISO 4217."""


class MoneyWire(Wire):
    """Whole minor units of an ISO 4217 currency."""

    model_config = with_example({"amount_minor": 1990, "currency": "CNY"})

    amount_minor: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> MoneyWire:
        """The wire form of an amount."""
        return cls(amount_minor=money.amount_minor, currency=money.currency)
