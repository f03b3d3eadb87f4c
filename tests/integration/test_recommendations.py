"""Deals for a member: exact small worlds, the sentence of each reason, the switch, and what nobody must be shown."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import statements
from sqlalchemy import text
from test_benefits import stand
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
                    uow, uuid.uuid4(), NewProduct(title, "", 7, [NewSku("a", "a", price * 2, 9)]), "CNY"
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


@pytest.fixture
def market(app: Flask) -> Market:
    clock = ManualClock(datetime.now(UTC) + timedelta(minutes=1))
    sign_up(app)
    return Market(app, clock)


def test_what_five_people_have_together_is_shown_to_who_has_one_of_both(market: Market) -> None:
    market.offer("Tea", "Cup", "Rug")
    *five, lin, chen = willing(market.app, 7)
    market.buy([*five, lin], ["Tea"])
    market.buy(five, ["Cup"])
    market.buy(five[:4], ["Rug"])
    assert market.night() > 1
    assert market.shown(lin) == [("Cup", "bought_together"), ("Rug", "price_band")]
    assert market.said(lin, "Cup") == "Because you bought “Tea”: 5 people have both."
    assert market.said(lin, "Cup", "zh") == "因为您买过「Tea」：有 5 人两样都买了。"
    # Four people are too few to say anything, and nobody is told of what they bought themselves.
    assert rows("SELECT people FROM product_pairs") == [(5,), (5,)]
    assert market.shown(five[0]) == []
    assert market.shown(chen) == []
    assert market.night() == 1


def test_what_three_people_bought_whom_one_shared_a_room_with(market: Market) -> None:
    market.offer("Tea", "Cup", "Rug")
    lin, *friends = willing(market.app, 5)
    market.fill([lin, *friends], "Tea", ago=60 * DAY)
    market.buy(friends[:3], ["Cup"], price=90_000)
    market.buy(friends[:2], ["Rug"], price=90_000)
    market.night()
    assert market.shown(lin)[0] == ("Cup", "room_friends")
    assert market.said(lin, "Cup") == "Because 3 people whom you bought together with have it."
    market.switch(friends[0], on=False)
    market.clock.advance(DAY)
    market.night()
    assert "room_friends" not in {reason for _, reason in market.shown(lin)}


def test_a_newcomer_is_shown_what_fills_then_what_many_buy_then_what_is_new(market: Market) -> None:
    market.offer("Old")
    market.offer("New", begun=DAY)
    market.offer("Tea", "Cup", "Rug")
    *five, lin = willing(market.app, 6)
    market.fill(five[:2], "Tea", ago=50 * DAY)
    market.buy(five, ["Cup"], ago=5 * DAY)
    market.buy(five[:4], ["Rug"], ago=5 * DAY)
    market.night()
    assert market.shown(lin) == [("Tea", "most_filled"), ("Cup", "popular"), ("New", "new")]
    assert market.said(lin, "Cup") == "Because 5 people bought it in the last four weeks."
    assert market.said(lin, "Tea", "zh") == "因为它容易成团：近期已成 1 团。"


def test_who_was_away_for_long_is_shown_what_is_new_since_then(market: Market) -> None:
    market.offer("Tea", begun=200 * DAY)
    market.offer("Cup", begun=40 * DAY)
    market.offer("Rug", begun=120 * DAY, price=1_500)
    (lin,) = willing(market.app, 1)
    market.buy([lin], ["Tea"], ago=89 * DAY)
    assert market.shown(lin) == [("Cup", "price_band"), ("Rug", "price_band")]
    market.clock.advance(2 * DAY)
    assert market.shown(lin) == [("Cup", "new_since"), ("Rug", "price_band")]


def test_withdrawn_consent_shows_what_everybody_sees_and_counts_for_nobody(market: Market) -> None:
    market.offer("Tea", "Cup")
    *five, lin = willing(market.app, 6)
    market.buy([*five, lin], ["Tea"])
    market.buy(five, ["Cup"], ago=5 * DAY)
    market.night()
    assert market.shown(lin) == [("Cup", "bought_together")]
    market.switch(lin, on=False)
    assert market.shown(lin) == [("Cup", "popular")]
    market.switch(lin, on=True)
    market.switch(five[0], on=False)
    market.clock.advance(DAY)
    market.night()
    assert rows("SELECT count(*) FROM product_pairs") == [(0,)]


def test_nobody_is_shown_what_they_cannot_buy(market: Market) -> None:
    (lin, gold) = willing(market.app, 2)
    fresh = {"begun": DAY}
    market.offer("Open", "Paused", "Ended", "Gone", "Full", "Draft", **fresh)  # type: ignore[arg-type]
    market.offer("Later", begun=-DAY)
    market.offer("Gold", minimum_tier="gold", **fresh)  # type: ignore[arg-type]
    golden = number(gold)
    with unit_of_work(market.clock) as uow:
        stand(uow, golden, "gold")
        for statement in (
            "UPDATE deals SET paused_at = starts_at WHERE title = 'Paused'",
            "UPDATE deals SET ended_at = starts_at WHERE title = 'Ended'",
            "UPDATE skus SET stock = 0 WHERE id = (SELECT sku_id FROM deals WHERE title = 'Gone')",
            "UPDATE deals SET quota = 1, taken = 1 WHERE title = 'Full'",
            "UPDATE deals SET draft = true WHERE title = 'Draft'",
        ):
            uow.session.execute(text(statement))
    assert market.shown(lin) == [("Open", "new")]
    assert market.shown(gold) == [("Gold", "tier"), ("Open", "new")]


def test_a_read_is_five_statements_whatever_there_is(market: Market) -> None:
    lin = number(*willing(market.app, 1))
    for count in (1, 9):
        market.offer(*(f"{count}-{turn}" for turn in range(count)), begun=DAY)
        with unit_of_work(market.clock) as uow, statements() as seen:
            found = service.recommend(uow, lin, "en")
        assert len(seen) == 5
    assert len(found.deals) == 10


def test_over_http_and_erased_with_the_person(market: Market) -> None:
    market.offer("Tea", "Cup")
    *five, lin = willing(market.app, 6)
    market.buy([*five, lin], ["Tea"])
    market.buy(five, ["Cup"])
    market.night()
    answer = lin.call("GET", "/me/recommendations?limit=1", headers={"Accept-Language": "zh"}).get_json()
    assert answer["segment"] == "regular"
    assert [(one["deal"]["title"], one["reason"]) for one in answer["data"]] == [("Cup", "bought_together")]
    assert answer["data"][0]["because"].startswith("因为您买过")
    assert lin.call("GET", "/me/recommendations?limit=21").status_code == 422
    assert rows("SELECT count(*) FROM suggestions WHERE member = :m", m=number(lin)) == [(1,)]
    assert lin.call("DELETE", "/me").status_code in (200, 204)
    market.clock.advance(DAY)
    market.night()
    assert rows("SELECT count(*) FROM suggestions WHERE member = :m", m=number(lin)) == [(0,)]
