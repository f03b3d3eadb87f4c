"""A shop with a deal, members who join its rooms, and every book that must agree about them."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask
from payment_shop import PaymentShop, a_member, payment_shop, rows
from sqlalchemy import event

from socialshop.deals import service as deals
from socialshop.deals.service import NewDeal, NewProduct, NewSku
from socialshop.infra.db import db
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.ledger import service as ledger
from socialshop.payments.rules import Outcome
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined, RoomView

PRICE = 9900
HOUR = 3600


@dataclass(frozen=True)
class Member:
    """Somebody who buys: what a claim needs to know."""

    number: int


@dataclass(slots=True)
class RoomShop:
    """A payment shop that sells tea; `stock` is what there was at first."""

    pay_shop: PaymentShop
    sku_id: uuid.UUID = field(default_factory=uuid.uuid4)
    stock: int = 0

    @property
    def app(self) -> Flask:
        return self.pay_shop.app

    def stock_tea(self, stock: int = 1000, return_days: int = 7) -> None:
        new = NewProduct("Tea", "", return_days, [NewSku(secrets.token_hex(4), "box", PRICE + 1000, stock)])
        with unit_of_work(self.pay_shop.clock) as uow:
            self.sku_id = deals.add_product(uow, uuid.uuid4(), new, "CNY").skus[0].id
        self.stock = stock

    def deal(self, size: int = 2, *, ttl: int = HOUR, hold: int = 900, **terms: object) -> uuid.UUID:
        new = NewDeal(
            sku_id=self.sku_id,
            title="Tea for many",
            group_size=size,
            price_minor=PRICE,
            room_ttl=timedelta(seconds=ttl),
            seat_hold=timedelta(seconds=hold),
            **terms,  # type: ignore[arg-type]
        )
        with unit_of_work(self.pay_shop.clock) as uow:
            return deals.open_deal(uow, uuid.uuid4(), self.member(uow).number, new).id

    def member(self, uow: object = None) -> Member:
        if uow is not None:
            return Member(a_member(uow))
        with unit_of_work() as own:
            return Member(a_member(own))

    def open(self, deal_id: uuid.UUID, host: Member | None = None, quantity: int = 1) -> Joined:
        host = host or self.member()
        return in_unit_of_work(lambda uow: rooms.open_room(uow, host, deal_id, quantity), self.pay_shop.clock)

    def join(self, room_id: uuid.UUID, member: Member | None = None, quantity: int = 1) -> Joined:
        member = member or self.member()
        return in_unit_of_work(lambda uow: rooms.join(uow, member, room_id, quantity), self.pay_shop.clock)

    def leave(self, room_id: uuid.UUID, member: Member) -> None:
        in_unit_of_work(lambda uow: rooms.leave(uow, member, room_id), self.pay_shop.clock)

    def ask_back(self, member: Member, joined: Joined) -> None:
        in_unit_of_work(lambda uow: rooms.ask_back(uow, member, joined.order.id, "over"), self.pay_shop.clock)

    def pay(self, joined: Joined, outcome: Outcome = Outcome.SUCCEEDED) -> None:
        self.pay_shop.pay(joined.payment, outcome)

    def work(self) -> None:
        """Run what is due now, without waiting for anything."""
        self.pay_shop.work()

    def settle(self) -> None:
        """Let time pass until every outcome is known and followed."""
        self.pay_shop.settle()

    def tick(self, seconds: int = 0) -> None:
        """Let time pass, then do what the schedule does to rooms."""
        self.pay_shop.clock.advance(timedelta(seconds=seconds))
        while in_unit_of_work(rooms.release_lapsed_holds, self.pay_shop.clock):
            pass
        while in_unit_of_work(rooms.expire_due, self.pay_shop.clock):
            pass

    def view(self, room_id: uuid.UUID) -> RoomView:
        with unit_of_work() as uow:
            return rooms.view(uow, room_id)

    def seats(self, room_id: uuid.UUID) -> tuple[str, int, int]:
        """The room's status, seats taken and paid."""
        found = self.view(room_id)
        return str(found.status), found.seats_taken, found.seats_paid

    def order(self, joined: Joined) -> str:
        return str(rows("SELECT status FROM orders WHERE id = :id", id=joined.order.id)[0][0])

    def left(self) -> int:
        return int(rows("SELECT stock FROM skus WHERE id = :id", id=self.sku_id)[0][0])

    def balance(self, account: str) -> int:
        with unit_of_work() as uow:
            return ledger.balance(uow, account, "CNY")


@contextmanager
def room_shop(app: Flask, folder: Path) -> Iterator[RoomShop]:
    """A shop with 1,000 boxes of tea and a provider that answers at once."""
    with payment_shop(app, folder) as paying:
        shop = RoomShop(paying)
        shop.stock_tea()
        yield shop


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements of the block, without what opens and closes a transaction."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


