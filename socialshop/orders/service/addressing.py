"""Where goods go: a member's own address book, and the address that an order was given. An order may have none."""

from __future__ import annotations

import uuid

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id
from socialshop.orders import rules
from socialshop.orders.errors import AddressBookFull, OrderHasLeft
from socialshop.orders.rules import Address
from socialshop.orders.service.reading import order
from socialshop.orders.store import addresses as store
from socialshop.orders.store.addresses import AddressRow
from socialshop.screening import service as screening


def addresses_of(uow: UnitOfWork, member: int) -> list[AddressRow]:
    """The member's addresses: the default first, then the newest. One statement."""
    return store.book(uow.session, member)


def add_address(uow: UnitOfWork, member: int, address: Address, *, default: bool) -> AddressRow:
    """Append an address; the first is the default whatever is said. Raises InvalidValue, AddressBookFull."""
    kept = rules.checked_address(address)
    known = store.lock_book(uow.session, member)
    if known >= rules.MOST_ADDRESSES:
        raise AddressBookFull("an address book has 20 entries at most")
    row = AddressRow(new_id(), default or not known, kept)
    if row.is_default:
        store.clear_default(uow.session, member)
    store.add(uow.session, row, member, uow.now)
    _mark(uow, member, kept)
    return row


def change_address(
    uow: UnitOfWork, member: int, address_id: uuid.UUID, address: Address, *, default: bool
) -> AddressRow:
    """Put an address in place of one's own; orders keep what they have. Raises InvalidValue, NotFound."""
    row = AddressRow(address_id, default, rules.checked_address(address))
    store.lock_book(uow.session, member)
    if default:
        store.clear_default(uow.session, member)
    if not store.change(uow.session, row, member):
        raise NotFound("no such address")
    _mark(uow, member, row.address)
    return row


def remove_address(uow: UnitOfWork, member: int, address_id: uuid.UUID) -> None:
    """Take an address out of one's own book; orders keep what they have. Raises NotFound, also for another's."""
    if not store.remove(uow.session, member, address_id):
        raise NotFound("no such address")


def send_to(uow: UnitOfWork, buyer: int, order_id: uuid.UUID, address_id: uuid.UUID) -> Address:
    """Give the buyer's order the buyer's address, in place of another, until it leaves.

    Raises NotFound for another's order or address, OrderHasLeft.
    """
    if not store.send_to(uow.session, buyer, order_id, address_id, uow.now):
        order(uow, order_id, buyer)
        if address_id not in {row.id for row in store.book(uow.session, buyer)}:
            raise NotFound("no such address")
        raise OrderHasLeft("the goods are on their way, or will never be")
    found = store.of_order(uow.session, order_id)
    if found is None:
        raise LookupError("an address that was just copied is there")
    return found


def address_of(uow: UnitOfWork, order_id: uuid.UUID, buyer: int | None) -> Address | None:
    """Where an order goes, the buyer's own or (None) anybody's; None where nobody said. Raises NotFound."""
    order(uow, order_id, buyer)
    return store.of_order(uow.session, order_id)


def _mark(uow: UnitOfWork, member: int, address: Address) -> None:
    """Who else has goods sent there, or is called there, may be one hand: the place and the phone, without the name."""
    place = (address.region, address.street, address.postcode)
    screening.note_signals(uow, member, phone=address.phone, address=place)
