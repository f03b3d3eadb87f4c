"""Many at once at a coupon's budget, its limit, and one holding: exact, and seen to be what holds it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from at_once import at_once, together
from coupon_shop import ADMIN, a_coupon, clock_of, coupon_faults, give, holdings
from flask import Flask
from payment_shop import rows
from room_shop import Member, RoomShop, room_shop
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.loyalty import service as loyalty
from socialshop.loyalty.store import coupon_uses
from socialshop.loyalty.store import coupons as coupon_store
from socialshop.loyalty.store.coupon_uses import Taking
from socialshop.orders.service import Means
from socialshop.rooms import service as rooms

AT_ONCE = 8


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def a_deal(shop: RoomShop) -> uuid.UUID:
    """A deal of a unit of its own: nobody waits at another's stock."""
    shop.stock_tea()
    return shop.deal(2)


def spend(shop: RoomShop) -> Counter[str]:
    """Eight members at once, each with a coupon of 10.00, whose budget is 35.00."""
    coupon = a_coupon(shop, kind="amount", amount_minor=1_000, budget_minor=3_500)
    members = [shop.member() for _ in range(AT_ONCE)]
    give(shop, coupon, *members)
    deals = [a_deal(shop) for _ in members]
    works = [
        lambda uow, m=member, d=deal: rooms.open_room(uow, m, d, means=Means(coupon_ids=holdings_in(uow.session, m)))
        for member, deal in zip(members, deals, strict=True)
    ]
    return at_once(shop.app, clock_of(shop), works)


def holdings_in(session: Session, member: Member) -> list[uuid.UUID]:
    found = session.execute(text("SELECT id FROM coupon_holdings WHERE member = :m"), {"m": member.number})
    return list(found.scalars())


def test_a_budget_holds_to_the_minor_unit_however_many_take_of_it(shop: RoomShop) -> None:
    assert spend(shop) == {"done": 3, "coupon_unusable": 5}
    assert rows("SELECT taken_minor FROM coupons") == [(3_000,)]
    assert rows("SELECT count(*) FROM orders") == [(3,)]
    assert coupon_faults() == []


def test_a_budget_that_is_read_and_then_written_is_seen(shop: RoomShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: what is left is looked at first, and lowered afterwards to what was reckoned."""

    read = together(
        lambda session: session.execute(text("SELECT id, budget_minor, taken_minor FROM coupons")).one(), AT_ONCE
    )

    def naive(
        session: Session, member: int, order_id: uuid.UUID, takings: Sequence[Taking], *, currency: str, now: datetime
    ) -> int:
        found = read(session)
        if found.taken_minor + takings[0].amount_minor > found.budget_minor:
            return 0
        session.execute(
            text(
                "WITH h AS (UPDATE coupon_holdings SET status = 'taken' WHERE id = :h)"
                " INSERT INTO coupon_uses (id, holding_id, coupon_id, order_id, kind, amount_minor, currency, status,"
                " begun_at) VALUES (gen_random_uuid(), :h, :c, :o, 'amount', :a, :currency, 'held', :now)"
            ),
            {
                "h": takings[0].holding_id,
                "c": found.id,
                "o": order_id,
                "a": takings[0].amount_minor,
                "currency": currency,
                "now": now,
            },
        )
        taken = found.taken_minor + takings[0].amount_minor
        session.execute(text("UPDATE coupons SET taken_minor = :taken"), {"taken": taken})
        return 1

    monkeypatch.setattr(coupon_uses, "take", naive)
    assert spend(shop) == {"done": AT_ONCE}
    assert coupon_faults() != []


def hand_out(shop: RoomShop) -> uuid.UUID:
    """Eight at once give a coupon, of which there are ten, to three members each."""
    coupon = a_coupon(shop, kind="amount", amount_minor=1_000, issue_limit=10)
    people = [[shop.member() for _ in range(3)] for _ in range(AT_ONCE)]
    ids = [[rows("SELECT id FROM members WHERE number = :n", n=one.number)[0][0] for one in few] for few in people]
    works = [lambda uow, few=few: loyalty.issue_coupon(uow, ADMIN, coupon, few, "x") for few in ids]
    at_once(shop.app, clock_of(shop), works)
    return coupon


def test_of_a_limited_coupon_just_so_many_are_issued(shop: RoomShop) -> None:
    hand_out(shop)
    assert rows("SELECT issued, (SELECT count(*) FROM coupon_holdings) FROM coupons") == [(10, 10)]


def test_a_limit_that_is_read_without_holding_the_coupon_is_seen(
    shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: nobody waits for whoever issues, and the count is written as it was reckoned."""

    read = together(lambda session: session.execute(text("SELECT issued FROM coupons")).scalar_one(), AT_ONCE)

    def naive(
        session: Session, coupon_id: uuid.UUID, members: Sequence[int], period: str, *, span: object, now: datetime
    ) -> dict[int, uuid.UUID]:
        issued = read(session)
        given = {member: uuid.uuid4() for member in members[: 10 - issued]}
        for member, holding in given.items():
            session.execute(
                text(
                    "INSERT INTO coupon_holdings (id, coupon_id, member, period, valid_from, expires_at, issued_at)"
                    " VALUES (:id, :c, :m, :p, :now, :now, :now)"
                ),
                {"id": holding, "c": coupon_id, "m": member, "p": period, "now": now},
            )
        session.execute(text("UPDATE coupons SET issued = :issued"), {"issued": issued + len(given)})
        return given

    monkeypatch.setattr(coupon_store, "issue", naive)
    monkeypatch.setattr(coupon_store, "lock", coupon_store.find)
    hand_out(shop)
    assert rows("SELECT count(*) FROM coupon_holdings")[0][0] > 10


def test_one_holding_acts_on_one_order(shop: RoomShop) -> None:
    member = shop.member()
    give(shop, a_coupon(shop, kind="amount", amount_minor=1_000), member)
    own = holdings(member)
    deals = [a_deal(shop) for _ in range(AT_ONCE)]
    works = [lambda uow, d=deal: rooms.open_room(uow, member, d, means=Means(coupon_ids=own)) for deal in deals]
    assert at_once(shop.app, clock_of(shop), works) == {"done": 1, "coupon_unusable": AT_ONCE - 1}
    assert coupon_faults() == []


def test_one_period_told_by_many_at_once_gives_a_member_one(shop: RoomShop) -> None:
    member = shop.member()
    coupon = a_coupon(shop, kind="amount", amount_minor=1_000)
    member_id = rows("SELECT id FROM members WHERE number = :n", n=member.number)[0][0]
    works = [lambda uow: loyalty.issue_coupon(uow, ADMIN, coupon, [member_id], "May")] * AT_ONCE
    assert at_once(shop.app, clock_of(shop), works) == {"done": AT_ONCE}
    assert rows("SELECT issued, (SELECT count(*) FROM coupon_holdings) FROM coupons") == [(1, 1)]
