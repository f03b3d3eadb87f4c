"""The bench of recommendations: a night's run over a shop of size, and what a member waits for then."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import text

from socialshop.bench import market
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.recommendations import service as recommendations

MEMBERS = 100_000
ORDERS = 300_000
PRODUCTS = 2_000
READS = 200
_ROOM_SIZE = 5
_ZONE = "Asia/Shanghai"
_PLANT = (
    # Numbers below stand for what a real shop's look like: few products have most of the buyers.
    "INSERT INTO members (id, number, joined_at)"
    " SELECT md5('m' || n)::uuid, n, '2020-01-01Z' FROM generate_series(1, :members) n",
    "INSERT INTO member_consents (member_id, document, version, accepted_at)"
    " SELECT id, 'terms', '1', '2020-01-01Z' FROM members",
    "INSERT INTO member_sessions (id, token_hash, member_id, created_at, expires_at)"
    " SELECT gen_random_uuid(), decode(md5('t' || number), 'hex'), id, :now,"
    " CAST(:now AS timestamptz) + interval '20 days' FROM members",
    "INSERT INTO products (id, title, description, return_days, created_at)"
    " SELECT md5('p' || n)::uuid, 'Product ' || n, '', 7, :now FROM generate_series(1, :products) n",
    "INSERT INTO skus (id, product_id, code, title, price_minor, currency, stock)"
    " SELECT md5('s' || n)::uuid, md5('p' || n)::uuid, 'S' || n, 'box', 1000 + n, 'CNY', 1000"
    " FROM generate_series(1, :products) n",
    "INSERT INTO deals (id, sku_id, opened_by, title, group_size, price_minor, starts_at, room_ttl_seconds,"
    " seat_hold_seconds, late_payer, draft, created_at)"
    " SELECT md5('d' || n)::uuid, md5('s' || n)::uuid, 1, 'Product ' || n, :size, 900 + n,"
    " CAST(:now AS timestamptz) - interval '40 days', 86400, 900, 'refund', false, :now"
    " FROM generate_series(1, :products) n",
    # The product of order n: of a hundred orders most are of the first products.
    "CREATE TEMP TABLE bench_orders ON COMMIT DROP AS SELECT n, md5('o' || n)::uuid AS id,"
    " CAST(n AS bigint) * 7919 % :members + 1 AS buyer,"
    " 1 + floor(power(random(), 3) * :products)::integer AS product,"
    " CAST(:now AS timestamptz) - random() * interval '300 days' AS at, (n - 1) / :size AS room"
    " FROM generate_series(1, :orders) n",
    # A third of the orders fill rooms, of one product and one day each.
    "UPDATE bench_orders b SET product = f.product, at = f.at FROM bench_orders f"
    " WHERE f.n = b.room * :size + 1 AND b.n <= :orders / 3",
    "INSERT INTO rooms (id, deal_id, sku_id, title, price_minor, currency, return_days, seat_hold_seconds, host,"
    " status, size, seats_taken, seats_paid, opened_at, expires_at, closed_at)"
    " SELECT md5('r' || room)::uuid, md5('d' || product)::uuid, md5('s' || product)::uuid, 'Product', 900 + product,"
    " 'CNY', 7, 900, buyer, 'filled', :size, :size, :size, at, at + interval '1 day', at FROM bench_orders"
    " WHERE n <= :orders / 3 AND n % :size = 1",
    "INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at, received_at, room_id,"
    " return_days) SELECT id, CASE WHEN n <= :orders / 3 THEN 'room' ELSE 'import' END, buyer, '{}', 'received', 'CNY',"
    " 900 + product, at, at, CASE WHEN n <= :orders / 3 THEN md5('r' || room)::uuid END,"
    " CASE WHEN n <= :orders / 3 THEN 7 END FROM bench_orders",
    "INSERT INTO order_lines (id, order_id, line, quantity, amount_minor, sku_id, title)"
    " SELECT md5('l' || n)::uuid, id, 1, 1, 900 + product, md5('s' || product)::uuid, 'Product' FROM bench_orders",
    "INSERT INTO seats (id, room_id, member, order_id, quantity, status, claimed_at, hold_until, payment_id, paid_at)"
    " SELECT md5('q' || n)::uuid, md5('r' || room)::uuid, buyer, id, 1, 'confirmed', at, at, md5('y' || n)::uuid, at"
    " FROM bench_orders WHERE n <= :orders / 3",
)


def night(app: Flask) -> dict[str, Any]:
    """Work out what is suggested to `MEMBERS` members, all signed in, from `ORDERS` orders; then read for some."""
    with app.app_context():
        in_unit_of_work(_plant)
        market.analyze()
        began, longest, steps, more = time.perf_counter(), 0.0, 0, True
        while more:
            step = time.perf_counter()
            more = in_unit_of_work(lambda uow: recommendations.compute_due(uow, _ZONE))
            longest, steps = max(longest, time.perf_counter() - step), steps + 1
        seconds = time.perf_counter() - began
        found = in_unit_of_work(_found)
        reads = [_read(1 + place * MEMBERS // READS) for place in range(READS)]
    return {
        "members": MEMBERS,
        "orders": ORDERS,
        "products": PRODUCTS,
        **found,
        "steps": steps,
        "seconds": round(seconds, 2),
        "longest_step_seconds": round(longest, 2),
        "read_ms": round(1000 * median(reads), 2),
    }


def _plant(uow: UnitOfWork) -> None:
    values = {"members": MEMBERS, "orders": ORDERS, "products": PRODUCTS, "size": _ROOM_SIZE, "now": uow.now}
    for statement in _PLANT:
        uow.session.execute(text(statement), values)


def _found(uow: UnitOfWork) -> dict[str, int]:
    """How many pairs and suggestions there are, and for how many members."""
    row = uow.session.execute(
        text(
            "SELECT (SELECT count(*) FROM product_pairs), (SELECT count(*) FROM suggestions),"
            " (SELECT count(DISTINCT member) FROM suggestions)"
        )
    ).one()
    return dict(zip(("pairs", "suggestions", "members_with_some"), map(int, row), strict=True))


def _read(member: int) -> float:
    began = time.perf_counter()
    in_unit_of_work(lambda uow: recommendations.recommend(uow, member, "en"))
    return time.perf_counter() - began
