"""Real names, as their members and those who decide about them see them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.payouts.rules import LONGEST_HOLDER
from socialshop.payouts.schemas.review import Note as Reason
from socialshop.payouts.service import Payee
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, Wire, absent, with_example

PayeeStatus = Literal["checking", "verified", "mismatch", "unclear"]
Kind = Literal["person", "business"]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
_PAYEE = {
    "real_name": "林小满",
    "kind": "person",
    "country": "CN",
    "status": "verified",
    "changed_at": "2026-01-31T12:00:00Z",
}
_LISTED = {**_PAYEE, "status": "unclear", "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz", "member_name": "小满"}


class PayeeName(Wire):
    """Who is paid: the name as the account and papers have it; of the shop's country if none is given."""

    model_config = with_example({"real_name": "林小满", "kind": "person"})

    real_name: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_HOLDER)]
    kind: Kind = "person"
    country: Country = absent()


class PayeeWire(Wire):
    """By which name you are paid, and whether it is verified; nothing of it where no account was named yet."""

    model_config = with_example(_PAYEE)

    real_name: str | None
    kind: Kind | None
    country: str | None
    status: PayeeStatus | Literal["unnamed"]
    changed_at: Instant | None

    @classmethod
    def of(cls, payee: Payee | None) -> PayeeWire:
        """The wire form of a name."""
        if payee is None:
            return cls(real_name=None, kind=None, country=None, status="unnamed", changed_at=None)
        return cls.model_validate({name: getattr(payee, name) for name in cls.model_fields})


class ListedPayee(Wire):
    """A name, as those see it who decide."""

    model_config = with_example(_LISTED)

    member_id: str
    member_name: str | None
    real_name: str
    kind: Kind
    country: str | None
    status: PayeeStatus
    changed_at: Instant

    @classmethod
    def of_payee(cls, payee: Payee) -> ListedPayee:
        """The wire form of a name."""
        fields = {name: getattr(payee, name) for name in cls.model_fields}
        return cls.model_validate({**fields, "member_id": to_public("mbr", payee.member_id)})


class PayeePage(Page[ListedPayee]):
    """Names, whoever joined first first."""

    model_config = with_example({"data": [_LISTED], "next_cursor": None})


class PayeeQuery(PageQuery):
    """Which names: of any status if it is absent."""

    status: PayeeStatus = absent()


class PayeeDecision(Wire):
    """Whether the name is the member's, and how that is known."""

    model_config = with_example({"decision": "verified", "reason": "Seen the business licence."})

    decision: Literal["verified", "mismatch"]
    reason: Reason
