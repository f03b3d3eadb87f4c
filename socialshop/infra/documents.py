"""What strict documents are made of: plans, programmes and whatever else is published as a version. Pure.

A document knows no unknown field and coerces no type; what it keeps is what PostgreSQL and UTF-8 can hold.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from socialshop.kernel.currencies import is_currency


class Document(BaseModel):
    """A document, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _storable(value: str) -> str:
    """PostgreSQL keeps no U+0000, and a lone surrogate is no text in UTF-8."""
    if any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in value):
        raise PydanticCustomError("text", "has a character that is no text (U+0000 or a lone surrogate)")
    return value


def _known_currency(value: str) -> str:
    if not is_currency(value):
        raise PydanticCustomError("unknown_currency", "is no ISO 4217 currency")
    return value


# Beside the length that a text may have: `Annotated[str, Field(max_length=60), STORABLE]`.
STORABLE = AfterValidator(_storable)
KnownCurrency = Annotated[str, AfterValidator(_known_currency)]
