"""What benches of rooms stand on: members who are signed in, deals with much stock, rooms whose ids SQL can name."""

from __future__ import annotations

import hashlib
import secrets
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import NullPool, create_engine, text

from socialshop.deals import service as deals
from socialshop.deals.service import NewDeal, NewProduct, NewSku
from socialshop.infra import lifeline
from socialshop.infra.uow import unit_of_work
from socialshop.rooms import service as rooms

_STOCK = 1_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the bench; the `place`th of all, counted from 1."""

    place: int
    number: int

    @property
    def id(self) -> uuid.UUID:
        return named("member", self.place)

    @property
    def token(self) -> str:
        return f"token-{self.place}"


@contextmanager
def process(module: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    """A process of the shop, for as long as the block runs."""
    command = [sys.executable, "-m", *module]
    with lifeline.tied(command, environment, 10):
        yield


def analyze() -> None:
    """Let the planner know what was planted, as in a shop that grew; by the owner, for the application may not."""
    url = current_app.config["SQLALCHEMY_DATABASE_URI"]
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as owner:
        owner.exec_driver_sql("ANALYZE")


def named(kind: str, place: int) -> uuid.UUID:
    """An id that SQL can name too: md5('room' || 7)::uuid."""
    return uuid.UUID(hashlib.md5(f"{kind}{place}".encode(), usedforsecurity=False).hexdigest())


def signed_in(count: int, start: int = 0) -> list[Member]:
    """Members who are signed in, with numbers in a row."""
    values = {"first": start + 1, "last": start + count}
    with unit_of_work() as uow:
        numbers = uow.session.execute(text(_ADD_MEMBERS), values).scalars().all()
        for statement in (_ADD_PROFILES, _ADD_SESSIONS):
            uow.session.execute(text(statement), values)
    people = [Member(start + 1 + place, number) for place, number in enumerate(sorted(numbers))]
    if people[-1].number - people[0].number != count - 1:
        raise RuntimeError("the members' numbers are not in a row")
    return people


_PLACES = "FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n ORDER BY n"
_ADD_MEMBERS = f"""
    INSERT INTO members (id, role, joined_at) SELECT md5('member' || n)::uuid, 'member', now() {_PLACES}
    RETURNING number
"""
_ADD_PROFILES = f"""
    INSERT INTO member_profiles (member_id, display_name, email, locale, time_zone)
    SELECT md5('member' || n)::uuid, 'Member ' || n, 'm' || n || '@example.com', 'zh', 'Asia/Shanghai' {_PLACES}
"""
_ADD_SESSIONS = f"""
    INSERT INTO member_sessions (id, token_hash, member_id, created_at, expires_at)
    SELECT md5('session' || n)::uuid, sha256(('token-' || n)::bytea), md5('member' || n)::uuid, now(),
        now() + interval '1 day' {_PLACES}
"""


def a_deal(seller: Member, size: int) -> uuid.UUID:
    """A live deal of its own product, with more stock than any bench sells."""
    tea = NewProduct("Spring tea", "", 7, [NewSku(secrets.token_hex(4), "box", 10_900, _STOCK)])
    with unit_of_work() as uow:
        sku = deals.add_product(uow, seller.id, tea, "CNY").skus[0]
        terms = NewDeal(sku.id, "Tea for many", size, 9_900, timedelta(hours=2))
        return deals.open_deal(uow, seller.id, seller.number, terms).id


def a_room(host: Member, size: int) -> uuid.UUID:
    """A room with its host's seat taken, in a deal of its own."""
    deal_id = a_deal(host, size)
    with unit_of_work() as uow:
        return rooms.open_room(uow, host, deal_id).room.id


def copy_rooms(like: uuid.UUID, places: range) -> None:
    """Empty rooms like this one, each named by its place."""
    with unit_of_work() as uow:
        uow.session.execute(text(_COPY_ROOMS), {"like": like, "first": places.start, "last": places.stop - 1})


_COPIED = (
    "deal_id, sku_id, title, price_minor, currency, return_days, seat_hold_seconds, per_member_limit, host, size,"
    " opened_at, expires_at"
)
_COPY_ROOMS = f"""
    INSERT INTO rooms (id, seats_taken, {_COPIED})
    SELECT md5('room' || n)::uuid, 0, {_COPIED}
    FROM rooms, generate_series(CAST(:first AS int), CAST(:last AS int)) AS n WHERE id = :like
"""  # noqa: S608 - texts of this module
