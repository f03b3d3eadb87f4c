"""Generated worlds for benches and size tests: a million members by preferential attachment, and their orders.

Seeded, so that one number names a world. Written fast: columns by numpy, lines joined a block at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from socialshop.infra.uow import UnitOfWork
from socialshop.referrals import service as referrals
from socialshop.referrals.tree import TOP, Ints

_SPONSORED_PERCENT = 85
_COPIED_PERCENT = 50
_LINES_AT_ONCE = 50_000
_FIRST_JOINED = np.datetime64("2020-01-01T00:00:00", "s")
_FIRST_ORDERED = np.datetime64("2024-01-01T00:00:00", "s")
_SECONDS_OF_JOINING = 1_400 * 86_400
_SECONDS_OF_ORDERING = 700 * 86_400
_DEAREST_MINOR = 50_000


@dataclass(frozen=True, slots=True)
class World:
    """Members 0 … n-1, each under `sponsor[i]` (TOP: nobody), and orders by `buyer`, in minor units of CNY."""

    sponsor: Ints
    joined_at: npt.NDArray[np.datetime64]
    buyer: Ints
    amount_minor: Ints
    ordered_at: npt.NDArray[np.datetime64]


def generate(members: int, orders: int, seed: int) -> World:
    """A world where who has brought many brings more, 85 % have a sponsor, and everybody joins after the sponsor."""
    random = np.random.default_rng(seed)
    return World(
        sponsor=preferential_sponsors(members, random),
        joined_at=_FIRST_JOINED + np.sort(random.integers(0, _SECONDS_OF_JOINING, members)).astype("timedelta64[s]"),
        buyer=random.integers(0, max(members, 1), orders),
        amount_minor=random.integers(0, _DEAREST_MINOR, orders),
        ordered_at=_FIRST_ORDERED + np.sort(random.integers(0, _SECONDS_OF_ORDERING, orders)).astype("timedelta64[s]"),
    )


def preferential_sponsors(members: int, random: np.random.Generator) -> Ints:
    """Sponsors by preferential attachment (the copying model of Kleinberg and others, 1999).

    Each newcomer meets an earlier member at random and joins under that member or, as often, under that member's own
    sponsor: so a sponsor is met in proportion to how many it has brought.
    """
    newcomer = np.arange(members)
    met = (random.random(members) * newcomer).astype(np.int64)
    copies = random.integers(0, 100, members) < _COPIED_PERCENT
    copies[:2] = False
    # Who copies takes the sponsor of the one it met, who may copy in turn: follow to the first who does not.
    source = np.where(copies, met, newcomer)
    while not np.array_equal(further := source[source], source):
        source = further
    sponsor = met[source]
    sponsor[random.integers(0, 100, members) >= _SPONSORED_PERCENT] = TOP
    sponsor[:1] = TOP
    return sponsor


def write_members(world: World, path: Path, seed: int) -> None:
    """The members as `import members` takes them, shuffled: a sponsor may come after the members brought in."""
    order = np.random.default_rng(seed).permutation(len(world.sponsor))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("external_id,sponsor_external_id,joined_at\n")
        for part in _parts(len(order)):
            who = order[part]
            sponsors = (f"m{s}" if s != TOP else "" for s in world.sponsor[who].tolist())
            joined = np.datetime_as_string(world.joined_at[who]).tolist()
            rows = zip(who.tolist(), sponsors, joined, strict=True)
            file.write("".join(f"m{member},{sponsor},{at}Z\n" for member, sponsor, at in rows))


def write_orders(world: World, path: Path) -> None:
    """The orders as `import orders` takes them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("external_id,member_external_id,ordered_at,amount,currency,quantity\n")
        for part in _parts(len(world.buyer)):
            ordered = np.datetime_as_string(world.ordered_at[part]).tolist()
            rows = zip(
                range(part.start, part.stop),
                world.buyer[part].tolist(),
                ordered,
                world.amount_minor[part].tolist(),
                strict=True,
            )
            file.write("".join(f"o{i},m{b},{at}Z,{a // 100}.{a % 100:02},CNY,1\n" for i, b, at, a in rows))


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, _LINES_AT_ONCE):
        yield slice(start, min(start + _LINES_AT_ONCE, count))


def plant(uow: UnitOfWork, world: World) -> None:
    """The members straight into an empty shop, numbered from 1 and placed in the tree; for benches of what follows."""
    count = len(world.sponsor)
    uow.session.execute(
        text(
            "INSERT INTO members (id, number, external_id, joined_at)"
            " SELECT gen_random_uuid(), n, 'm' || n - 1, '2020-01-01Z' FROM generate_series(1, :count) n"
        ),
        {"count": count},
    )
    # A sponsor of TOP (-1) becomes 0, nobody.
    joined = np.zeros(count, dtype=np.int64)
    referrals.place_many(uow, numbers=np.arange(1, count + 1), sponsors=world.sponsor + 1, placed_at=joined)
