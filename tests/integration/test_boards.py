"""Boards of the month: places by what stands, names by consent, own figures to oneself, nobody's earnings."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from money_people import number_of
from points_shop import PointsShop, rows
from room_shop import statements
from sqlalchemy import text
from web_client import Person, refusal, sign_up

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.service import boards
from socialshop.loyalty.service.boards import Metric
from workers import schedule

ZONE = "Asia/Shanghai"
_ORDER = """
    INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at, room_id,
        return_days, received_at, completes_at)
    VALUES (:id, 'room', :buyer, ARRAY[CAST(:sponsor AS bigint)], 'received', 'CNY', :paid, :at, :room, 7, :at, :at)
"""
_SALE = """
    INSERT INTO loyalty_sales (order_id, buyer, sponsor, currency, left_minor, placed_at)
    VALUES (:id, :buyer, :sponsor, 'CNY', :paid, :at)
"""


@pytest.fixture
def shop(app: Flask) -> PointsShop:
    shop = PointsShop(app)
    shop.begin(12)
    return shop


def sell(shop: PointsShop, buyer: int, sponsor: int, paid: int = 1_000, at: datetime | None = None) -> uuid.UUID:
    order = uuid.uuid4()
    values = {"id": order, "buyer": buyer, "sponsor": sponsor, "paid": paid, "at": at or shop.clock.now()}
    with unit_of_work(shop.clock) as uow:
        uow.session.execute(text(_ORDER), values | {"room": shop.room})
        uow.session.execute(text(_SALE), values)
    return order


def board(member: int, metric: Metric = Metric.FRIENDS, month: date | None = None) -> boards.Board:
    with unit_of_work() as uow:
        return boards.board(uow, member, metric, month or date(2026, 3, 1), ZONE)


def places(found: boards.Board) -> list[tuple[int, bool, int | None]]:
    return [(line.place, line.own, line.figure) for line in found.lines]


def test_friends_count_once_and_equal_figures_share_a_place(shop: PointsShop) -> None:
    for buyer, sponsor in ((4, 1), (4, 1), (5, 1), (6, 2), (7, 2), (8, 3)):
        sell(shop, buyer, sponsor)
    shop.do(boards.write_boards)
    assert places(board(2)) == [(1, False, 2), (1, True, 2), (3, False, 1)]
    assert board(2).own == (1, 2, 3)
    assert board(9).own is None
    assert places(board(1, month=date(2026, 2, 1))) == []


def test_how_much_others_friends_bought_is_told_to_nobody_else(shop: PointsShop) -> None:
    sell(shop, 4, 1, 7_000)
    sell(shop, 5, 2, 9_000)
    shop.do(boards.write_boards)
    assert places(board(1, Metric.VOLUME)) == [(1, False, None), (2, True, 7_000)]
    assert "9000" not in repr(board(1, Metric.VOLUME))


def test_a_refund_moves_places_until_the_end_of_the_month_after(shop: PointsShop) -> None:
    first, second = sell(shop, 4, 1), sell(shop, 5, 2, 500)
    shop.do(boards.write_boards)
    assert len(board(1).lines) == 2
    shop.refund(first, 1_000)
    shop.do(lambda uow: loyalty.note_refunds(uow, [{"order_id": str(first)}]))
    shop.later(days=45)
    shop.do(boards.write_boards)
    assert places(board(2)) == [(1, True, 1)]
    shop.later(days=30)
    shop.refund(second, 500)
    shop.do(lambda uow: loyalty.note_refunds(uow, [{"order_id": str(second)}]))
    shop.do(boards.write_boards)
    assert places(board(2)) == [(1, True, 1)], "by now the month stays as it was"


def test_a_month_is_the_shops(shop: PointsShop) -> None:
    sell(shop, 4, 1, at=datetime(2026, 2, 28, 15, 59, tzinfo=UTC))
    sell(shop, 5, 2, at=datetime(2026, 2, 28, 16, 0, tzinfo=UTC))
    shop.do(boards.write_boards)
    assert [board(m, month=date(2026, 2, 1)).own is not None for m in (1, 2)] == [True, False]
    assert [board(m).own is not None for m in (1, 2)] == [False, True]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@for_all(sales=st.lists(st.tuples(st.integers(7, 12), st.integers(1, 6), st.integers(1, 900)), max_size=12))
def test_boards_are_what_an_oracle_counts(shop: PointsShop, sales: list[tuple[int, int, int]]) -> None:
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("DELETE FROM loyalty_sales"))
    for buyer, sponsor, paid in sales:
        sell(shop, buyer, sponsor, paid)
    for _ in range(2):
        shop.do(boards.write_boards)
    friends = {s: len({b for b, sponsor, _ in sales if sponsor == s}) for _, s, _ in sales}
    volume = {s: sum(paid for _, sponsor, paid in sales if sponsor == s) for _, s, _ in sales}
    expected = {
        (metric, member, figure, 1 + sum(other > figure for other in figures.values()))
        for metric, figures in (("friends", friends), ("volume", volume))
        for member, figure in figures.items()
    }
    assert {tuple(row) for row in rows("SELECT metric, member, figure, place FROM board_rows")} == expected


def test_writing_costs_the_same_for_many_and_stands_in_the_schedule(shop: PointsShop) -> None:
    def cost() -> int:
        with statements() as seen:
            shop.do(boards.write_boards)
        return len(seen)

    few = cost()
    for buyer in range(4, 13):
        sell(shop, buyer, 1 + buyer % 3)
    assert cost() == few
    assert schedule.named("write_boards") is not None


def test_only_who_agrees_is_named(app: Flask) -> None:
    lin, zhu = sign_up(app, name="Lin"), sign_up(app, name="Zhu")
    found = [(number_of(person), figure) for person, figure in ((lin, 3), (zhu, 2))]
    with unit_of_work() as uow:
        for number, figure in found:
            uow.session.execute(
                text(
                    "INSERT INTO board_rows (month, metric, member, figure, place)"
                    " VALUES ('2026-03-01', 'friends', :m, :f, :p)"
                ),
                {"m": number, "f": figure, "p": 4 - figure},
            )

    def seen(person: Person) -> list[Any]:
        told = person.call("GET", "/boards?month=2026-03").get_json()
        return [(line["place"], line["own"], line["name"]) for line in told["lines"]]

    assert seen(zhu) == [(1, False, None), (2, True, None)]
    for _ in range(2):
        assert lin.call("POST", "/me/board-name", json={"named": True}).get_json()["named"] is True
    assert seen(zhu) == [(1, False, "Lin"), (2, True, None)]
    lin.call("POST", "/me/board-name", json={"named": False})
    assert seen(zhu) == [(1, False, None), (2, True, None)]
    finance = sign_up(app, role=Role.FINANCE)
    assert refusal(finance.call("POST", "/me/board-name", json={"named": True}))[:2] == (403, "forbidden")
    assert refusal(zhu.call("GET", "/boards?month=2026-13")) == (422, "invalid_value", "month")
