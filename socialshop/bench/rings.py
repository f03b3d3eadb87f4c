"""A generated shop of honest members and planted rings, and the bench of how well the rings are found.

Honest people share a good deal: families have one address, device and account and buy together, colleagues come from
one network and fill rooms at noon, room-mates have one address, strangers meet on one carrier's network and at one
second-hand telephone. Rings share too, each in its own way, and some buy among strangers as a cover. A seed names a
world.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from flask import Flask
from sqlalchemy import text

from socialshop.bench import market
from socialshop.infra.db import copy_rows
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.referrals import service as referrals
from socialshop.risk import service as risk

ACCOUNTS = 5_000
SEEDS = (101, 202)
_DAYS = 150
_PRICE = 5_000
_NEW_DAYS = 10


class Plan(NamedTuple):
    """How a ring goes about it: members, what so many share of each kind, and how its money moves."""

    size: int
    shares: dict[str, int]
    own_percent: int
    refund_percent: int
    is_new: bool
    each: tuple[int, int]


# `shares`: so many members to one device, account and so on. Each ring has another way.
RINGS = (
    Plan(20, {"device": 5, "network": 20}, 85, 5, True, (4, 7)),
    Plan(10, {"payout_account": 10}, 20, 45, False, (4, 8)),
    Plan(9, {"address": 9, "phone": 3, "device": 3}, 80, 10, False, (4, 7)),
    Plan(12, {"email_family": 12, "network": 12, "device": 3}, 80, 0, True, (3, 6)),
    Plan(15, {"instrument": 5, "device": 5}, 65, 10, True, (4, 6)),
    Plan(14, {"phone": 7, "network": 14, "device": 7}, 90, 0, True, (3, 5)),
)


@dataclass(slots=True)
class World:
    """Who is what, by number from 1; and what they share, buy, and were brought by."""

    accounts: int
    rings: list[frozenset[int]] = field(default_factory=list)
    families: list[list[int]] = field(default_factory=list)
    offices: list[list[int]] = field(default_factory=list)
    dormitories: list[list[int]] = field(default_factory=list)
    sponsor: dict[int, int] = field(default_factory=dict)
    joined: dict[int, int] = field(default_factory=dict)
    marks: set[tuple[str, str, int]] = field(default_factory=set)
    rooms: list[tuple[int, list[int]]] = field(default_factory=list)
    refund_percent: dict[int, int] = field(default_factory=dict)

    @property
    def ringed(self) -> frozenset[int]:
        """All members of rings."""
        return frozenset().union(*self.rings)


def generate(seed: int, accounts: int = ACCOUNTS) -> World:
    """The world of a seed."""
    draw = random.Random(seed)  # noqa: S311 - a world to be made again, no secret
    world = World(accounts)
    numbers = list(range(1, accounts + 1))
    draw.shuffle(numbers)
    rest = iter(numbers)
    world.rings = [frozenset(_some(rest, plan.size)) for plan in RINGS]
    world.families = [_some(rest, draw.randint(2, 5)) for _ in range(accounts // 20)]
    world.offices = [_some(rest, draw.randint(8, 50)) for _ in range(accounts // 250)]
    world.dormitories = [_some(rest, draw.randint(4, 8)) for _ in range(accounts // 200)]
    _own_things(world, draw)
    _honest_groups(world, draw)
    for plan, ring in zip(RINGS, world.rings, strict=True):
        _ring(world, draw, plan, sorted(ring))
    _strangers_buy(world, draw)
    return world


def _own_things(world: World, draw: random.Random) -> None:
    """What everybody has alone, or shares with strangers by chance."""
    honest = [number for number in range(1, world.accounts + 1) if number not in world.ringed]
    for number in range(1, world.accounts + 1):
        world.joined[number] = draw.randint(0, 700)
        world.refund_percent[number] = draw.choice((0, 0, 5, 10))
        world.marks.add(("device", f"own {number}", number))
        carrier = draw.randrange(world.accounts // 60)
        world.marks.add(("network", f"carrier {carrier}" if _chance(draw, 70) else f"home {number}", number))
        if _chance(draw, 80):
            world.marks |= {("address", f"home {number}", number), ("phone", f"own {number}", number)}
        if _chance(draw, 40):
            world.marks.add(("payout_account", f"own {number}", number))
        if _chance(draw, 2):
            world.marks.add(("email_family", f"common {draw.randrange(20)}", number))
    for _ in range(world.accounts // 100):
        pair = draw.sample(honest, 2)
        world.marks |= {("device", f"second hand {pair}", number) for number in pair}
    for number in honest:
        if _chance(draw, 50):
            world.sponsor[number] = draw.choice(honest)


def _honest_groups(world: World, draw: random.Random) -> None:
    for place, family in enumerate(world.families):
        more = draw.sample(("device", "phone", "payout_account", "instrument"), draw.randint(1, 3))
        home = ("address", "network", *more)
        world.marks |= {(kind, f"family {place}", number) for kind in home for number in family}
        parent, *others = family
        world.sponsor |= dict.fromkeys((n for n in others if _chance(draw, 80)), parent)
        # Most buy together now and then; some families are close.
        for _ in range(draw.randint(2, 5) if _chance(draw, 10) else draw.randint(0, 2)):
            world.rooms.append((draw.randrange(_DAYS), draw.sample(family, draw.randint(2, len(family)))))
    for place, office in enumerate(world.offices):
        world.marks |= {("network", f"office {place}", number) for number in office}
        world.marks |= {("address", f"office {place}", number) for number in office if _chance(draw, 50)}
        world.sponsor |= dict.fromkeys(draw.sample(office[1:], len(office) // 2), office[0])
        for _ in range(len(office) // 2):
            world.rooms.append((draw.randrange(_DAYS), draw.sample(office, draw.randint(3, 5))))
    for place, mates in enumerate(world.dormitories):
        world.marks |= {("address", f"dormitory {place}", number) for number in mates}
        world.marks |= {("network", f"campus {place // 3}", number) for number in mates}
        world.marks |= {("device", f"lent {place}", number) for number in mates[:2]}
        term = draw.randint(20, 600)
        world.joined |= {number: term + draw.randrange(5) for number in mates}
        world.sponsor |= dict.fromkeys(mates[1:4], mates[0])
        for _ in range(draw.randint(0, 3)):
            world.rooms.append((draw.randrange(_DAYS), draw.sample(mates, draw.randint(2, 4))))


def _ring(world: World, draw: random.Random, plan: Plan, ring: list[int]) -> None:
    """A boss brings the others, who buy in rooms of their own and, as a cover, in others'."""
    boss, *others = ring
    for number in others:
        world.sponsor[number] = boss if _chance(draw, 80) else draw.choice(ring[: ring.index(number)])
    began = draw.randint(20, 40) if plan.is_new else draw.randint(100, 400)
    for number in ring:
        world.joined[number] = began + draw.randrange(_NEW_DAYS if plan.is_new else 90)
        world.refund_percent[number] = plan.refund_percent
    for kind, together in plan.shares.items():
        for place, number in enumerate(ring):
            world.marks.add((kind, f"ring {boss} {place // together}", number))
            # Who changes from one to the next carries the mark along.
            if place % together == 0 and place:
                world.marks.add((kind, f"ring {boss} {place // together - 1}", number))
    wanted = {number: draw.randint(*plan.each) for number in ring}
    while any(wanted.values()):
        buyers = [number for number in ring if wanted[number]]
        seated = draw.sample(buyers, min(len(buyers), draw.randint(2, 4)))
        for number in seated:
            wanted[number] -= 1
        day = draw.randrange(18 if plan.is_new else _DAYS)
        covered = draw.randrange(100) >= plan.own_percent or len(seated) == 1
        strangers = [draw.randint(1, world.accounts)] if covered else []
        host = [boss] if plan.is_new and boss not in seated and not covered else []
        world.rooms.append((day, list(dict.fromkeys((*host, *seated, *strangers)))))


