"""What is on sale, looked for: by words of any script in an index, by filters, in every order, page by page."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from room_shop import RoomShop, room_shop, statements
from sqlalchemy import event, text
from web_client import API, sign_up

from socialshop.deals import service as deals
from socialshop.deals.ladder import Step
from socialshop.deals.rules import Subsidy
from socialshop.deals.service import NewDeal, NewProduct, NewSku, Sort, Sought
from socialshop.infra.db import db
from socialshop.infra.uow import in_unit_of_work, unit_of_work

MANY = 5_000
DAY = timedelta(days=1)


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def _sell(
    shop: RoomShop, title: str, price: int, *, of: str, about: str = "", stock: int = 9, **terms: Any
) -> uuid.UUID:
    """A product with one unit, and a deal of it; newer than all before."""
    with unit_of_work(shop.pay_shop.clock) as uow:
        product = deals.add_product(
            uow,
            uuid.uuid4(),
            NewProduct(of, about, 7, [NewSku(secrets.token_hex(4), "罐装 tin", price * 2, stock)]),
            "CNY",
        )
        new = NewDeal(product.skus[0].id, title, 3, price, timedelta(hours=1), timedelta(minutes=5))
        return deals.open_deal(uow, uuid.uuid4(), shop.member(uow).number, replace(new, **terms)).id


def _titles(app: Flask, path: str) -> list[str]:
    answer = app.test_client().get(f"{API}{path}")
    assert answer.status_code == 200, answer.text
    return [row["title"] for row in answer.get_json()["data"]]


def _hall(shop: RoomShop) -> None:
    """Five deals, one of each kind; two have a room that waits."""
    end = shop.pay_shop.clock.now() + DAY / 2
    _sell(shop, "明前龙井 · 三人团", 9_900, of="西湖龙井茶", about="Hand-picked before the rains", ends_at=end)
    _sell(shop, "Jasmine pearls for three", 4_900, of="Jasmine tea", newcomer_only=True, stock=0)
    steps = (Step(2, 8_000), Step(4, 6_000))
    ladder = _sell(shop, "Oolong, the more the cheaper", 8_000, of="安溪铁观音", group_size=4, price_steps=steps)
    filled = _sell(shop, "Pu'er cake", 12_000, of="普洱茶饼", subsidy=Subsidy(2, 100_000))
    shop.open(ladder)
    shop.join(shop.open(filled).room.id)


def test_goods_are_found_by_words_of_any_script_wherever_they_stand(shop: RoomShop, app: Flask) -> None:
    _hall(shop)
    found = {
        q: _titles(app, f"/deals?q={q}")
        for q in ("龙井", "茶", "井龙", "JASM pearl", "rains 三人", "cake!", "罐装 oolong", "tea 龙井")
    }
    assert found == {
        "龙井": ["明前龙井 · 三人团"],
        "茶": ["明前龙井 · 三人团", "Pu'er cake"],
        "井龙": [],
        "JASM pearl": ["Jasmine pearls for three"],
        "rains 三人": ["明前龙井 · 三人团"],
        "cake!": ["Pu'er cake"],
        "罐装 oolong": ["Oolong, the more the cheaper"],
        "tea 龙井": [],
    }
    # Signs that mean something elsewhere mean nothing here, and find nothing.
    assert [_titles(app, f"/deals?q={q}") for q in ("%25", "'", "!", ":*", "\\", "|")] == [[]] * 6
    assert _titles(app, "/products?q=铁观音") == ["安溪铁观音"]
    assert _titles(app, "/products?q=rain") == ["西湖龙井茶"]


def test_each_filter_and_each_order(shop: RoomShop, app: Flask) -> None:
    _hall(shop)
    pearls, oolong, cake, spring = (
        "Jasmine pearls for three",
        "Oolong, the more the cheaper",
        "Pu'er cake",
        "明前龙井 · 三人团",
    )
    asked = {
        "kind=ladder": [oolong],
        "kind=subsidy": [cake],
        "kind=fixed": [spring, pearls, cake],
        "price_from_minor=8000&price_to_minor=9900": [spring, oolong],
        "seats_to_go=1": [cake],
        "seats_to_go=3": [spring, pearls, oolong, cake],
        "newcomer_only=true": [pearls],
        "newcomer_only=false&in_stock=true": [spring, oolong, cake],
        "in_stock=false": [pearls],
        "ends_within_hours=24": [spring],
        "ends_within_hours=1": [],
        "sort=price": [pearls, oolong, spring, cake],
        "sort=newest": [cake, oolong, pearls, spring],
        "sort=ends_soon": [spring, pearls, oolong, cake],
        # One seat to go, three, three and no room yet, and what is sold out behind all.
        "sort=nearest": [cake, spring, oolong, pearls],
        "sort=price&kind=fixed&q=茶": [spring, cake],
    }
    assert {query: _titles(app, f"/deals?{query}") for query in asked} == asked
    assert _titles(app, "/products?sort=price&price_to_minor=19800&in_stock=true") == [
        *("Tea", "安溪铁观音", "西湖龙井茶")
    ]


def test_pages_meet_every_row_once_though_rows_come_and_go_meanwhile(shop: RoomShop, app: Flask) -> None:
    end = shop.pay_shop.clock.now() + DAY
    made = [
        _sell(shop, f"Tea {place}", 5_000 + place % 3, of="Tea", ends_at=end if place % 2 else None)
        for place in range(7)
    ]

    def pause(deal_id: uuid.UUID, at: str) -> None:
        with db.engine.begin() as connection:
            connection.execute(text(f"UPDATE deals SET paused_at = {at} WHERE id = :id"), {"id": deal_id})

    for sort in Sort:
        met, cursor = [], ""
        while cursor is not None:
            page = app.test_client().get(f"{API}/deals?sort={sort}&limit=2&{cursor}").get_json()
            met += [row["title"] for row in page["data"]]
            cursor = page["next_cursor"] and f"cursor={page['next_cursor']}"
            if len(met) == 2:
                # The row at which the first page ended is gone when the next one is asked for.
                pause(made[int(met[-1][-1])], "now()")
        assert sorted(met) == [f"Tea {place}" for place in range(7)], sort
        pause(made[int(met[1][-1])], "NULL")


def test_what_cannot_be_looked_for_is_refused_at_its_field(app: Flask) -> None:
    wrong = {
        "/deals?sort=cheapest": "sort",
        "/deals?kind=auction": "kind",
        "/deals?price_from_minor=-1": "price_from_minor",
        "/deals?price_from_minor=2&price_to_minor=1": "price_to_minor",
        "/products?price_from_minor=2&price_to_minor=1": "price_to_minor",
        "/deals?seats_to_go=0": "seats_to_go",
        "/deals?in_stock=perhaps": "in_stock",
        "/deals?ends_within_hours=99999": "ends_within_hours",
        f"/deals?q={'x' * 81}": "q",
        "/deals?q=+": "q",
        "/deals?cursor=cur_x.1": "cursor",
        "/deals?cursor=cur_01k9w3q2mxe5tb6v8c4yd7r1hz.99999999999999999999": "cursor",
        "/products?sort=nearest": "sort",
        "/products?kind=ladder": "kind",
    }
    answers = {query: app.test_client().get(f"{API}{query}") for query in wrong}
    assert {query: (answer.status_code, answer.get_json()["field"]) for query, answer in answers.items()} == {
        query: (422, field) for query, field in wrong.items()
    }


def test_words_are_looked_up_in_an_index_and_a_list_costs_the_same_statements(shop: RoomShop, app: Flask) -> None:
    _sell(shop, "Jasmine pearls", 4_900, of="茉莉龙珠")
    with db.engine.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(
            text(
                "INSERT INTO products (id, title, description, return_days, created_at) SELECT gen_random_uuid(),"
                " '白茶 ' || n, 'White tea no. ' || n, 7, now() FROM generate_series(1, :n) n"
            ),
            {"n": MANY},
        )
        connection.execute(
            text(
                "INSERT INTO deals (id, sku_id, opened_by, title, group_size, price_minor, starts_at,"
                " room_ttl_seconds, seat_hold_seconds, late_payer, draft, created_at)"
                " SELECT gen_random_uuid(), sku_id, opened_by, '白茶 ' || n, 3, 900, starts_at,"
                " 3600, 900, 'refund', false, created_at FROM deals, generate_series(1, :n) n"
            ),
            {"n": MANY},
        )
        connection.execute(text("UPDATE deals SET words = array_to_tsvector(search_terms(title)) WHERE title ~ '白'"))
        connection.execute(text("ANALYZE deals, products"))
    plans: list[str] = []

    def explain(_connection, cursor, statement, parameters, *_context):  # type: ignore[no-untyped-def]
        if "search_query" in statement and not statement.startswith("EXPLAIN"):
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        with statements() as seen:
            assert len(in_unit_of_work(lambda uow: deals.find_deals(uow, Sought(words="龙珠"), None, 10))) == 1
            assert len(in_unit_of_work(lambda uow: deals.find_products(uow, Sought(words="white 4999"), None, 10))) == 1
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    assert "ix_deals_words" in plans[0]
    assert "ix_products_words" in plans[1]
    for plan in plans:
        assert "Seq Scan on deals" not in plan
        assert "Seq Scan on products" not in plan
    assert len(seen) == 3
    with statements() as seen:
        assert len(_titles(app, "/deals?sort=nearest&limit=100&in_stock=true&q=白茶")) == 100
    assert len(seen) == 1


def test_what_is_found_follows_a_deals_own_title(shop: RoomShop, app: Flask) -> None:
    made = _sell(shop, "Jasmine pearls", 4_900, of="茉莉龙珠")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE deals SET title = 'Pearls, rolled' WHERE id = :id"), {"id": made})
    assert (_titles(app, "/deals?q=jasmine"), _titles(app, "/deals?q=rolled 龙珠")) == ([], ["Pearls, rolled"])
    assert sign_up(app).call("GET", "/deals?q=rolled").get_json()["data"][0]["title"] == "Pearls, rolled"
