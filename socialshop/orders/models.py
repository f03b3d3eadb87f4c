"""Tables of orders."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from socialshop.infra.db import Base


class Order(Base):
    """A purchase. Buyer and host are member numbers: what is known of the person stands elsewhere."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("external_id"),
        CheckConstraint("source IN ('import')", name="source"),
        CheckConstraint("status IN ('received')", name="status"),
        CheckConstraint("total_minor BETWEEN 0 AND 1000000000000", name="total_minor"),
        CheckConstraint("received_at >= ordered_at", name="received_at"),
        Index("ix_orders_buyer_ordered_at", "buyer", "ordered_at"),
        Index("ix_orders_currency_ordered_at", "currency", "ordered_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    external_id: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    buyer: Mapped[int] = mapped_column(BigInteger, ForeignKey("members.number"))
    host: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("members.number"))
    status: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    total_minor: Mapped[int] = mapped_column(BigInteger)
    ordered_at: Mapped[datetime]
    received_at: Mapped[datetime | None]


class OrderLine(Base):
    """One line of an order: `quantity` units for `amount_minor` in all."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "line"),
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("amount_minor BETWEEN 0 AND 1000000000000", name="amount_minor"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id"))
    line: Mapped[int] = mapped_column(SmallInteger)
    quantity: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
