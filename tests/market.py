"""A market: products with a deal each, and people who bought some of them; what is recommended follows from it."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask
from payment_shop import rows
from sqlalchemy import text
from web_client import Person, sign_up

from socialshop.deals import service as deals
from socialshop.deals.service import NewDeal, NewProduct, NewSku
from socialshop.identity import service as identity
from socialshop.identity.service import Document
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.languages import Language
from socialshop.recommendations import service

ZONE = "Asia/Shanghai"
DAY = timedelta(days=1)


@dataclass
class Market:
    """Products with a deal each, and people who bought some of them."""

    app: Flask
    clock: ManualClock
    skus: dict[str, uuid.UUID] = field(default_factory=dict)
    deals: dict[str, uuid.UUID] = field(default_factory=dict)

    def offer(self, *titles: str, price: int = 1_000, begun: timedelta = 30 * DAY, **terms: object) -> None:
        """A deal for each, that began so long ago: by itself it is not new."""
        opener = rows("SELECT min(number) FROM members")[0][0]
        for title in titles:
            with unit_of_work(self.clock) as uow:
                product = deals.add_product(
                    uow,
                    uuid.uuid4(),
                    NewProduct(title, "", 7, [NewSku(secrets.token_hex(4), "a", price * 2, 9)]),
                    "CNY",
                )
                self.skus[title] = product.skus[0].id
                new = NewDeal(
                    sku_id=self.skus[title],
                    title=title,
                    group_size=2,
                    price_minor=price,
                    room_ttl=timedelta(hours=1),
                    seat_hold=timedelta(minutes=5),
                    starts_at=uow.now - begun,
                    **terms,  # type: ignore[arg-type]
                )
                self.deals[title] = deals.open_deal(uow, uuid.uuid4(), opener, new).id

    def buy(
        self, people: Iterable[Person], titles: Sequence[str], *, ago: timedelta = 40 * DAY, price: int = 1_000
    ) -> None:
        """Each of them bought each, so long ago."""
        for person in people:
            for title in titles:
                self._order(number(person), title, self.clock.now() - ago, price, None)

    def fill(self, people: Sequence[Person], title: str, *, ago: timedelta) -> None:
        """They filled a room of it."""
        at, room = self.clock.now() - ago, uuid.uuid4()
        numbers = [number(person) for person in people]
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text(
                    "INSERT INTO rooms (id, deal_id, sku_id, title, price_minor, currency, return_days,"
                    " seat_hold_seconds, host, status, size, seats_taken, seats_paid, opened_at, expires_at, closed_at)"
                    " VALUES (:id, :deal, :sku, :title, 1000, 'CNY', 7, 300, :host, 'filled', :size, :size, :size, :at,"
                    " :until, :at)"
                ),
                {
                    "id": room,
                    "deal": self.deals[title],
                    "sku": self.skus[title],
                    "title": title,
                    "host": numbers[0],
                    "size": len(people),
                    "at": at,
                    "until": at + DAY,
                },
            )
        for buyer in numbers:
            order = self._order(buyer, title, at, 1_000, room)
            with unit_of_work(self.clock) as uow:
                uow.session.execute(
                    text(
                        "INSERT INTO seats (id, room_id, member, order_id, quantity, status, claimed_at, hold_until,"
                        " payment_id, paid_at) VALUES (:id, :room, :member, :order, 1, 'confirmed', :at, :at, :id, :at)"
                    ),
                    {"id": uuid.uuid4(), "room": room, "member": buyer, "order": order, "at": at},
                )

    def _order(self, buyer: int, title: str, at: datetime, price: int, room: uuid.UUID | None) -> uuid.UUID:
        order = uuid.uuid4()
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text(
                    "INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at,"
                    " received_at, room_id, return_days) VALUES (:id, :source, :buyer, '{}', 'received', 'CNY', :price,"
                    " :at, :at, :room, :days)"
                ),
                {
                    "id": order,
                    "source": "room" if room else "import",
                    "buyer": buyer,
                    "price": price,
                    "at": at,
                    "room": room,
                    "days": 7 if room else None,
                },
            )
            uow.session.execute(
                text(
                    "INSERT INTO order_lines (id, order_id, line, quantity, amount_minor, sku_id, title)"
                    " VALUES (gen_random_uuid(), :order, 1, 1, :price, :sku, :title)"
                ),
                {"order": order, "price": price, "sku": self.skus[title], "title": title},
            )
        return order

    def night(self) -> int:
        """The day's run; returns how many steps it took."""
        steps = 1
        while in_unit_of_work(lambda uow: service.compute_due(uow, ZONE, span=4), self.clock):
            steps += 1
        return steps

    def shown(self, person: Person, language: Language = "en") -> list[tuple[str, str]]:
        """What a member is shown: titles and reasons."""
        member = number(person)
        with unit_of_work(self.clock) as uow:
            found = service.recommend(uow, member, language)
        return [(one.deal.title, one.reason.value) for one in found.deals]

    def said(self, person: Person, title: str, language: Language = "en") -> str:
        member = number(person)
        with unit_of_work(self.clock) as uow:
            found = service.recommend(uow, member, language)
        return next(one.because for one in found.deals if one.deal.title == title)

    def switch(self, person: Person, *, on: bool) -> None:
        with unit_of_work(self.clock) as uow:
            identity.decide_consent(uow, person.card.member_id, Document.PERSONALISATION, given=on)
        self.clock.advance(timedelta(seconds=1))


def number(person: Person) -> int:
    return int(rows("SELECT number FROM members WHERE id = :id", id=person.card.member_id)[0][0])


def willing(app: Flask, count: int) -> list[Person]:
    """Members who accepted the terms, signed in."""
    people = [sign_up(app) for _ in range(count)]
    for person in people:
        with unit_of_work() as uow:
            identity.decide_consent(uow, person.card.member_id, Document.TERMS, given=True)
    return people
