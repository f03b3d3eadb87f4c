"""The bench of coupons: checkouts by members with twenty coupons each, against the same by members with none."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import event, text

from socialshop.bench import market
from socialshop.infra.db import db
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.loyalty import service as loyalty
from socialshop.rooms import service as rooms

CHECKOUTS = 500
COUPONS = 20
_STACKING = ("alone", "other_kinds", "any")


def coupons(app: Flask) -> dict[str, Any]:
    """Open `CHECKOUTS` rooms by members with `COUPONS` coupons and as many by others, in turns."""
    with app.app_context():
        people = market.signed_in(2 * CHECKOUTS + 1)
        deal_id = market.a_deal(people[0], 5)
        shoppers = {"with": people[1 : CHECKOUTS + 1], "without": people[CHECKOUTS + 1 :]}
        in_unit_of_work(lambda uow: _give(uow, people[0].id, [person.id for person in shoppers["with"]]))
        took: dict[str, list[float]] = {side: [] for side in shoppers}
        made: dict[str, list[int]] = {side: [] for side in shoppers}
        for pair in zip(*shoppers.values(), strict=True):
            for side, person in zip(shoppers, pair, strict=True):
                with _statements() as count:
                    began = time.perf_counter()
                    in_unit_of_work(partial(rooms.open_room, buyer=person, deal_id=deal_id))
                    took[side].append(time.perf_counter() - began)
                made[side].append(count[0])
        used = in_unit_of_work(lambda uow: uow.session.execute(text("SELECT count(*) FROM coupon_uses")).scalar_one())
    return {
        "checkouts": CHECKOUTS,
        "coupons_each": COUPONS,
        "coupons_taken": used,
        **_side("with", made, took),
        **_side("without", made, took),
        "more_statements": max(made["with"]) - max(made["without"]),
        "ratio": round(median(took["without"]) / median(took["with"]), 3),
        "aim": "more_statements <= 3",
    }


def _side(name: str, made: Mapping[str, list[int]], took: Mapping[str, list[float]]) -> dict[str, Any]:
    return {f"statements_{name}": max(made[name]), f"ms_{name}": round(1000 * median(took[name]), 2)}


def _give(uow: UnitOfWork, admin: uuid.UUID, members: list[uuid.UUID]) -> None:
    """Coupons of three ways to stand beside others, with budgets; each of these members has each of them."""
    for place in range(COUPONS):
        figures: dict[str, Any] = {"kind": "amount", "amount_minor": 100 + place}
        if place % 4 == 0:
            figures = {"kind": "percentage", "rate_bps": 100 + place, "ceiling_minor": 2_000}
        terms = loyalty.Terms.model_validate({"currency": "CNY", "stacking": _STACKING[place % 3], **figures})
        new = loyalty.NewCoupon(f"bench {place}", terms, valid_days=30, budget_minor=10**9)
        made = loyalty.make_coupon(uow, admin, new)
        loyalty.issue_coupon(uow, admin, made.row.id, members, "bench")


@contextmanager
def _statements() -> Iterator[list[int]]:
    """How many statements the block makes, without what opens and closes a transaction."""
    count = [0]

    def note(*_: object) -> None:
        count[0] += 1

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield count
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
