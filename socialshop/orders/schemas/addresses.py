"""Wire shapes of addresses, which stand apart from orders."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.orders.service import ADDRESS_PARTS, Address, AddressRow
from socialshop.web.schemas import Wire, with_example

ADDRESS_PREFIX = "adr"
_ADDRESS = {
    "recipient": "林小满",
    "phone": "+86 138 0000 0000",
    "region": "上海市 徐汇区",
    "street": "漕溪北路 1 号 2 室",
    "postcode": "200030",
}
_ENTRY = {"id": "adr_01k9w3q2mxe5tb6v8c4yd7r1hz", "is_default": True, **_ADDRESS}


class AddressWire(Wire):
    """Where goods go; `region` is province, city and district, `street` the rest."""

    model_config = with_example(_ADDRESS)

    recipient: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_PARTS["recipient"])]
    phone: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_PARTS["phone"])]
    region: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_PARTS["region"])]
    street: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_PARTS["street"])]
    postcode: Annotated[str, StringConstraints(max_length=ADDRESS_PARTS["postcode"])] = ""

    @classmethod
    def of(cls, address: Address) -> AddressWire:
        """The wire form of an address."""
        return cls(**address._asdict())


class AddressEdit(AddressWire):
    """An address for your book; `is_default`: the one that is proposed first."""

    model_config = with_example({"is_default": True, **_ADDRESS})

    is_default: bool = False

    def address(self) -> Address:
        """The address as orders have it."""
        return Address(self.recipient, self.phone, self.region, self.street, self.postcode)


class AddressEntry(AddressWire):
    """An address of your book."""

    model_config = with_example(_ENTRY)

    id: str
    is_default: bool

    @classmethod
    def of_row(cls, row: AddressRow) -> AddressEntry:
        """The wire form of an entry."""
        return cls(id=to_public(ADDRESS_PREFIX, row.id), is_default=row.is_default, **row.address._asdict())


class AddressBook(Wire):
    """Your addresses: the default first, then the newest."""

    model_config = with_example({"data": [_ENTRY]})

    data: list[AddressEntry]


class AddressChoice(Wire):
    """The address of your book that an order is to go to."""

    model_config = with_example({"address_id": "adr_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    address_id: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class OrderAddress(Wire):
    """Where an order goes; null where nobody has said."""

    model_config = with_example({"address": _ADDRESS})

    address: AddressWire | None