def _strangers_buy(world: World, draw: random.Random) -> None:
    """Everybody honest buys a little, in rooms of whoever comes."""
    buyers = [
        n for n in range(1, world.accounts + 1) if n not in world.ringed for _ in range(draw.choice((0, 1, 2, 3, 4, 6)))
    ]
    draw.shuffle(buyers)
    while buyers:
        seated = {buyers.pop() for _ in range(min(len(buyers), draw.randint(2, 5)))}
        world.rooms.append((draw.randrange(_DAYS), sorted(seated)))


def _chance(draw: random.Random, percent: int) -> bool:
    return draw.randrange(100) < percent


def _some(rest: Iterable[int], count: int) -> list[int]:
    return list(islice(rest, count))


def plant(uow: UnitOfWork, world: World) -> None:
    """The world straight into an empty shop: members, tree, marks, rooms, orders, commissions and refunds.

    Needs the owner of the tables: keys and triggers are not asked, for rows that a shop would have written.
    """
    session, now = uow.session, uow.now
    session.execute(text("RESET ROLE"))
    session.execute(text("SET LOCAL session_replication_role = replica"))
    members = range(1, world.accounts + 1)
    copy_rows(
        session,
        "members",
        ("id", "number", "joined_at"),
        ((_id("member", n), n, now - timedelta(days=world.joined[n] + 1)) for n in members),
    )
    sponsors = np.array([_acyclic(world, n) for n in members], dtype=np.int64)
    placed = np.zeros(world.accounts, dtype=np.int64)
    referrals.place_many(uow, numbers=np.arange(1, world.accounts + 1), sponsors=sponsors, placed_at=placed)
    copy_rows(
        session,
        "member_signals",
        ("kind", "mark", "member_number", "first_seen_at", "last_seen_at"),
        (
            (kind, sha256(f"{kind} {what}".encode()).digest(), n, now - timedelta(days=30), now)
            for kind, what, n in sorted(world.marks)
        ),
    )
    _plant_goods(uow)
    _plant_sales(uow, world)


