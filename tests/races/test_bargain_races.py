"""Many friends at one bargain, at one moment, and its owner twice at the till. What counts is what the rows say."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from payment_shop import rows
from room_shop import Member, RoomShop, faults_in_rows
from sqlalchemy import text

from socialshop.deals import service as deals
from socialshop.deals.service import NewBargain
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.rooms import chops
from socialshop.rooms import service as rooms
from socialshop.rooms.service import BargainView
from tests.at_once import at_once
from tests.races import test_room_races
from tests.races.test_room_races import CLIENTS, _members

# As many connections as clients: none of them waits for anything but the bargain.
shop = test_room_races.shop
START, FLOOR, CHOPS = 9_900, 900, 50


def _bargain(shop: RoomShop, chops_: int = CHOPS) -> tuple[Member, BargainView]:
    leader, starter = _members(shop, 2)
    new = NewBargain(shop.sku_id, "Chop", START, FLOOR, chops_, timedelta(hours=1))
    with unit_of_work(shop.pay_shop.clock) as uow:
        offer = deals.offer_bargain(uow, uuid.uuid4(), leader.number, new).deal.id
    with unit_of_work(shop.pay_shop.clock) as uow:
        return starter, rooms.start_bargain(uow, starter, offer)


def _naive_chop(friend: Member, bargain: BargainView, uow: UnitOfWork) -> None:
    """The planted fault: read what is left, then write it, with no lock in between."""
    row = uow.session.execute(text("SELECT * FROM bargains WHERE id = :id"), {"id": bargain.id}).one()
    amount = chops.chop_size(
        row.price_minor - row.floor_minor, row.chops - row.chops_made, chops.draw(row.seed, row.chops_made + 1)
    )
    uow.session.execute(
        text(
            "INSERT INTO bargain_chops (bargain_id, place, member, amount_minor, newcomer, at)"
            " SELECT :id, count(*) + 1 + :spread, :member, :amount, false, now() FROM bargain_chops"
        ),
        # Apart, so that the key of the place does not speak before the sum does.
        {"id": bargain.id, "member": friend.number, "amount": amount, "spread": friend.number * 100},
    )
    uow.session.execute(
        text("UPDATE bargains SET price_minor = :price, chops_made = :made WHERE id = :id"),
        {"id": bargain.id, "price": row.price_minor - amount, "made": row.chops_made + 1},
    )


def _books(bargain: BargainView) -> tuple[int, int, int, int]:
    """Price, chops counted, chops written, and what price and chops come to together: START where both agree."""
    return rows(  # type: ignore[no-any-return]
        "SELECT b.price_minor, b.chops_made, count(c.member), b.price_minor + sum(c.amount_minor)"
        " FROM bargains b JOIN bargain_chops c ON c.bargain_id = b.id WHERE b.id = :id GROUP BY b.id",
        id=bargain.id,
    )[0]


def test_64_friends_at_once_chop_exactly_to_the_floor(shop: RoomShop) -> None:
    _, bargain = _bargain(shop)
    works = [partial(_chop, friend, bargain) for friend in _members(shop, CLIENTS)]
    ended = at_once(shop.app, shop.pay_shop.clock, works)
    assert ended == Counter(done=CHOPS, bargain_over=CLIENTS - CHOPS)
    assert tuple(map(int, _books(bargain))) == (FLOOR, CHOPS, CHOPS, START)


def _chop(friend: Member, bargain: BargainView, uow: UnitOfWork) -> None:
    rooms.chop(uow, friend, bargain.id)


def test_the_same_friend_from_eight_phones_chops_once(shop: RoomShop) -> None:
    _, bargain = _bargain(shop)
    (friend,) = _members(shop, 1)
    ended = at_once(shop.app, shop.pay_shop.clock, [partial(_chop, friend, bargain)] * 8)
    assert ended == Counter(done=1, already_chopped=7)
    assert tuple(map(int, _books(bargain)))[1:3] == (1, 1)


def test_a_chop_without_the_lock_is_seen(shop: RoomShop) -> None:
    _, bargain = _bargain(shop)
    works = [partial(_naive_chop, friend, bargain) for friend in _members(shop, 16)]
    at_once(shop.app, shop.pay_shop.clock, works)
    price, counted, written, together = map(int, _books(bargain))
    assert (counted, together) != (written, START)
    assert price > FLOOR


def test_two_purchases_of_one_bargain_are_one_order(shop: RoomShop) -> None:
    starter, bargain = _bargain(shop)

    def buy(uow: UnitOfWork) -> None:
        rooms.buy_bargain(uow, starter, bargain.id)

    assert at_once(shop.app, shop.pay_shop.clock, [buy] * 8) == Counter(done=1, bargain_bought=7)
    assert rows("SELECT count(*) FROM orders") == [(1,)]
    assert faults_in_rows(shop.sku_id, shop.stock) == []


def test_chops_and_the_purchase_at_once_leave_the_order_at_the_price_that_stands(shop: RoomShop) -> None:
    starter, bargain = _bargain(shop)
    friends: Sequence[Callable[[UnitOfWork], None]] = [partial(_chop, friend, bargain) for friend in _members(shop, 15)]

    def buy(uow: UnitOfWork) -> None:
        rooms.buy_bargain(uow, starter, bargain.id)

    ended = at_once(shop.app, shop.pay_shop.clock, [*friends[:8], buy, *friends[8:]])
    assert ended["done"] + ended["bargain_bought"] == 16
    order, price = rows("SELECT o.total_minor, b.price_minor FROM orders o CROSS JOIN bargains b")[0]
    assert order == price
