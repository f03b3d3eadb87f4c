"""Statements on the address book, and on the copies that orders keep of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.orders.rules import Address

_COLUMNS = "recipient, phone, region, street, postcode"


class AddressRow(NamedTuple):
    """An entry of a member's book."""

    id: uuid.UUID
    is_default: bool
    address: Address


def book(session: Session, member: int) -> list[AddressRow]:
    """The member's addresses: the default first, then the newest."""
    rows = session.execute(
        text(
            f"SELECT id, is_default, {_COLUMNS} FROM member_addresses"  # noqa: S608 - a constant
            " WHERE member = :member ORDER BY is_default DESC, id DESC"
        ),
        {"member": member},
    )
    return [AddressRow(row[0], row[1], Address(*row[2:])) for row in rows]


def lock_book(session: Session, member: int) -> int:
    """How many addresses the member has; whoever changes the same book waits until this transaction ends."""
    session.execute(text("SELECT FROM members WHERE number = :member FOR NO KEY UPDATE"), {"member": member})
    found = session.execute(text("SELECT count(*) FROM member_addresses WHERE member = :member"), {"member": member})
    return int(found.scalar_one())


def clear_default(session: Session, member: int) -> None:
    """No address of the member's is the default."""
    session.execute(
        text("UPDATE member_addresses SET is_default = false WHERE member = :member AND is_default"),
        {"member": member},
    )


def add(session: Session, row: AddressRow, member: int, now: datetime) -> None:
    """Append an address."""
    session.execute(
        text(
            f"INSERT INTO member_addresses (id, member, is_default, created_at, {_COLUMNS})"  # noqa: S608
            " VALUES (:id, :member, :is_default, :now, :recipient, :phone, :region, :street, :postcode)"
        ),
        {"id": row.id, "member": member, "is_default": row.is_default, "now": now, **row.address._asdict()},
    )


def change(session: Session, row: AddressRow, member: int) -> bool:
    """Put this in place of the member's address of the same id; False if the member has none."""
    done = session.execute(
        text(
            "UPDATE member_addresses SET is_default = :is_default, recipient = :recipient, phone = :phone,"
            " region = :region, street = :street, postcode = :postcode"
            " WHERE id = :id AND member = :member RETURNING 1"
        ),
        {"id": row.id, "member": member, "is_default": row.is_default, **row.address._asdict()},
    )
    return done.one_or_none() is not None


def remove(session: Session, member: int, address_id: uuid.UUID) -> bool:
    """Take an address of the member's away; False if the member has none of this id."""
    gone = session.execute(
        text("DELETE FROM member_addresses WHERE id = :id AND member = :member RETURNING 1"),
        {"id": address_id, "member": member},
    )
    return gone.one_or_none() is not None


def send_to(session: Session, buyer: int, order_id: uuid.UUID, address_id: uuid.UUID, now: datetime) -> bool:
    """Copy the buyer's address into the buyer's order that has not left yet; False where one of it does not hold.

    The order's row is held: a shipment that is noted meanwhile waits, or is seen.
    """
    done = session.execute(
        text(
            f"""
            WITH waiting AS (
                SELECT id FROM orders WHERE id = :order AND buyer = :buyer
                    AND status IN ('awaiting_payment', 'paid', 'confirmed') FOR NO KEY UPDATE
            )
            INSERT INTO order_addresses (order_id, chosen_at, {_COLUMNS})
            SELECT w.id, :now, {_COLUMNS} FROM waiting w CROSS JOIN member_addresses a
            WHERE a.id = :address AND a.member = :buyer
            ON CONFLICT (order_id) DO UPDATE SET chosen_at = excluded.chosen_at, recipient = excluded.recipient,
                phone = excluded.phone, region = excluded.region, street = excluded.street,
                postcode = excluded.postcode
            RETURNING 1
            """  # noqa: S608 - a constant of this module
        ),
        {"order": order_id, "buyer": buyer, "address": address_id, "now": now},
    )
    return done.one_or_none() is not None


def of_order(session: Session, order_id: uuid.UUID) -> Address | None:
    """Where the order goes; None where no address was chosen, or its person has left."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM order_addresses WHERE order_id = :id"),  # noqa: S608 - a constant
        {"id": order_id},
    ).one_or_none()
    return Address(*row) if row else None