def _acyclic(world: World, number: int) -> int:
    """The sponsor; 0 where going up from there would come back."""
    seen, above = {number}, world.sponsor.get(number, 0)
    while above:
        if above in seen:
            world.sponsor.pop(number)
            return 0
        seen.add(above)
        above = world.sponsor.get(above, 0)
    return world.sponsor.get(number, 0)


def _plant_goods(uow: UnitOfWork) -> None:
    goods = {"product": _id("product", 1), "sku": _id("sku", 1), "deal": _id("deal", 1), "now": uow.now}
    for statement in (
        "INSERT INTO products (id, title, description, return_days, created_at) VALUES (:product, 'Tea', '', 7, :now)",
        "INSERT INTO skus (id, product_id, code, title, price_minor, currency, stock)"
        " VALUES (:sku, :product, 'TEA', 'box', 6000, 'CNY', 1000)",
        "INSERT INTO deals (id, sku_id, opened_by, title, group_size, price_minor, starts_at, room_ttl_seconds,"
        " seat_hold_seconds, late_payer, draft, created_at) VALUES (:deal, :sku, 1, 'Tea', 5, 5000,"
        " CAST(:now AS timestamptz) - interval '400 days', 86400, 900, 'refund', false, :now)",
    ):
        uow.session.execute(text(statement), goods)


def _plant_sales(uow: UnitOfWork, world: World) -> None:
    """Every room filled by whom it seats, each seat an order and, below a sponsor, a commission of a tenth."""
    draw = random.Random(world.accounts)  # noqa: S311
    tables: dict[str, list[Sequence[object]]] = {name: [] for name in _SALES}
    for place, (day, seated) in enumerate(world.rooms):
        _sell_room(tables, world, (place, uow.now - timedelta(days=day + 1), seated), draw)
    for name, columns in _SALES.items():
        copy_rows(uow.session, name, columns, tables[name])


_SALES = {
    "rooms": (
        "id deal_id sku_id title price_minor currency return_days seat_hold_seconds host status size seats_taken"
        " seats_paid opened_at expires_at closed_at"
    ).split(),
    "orders": (
        "id source buyer uplines status currency total_minor ordered_at received_at room_id return_days refunded_minor"
    ).split(),
    "order_lines": "id order_id line quantity amount_minor sku_id title".split(),
    "seats": "id room_id member order_id quantity status claimed_at hold_until payment_id paid_at".split(),
    "refunds": (
        "id order_id buyer reason amount_minor currency in_window status requested_at decided_at refunded_at"
    ).split(),
    "accrued_lines": (
        "order_line_id order_id buyer uplines base_minor quantity currency sale_at received_at accrued_at"
    ).split(),
    "accruals": ("id order_line_id beneficiary kind level leg amount_minor currency accrued_at matures_at").split(),
}


