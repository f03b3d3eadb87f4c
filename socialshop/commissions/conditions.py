"""When a leg of a plan pays: what it asks of the sale and of who would earn, and who counts as active. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from socialshop.infra.documents import STORABLE, Document
from socialshop.kernel.errors import DomainError, InvalidValue
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.time import parse_instant, to_text

# As many uplines as an order keeps.
MOST_UPLINES = 8
_MOST_NAMED = 100
_MOST_DAYS = 3650


def _id_of(prefix: str) -> AfterValidator:
    def known(value: str) -> str:
        try:
            return to_public(prefix, from_public(prefix, value))
        except DomainError:
            raise PydanticCustomError(
                "public_id", f"should be an id such as {prefix}_01k9w3q2mxe5tb6v8c4yd7r1hz"
            ) from None

    return AfterValidator(known)


def _instant(value: str) -> str:
    try:
        return to_text(parse_instant(value))
    except InvalidValue:
        raise PydanticCustomError("instant", "should be an instant such as 2026-01-31T12:00:00Z") from None


_Instant = Annotated[str, AfterValidator(_instant)]
_Tier = Annotated[str, Field(min_length=1, max_length=64), STORABLE]
_Several = Field(min_length=1, max_length=_MOST_NAMED, strict=False)


class When(Document):
    """Conditions; all that are said must hold. Of a list one must.

    `products`, `deals`: what was sold, and in a room of which deal. `channels`: the channel of the invite link that
    brought the sale. `buyer_tiers`, `tiers`: the tier at the sale of the buyer, and of who would earn. `first_order`:
    the buyer's first. `sold_from` and `sold_until`: the sale was made from then on, and before then.
    """

    products: Annotated[tuple[Annotated[str, _id_of("prd")], ...], _Several] | None = None
    deals: Annotated[tuple[Annotated[str, _id_of("deal")], ...], _Several] | None = None
    channels: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=40), STORABLE], ...], _Several] | None = (
        None
    )
    buyer_tiers: Annotated[tuple[_Tier, ...], _Several] | None = None
    tiers: Annotated[tuple[_Tier, ...], _Several] | None = None
    first_order: Literal[True] | None = None
    sold_from: _Instant | None = None
    sold_until: _Instant | None = None

    @model_validator(mode="after")
    def _says_something(self) -> When:
        if not self.model_dump(exclude_none=True):
            raise PydanticCustomError("no_condition", "says no condition")
        if self.sold_from and self.sold_until and parse_instant(self.sold_until) <= parse_instant(self.sold_from):
            raise PydanticCustomError("span", "ends before it begins")
        return self


class Activity(Document):
    """Which uplines earn: those who bought something within `within_days` before the sale.

    Of one who did not, `forfeit`: the share stays with the shop; `pass_up`: whoever is inactive is passed over before
    levels are counted, so that level n is the n-th active upline, looked for up to `reach` levels above the buyer.
    """

    within_days: Annotated[int, Field(ge=1, le=_MOST_DAYS)]
    inactive: Literal["forfeit", "pass_up"]
    reach: Annotated[int, Field(ge=1, le=MOST_UPLINES)] | None = None

    @model_validator(mode="after")
    def _reach_where_it_is_looked(self) -> Activity:
        if (self.inactive == "pass_up") != (self.reach is not None):
            raise PydanticCustomError("reach", "needs reach for pass_up, and not for forfeit")
        return self