# What is off in the rows: a room whose counters are not its seats, a seat whose order says otherwise, a member twice,
# stock that is neither on the shelf nor in a seat, money in escrow that no paid order explains.
_FAULTS = """
    SELECT 'counters', r.id::text FROM rooms r LEFT JOIN seats s
        ON s.room_id = r.id AND s.status IN ('held', 'paid', 'confirmed')
    GROUP BY r.id HAVING r.seats_taken <> count(s.id) OR r.seats_paid <> count(s.id) FILTER (WHERE s.status <> 'held')
        OR count(s.id) > r.size OR (r.status = 'filled' AND count(s.id) FILTER (WHERE s.status = 'held') > 0)
        OR (r.status = 'open' AND count(s.id) FILTER (WHERE s.status <> 'held') >= r.size)
    UNION ALL
    SELECT 'member twice', room_id::text FROM seats WHERE status IN ('held', 'paid', 'confirmed')
    GROUP BY room_id, member HAVING count(*) > 1
    UNION ALL
    SELECT 'host without a seat', r.id::text FROM rooms r WHERE r.status = 'open' AND NOT EXISTS (
        SELECT FROM seats s WHERE s.room_id = r.id AND s.member = r.host AND s.status IN ('held', 'paid'))
    UNION ALL
    SELECT 'order and seat', o.id::text FROM orders o JOIN seats s ON s.order_id = o.id
    WHERE (s.status, o.status) NOT IN (('held', 'awaiting_payment'), ('paid', 'paid'), ('confirmed', 'confirmed'),
        ('confirmed', 'shipped'), ('confirmed', 'received'), ('confirmed', 'completed'), ('confirmed', 'refunded'),
        ('released', 'cancelled'),
        ('released', 'paid'), ('refunded', 'refunded'))
    UNION ALL
    SELECT 'what was told of a seat', s.id::text FROM seats s WHERE
        (CASE s.status WHEN 'refunded' THEN 'released' ELSE s.status END) IS DISTINCT FROM (
            SELECT substr(e.kind, 6) FROM room_events e
            WHERE e.room_id = s.room_id AND e.member = s.member AND e.kind LIKE 'seat!_%' ESCAPE '!'
            ORDER BY e.id DESC LIMIT 1)
        AND NOT EXISTS (SELECT FROM seats later
            WHERE later.room_id = s.room_id AND later.member = s.member AND later.id > s.id)
    UNION ALL
    SELECT 'what was told of a room', r.id::text FROM rooms r WHERE array_remove(ARRAY[r.status], 'open') <> (
        SELECT coalesce(array_agg(e.kind ORDER BY e.id), '{}') FROM room_events e
        WHERE e.room_id = r.id AND e.member IS NULL AND e.kind <> 'deal_changed')
    UNION ALL
    SELECT 'what was told of the host', r.id::text FROM rooms r WHERE r.host <> coalesce(
        (SELECT e.member FROM room_events e WHERE e.room_id = r.id AND e.kind = 'host_changed'
            ORDER BY e.id DESC LIMIT 1),
        (SELECT e.member FROM room_events e WHERE e.room_id = r.id ORDER BY e.id LIMIT 1))
    UNION ALL
    SELECT 'order without seat', o.id::text FROM orders o WHERE o.source = 'room'
        AND NOT EXISTS (SELECT FROM seats s WHERE s.order_id = o.id)
    UNION ALL
    SELECT 'stock', k.id::text FROM skus k WHERE k.id = :sku AND k.stock + (
        SELECT coalesce(sum(s.quantity), 0) FROM seats s JOIN rooms r ON r.id = s.room_id
        WHERE coalesce(s.sku_id, r.sku_id) = k.id AND s.status IN ('held', 'paid', 'confirmed')
    ) <> CAST(:stock AS bigint) + (
        SELECT coalesce(sum(m.quantity), 0) FROM stock_moves m WHERE m.sku_id = k.id AND m.reason <> 'first')
    UNION ALL
    SELECT 'quota', d.id::text FROM deals d WHERE d.quota IS NOT NULL AND d.taken <> (
        SELECT coalesce(sum(s.quantity), 0) FROM seats s JOIN rooms r ON r.id = s.room_id
        WHERE r.deal_id = d.id AND s.status IN ('held', 'paid', 'confirmed'))
    UNION ALL
    SELECT 'net and taken', o.id::text FROM orders o JOIN payments p ON p.order_id = o.id
    WHERE o.status IN ('confirmed', 'shipped', 'received', 'completed')
        AND o.total_minor - o.refunded_minor <> p.captured_minor - p.refunded_minor
"""


def faults(shop: RoomShop) -> list[object]:
    """Where the rows disagree, and where the provider's books and the ledger do. None is the aim."""
    with unit_of_work() as uow:
        counters = deals.stock_differences(uow)
    return [*faults_in_rows(shop.sku_id, shop.stock), *counters, *shop.pay_shop.differences()]


def faults_in_rows(sku_id: uuid.UUID, stock: int) -> list[object]:
    """Where the shop's own rows disagree, whatever is under way; `stock` is what there was of the unit at first."""
    return rows(_FAULTS, stock=stock, sku=sku_id)


def unsettled(shop: RoomShop) -> list[object]:
    """Once every outcome is known: money that is held or taken for nobody, and buyers who wait for theirs."""
    found = rows(
        """
        SELECT o.id, o.status, p.status FROM orders o JOIN payments p ON p.order_id = o.id
        WHERE (o.status, p.status) NOT IN (('awaiting_payment', 'created'), ('awaiting_payment', 'failed'),
            ('paid', 'authorized'), ('cancelled', 'created'), ('cancelled', 'failed'), ('refunded', 'released'),
            ('confirmed', 'captured'), ('shipped', 'captured'), ('received', 'captured'), ('completed', 'captured'))
            -- A seat that the fill made free.
            AND NOT (o.status = 'confirmed' AND p.status = 'released' AND o.refunded_minor = o.total_minor)
        """
    )
    escrow = rows(
        "SELECT a.name FROM ledger_balances b JOIN ledger_accounts a ON a.id = b.account_id"
        " WHERE a.name LIKE 'room:%' AND b.amount_minor <> 0"
    )
    return [*found, *escrow]