def _sell_room(
    tables: dict[str, list[Sequence[object]]],
    world: World,
    sale: tuple[int, datetime, Sequence[int]],
    draw: random.Random,
) -> None:
    place, at, seated = sale
    room, size = _id("room", place), len(seated)
    goods = (_id("deal", 1), _id("sku", 1))
    day = timedelta(days=1)
    tables["rooms"].append(
        (room, *goods, "Tea", _PRICE, "CNY", 7, 900, seated[0], "filled", size, size, size, at, at + day, at)
    )
    for buyer in seated:
        order, line = _id(f"order {place}", buyer), _id(f"line {place}", buyer)
        back = draw.randrange(100) < world.refund_percent[buyer]
        status, given = ("refunded", _PRICE) if back else ("received", 0)
        tables["orders"].append((order, "room", buyer, "{}", status, "CNY", _PRICE, at, at, room, 7, given))
        tables["order_lines"].append((line, order, 1, 1, _PRICE, goods[1], "Tea"))
        tables["seats"].append(
            (
                _id(f"seat {place}", buyer),
                room,
                buyer,
                order,
                1,
                "confirmed",
                at,
                at,
                _id(f"payment {place}", buyer),
                at,
            )
        )
        if back:
            tables["refunds"].append(
                (_id(f"refund {place}", buyer), order, buyer, "", _PRICE, "CNY", True, "refunded", at, at, at)
            )
        sponsor = world.sponsor.get(buyer)
        if sponsor:
            tables["accrued_lines"].append((line, order, buyer, "{}", _PRICE, 1, "CNY", at, at, at))
            accrual = _id(f"accrual {place}", buyer)
            tables["accruals"].append((accrual, line, sponsor, "sale", 1, 0, _PRICE // 10, "CNY", at, at + 30 * day))


def _id(kind: str, number: int) -> uuid.UUID:
    return uuid.UUID(bytes=sha256(f"{kind} {number}".encode()).digest()[:16])


class Verdict(NamedTuple):
    """What was found of a world: rates are shares of all accounts of rings, and of all others."""

    recall: float
    flagged: float
    told: float
    held: frozenset[int]
    by_rule: dict[str, int]


def verdict(uow: UnitOfWork, world: World) -> Verdict:
    """Who a finding names: held, flagged by a warning or a severe one, or told of by one that is only worth knowing."""
    rows = uow.session.execute(
        text(
            "SELECT m.member_number, f.code, f.severity, c.holds FROM finding_cases c"
            " JOIN findings f ON f.id = c.finding_id JOIN finding_members m ON m.finding_id = f.id"
            " WHERE c.state = 'open' AND NOT c.shadow"
        )
    ).all()
    held = frozenset(int(number) for number, _, _, holds in rows if holds)
    warned = {int(number) for number, _, severity, _ in rows if severity != "info"}
    named = {int(number) for number, _, _, _ in rows}
    honest = world.accounts - len(world.ringed)
    return Verdict(
        recall=len(world.ringed & held) / len(world.ringed),
        flagged=len(warned - world.ringed) / honest,
        told=len(named - world.ringed) / honest,
        held=held,
        by_rule=dict(Counter(code for _, code, _, _ in rows)),
    )


def rings(app: Flask) -> dict[str, Any]:
    """Rings of fresh worlds of 5,000 accounts: how many of their accounts are held, how many others are flagged."""
    found, seconds = [], []
    for seed in (*SEEDS, random.SystemRandom().randrange(10**6)):
        with app.app_context():
            in_unit_of_work(_empty)
            world = generate(seed)
            in_unit_of_work(lambda uow, world=world: plant(uow, world))  # type: ignore[misc]
            market.analyze()
            began = time.perf_counter()
            in_unit_of_work(risk.judge)
            seconds.append(time.perf_counter() - began)
            seen = in_unit_of_work(lambda uow, world=world: verdict(uow, world))  # type: ignore[misc]
        found.append(
            {
                "seed": seed,
                "recall": round(seen.recall, 4),
                "false_positives": round(seen.flagged, 4),
                "worth_knowing": round(seen.told, 4),
                "accounts_by_rule": seen.by_rule,
            }
        )
    return {"accounts": ACCOUNTS, "rings": len(RINGS), "worlds": found, "judged_seconds": round(mean(seconds), 2)}


def _empty(uow: UnitOfWork) -> None:
    """Each world has the scratch database for itself."""
    uow.session.execute(text("RESET ROLE"))
    uow.session.execute(text("SET LOCAL session_replication_role = replica"))
    uow.session.execute(text("TRUNCATE members, findings, products, risk_rules CASCADE"))
