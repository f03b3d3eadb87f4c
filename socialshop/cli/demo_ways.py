"""One of each further way to buy, for the demo: from a ladder to a storefront and a flash session."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from socialshop.cli import demo_world
from socialshop.cli.demo_rooms import ROOM_TTL, SEAT_HOLD, STOCK, Buyer, fill_room
from socialshop.kernel.roles import Role

if TYPE_CHECKING:
    from socialshop.infra.uow import UnitOfWork
    from socialshop.payments.gateway import Gateways

_LASTS = timedelta(days=7)
_FRIENDS = tuple(f"demo-{number:03}" for number in range(161, 166))
_OOLONG = (("100 g", 6900, 4900), ("250 g", 14900, 10900), ("500 g", 26900, 19900))


@dataclass(frozen=True, slots=True)
class _Leader:
    """Who opens all of it."""

    member_id: uuid.UUID
    number: int
    role: Role = Role.LEADER


def open_all(
    uow: UnitOfWork,
    admin: uuid.UUID,
    leader_id: uuid.UUID,
    units: Sequence[uuid.UUID],
    *,
    currency: str,
    gateways: Gateways,
) -> None:
    """Deals and rooms on the demo's goods (tea, towels, oranges, a quilt) and on one product of three sizes."""
    from socialshop.identity import service as identity

    leader = _Leader(leader_id, identity.number_of(uow, demo_world.LEADER))
    tea, towels, oranges, quilt = units
    rooms = (
        # One more who pays, and everybody pays less.
        (_ladder(uow, leader, tea), (demo_world.LEADER, "demo-141", "demo-142"), 3),
        (_perk(uow, leader, towels), ("demo-143", "demo-144"), 2),
        # Who has bought before is told why not.
        (_newcomers(uow, leader, oranges), (demo_world.LEADER,), 1),
        (_sizes(uow, admin, leader, currency), ("demo-145",), 1),
    )
    for deal, members, paid in rooms:
        fill_room(uow, deal, members, paid, gateways)
    _bargain(uow, leader, quilt)
    _storefront(uow, leader, [deal for deal, _, _ in rooms])
    _session(uow, leader, tea, oranges)


def _opened(
    uow: UnitOfWork, leader: _Leader, sku_id: uuid.UUID, title: str, *, size: int, minor: int, **more: Any
) -> uuid.UUID:
    from socialshop.deals import service as deals

    terms = {"room_ttl": ROOM_TTL, "seat_hold": SEAT_HOLD, **more}
    new = deals.NewDeal(sku_id=sku_id, title=title, group_size=size, price_minor=minor, **terms)
    return deals.open_deal(uow, leader.member_id, leader.number, new).id


def _ladder(uow: UnitOfWork, leader: _Leader, tea: uuid.UUID) -> uuid.UUID:
    from socialshop.deals.ladder import Step

    steps = (Step(2, 9900), Step(4, 8500), Step(6, 7200))
    title = "人越多越便宜：高山云雾茶 / Mountain mist, cheaper with more"
    return _opened(uow, leader, tea, title, size=steps[-1].size, minor=steps[0].price_minor, price_steps=steps)


def _perk(uow: UnitOfWork, leader: _Leader, towels: uuid.UUID) -> uuid.UUID:
    from socialshop.deals.perks import HostPerk, PerkKind

    perk = HostPerk(PerkKind.PERCENTAGE, rate_bps=1500)
    return _opened(
        uow, leader, towels, "开团优惠：纯棉毛巾 / Towels, less for the host", size=3, minor=3590, host_perk=perk
    )


def _newcomers(uow: UnitOfWork, leader: _Leader, oranges: uuid.UUID) -> uuid.UUID:
    title = "新人专享：赣南脐橙 / Oranges for a first order"
    return _opened(uow, leader, oranges, title, size=3, minor=1990, newcomer_only=True, per_member_limit=1)


def _sizes(uow: UnitOfWork, admin: uuid.UUID, leader: _Leader, currency: str) -> uuid.UUID:
    from socialshop.deals import service as deals

    skus = [deals.NewSku(f"OOLONG-{name.split()[0]}", name, alone, STOCK) for name, alone, _ in _OOLONG]
    new = deals.NewProduct("凤凰单丛 / Phoenix oolong", "乌岽山。 From the high gardens.", 7, skus)
    first, *others = deals.add_product(uow, admin, new, currency).skus
    more = {unit.id: together for unit, (_, _, together) in zip(others, _OOLONG[1:], strict=True)}
    return _opened(
        uow,
        leader,
        first.id,
        "凤凰单丛三种规格 / Phoenix oolong in three sizes",
        size=3,
        minor=_OOLONG[0][2],
        more_units=more,
    )


def _bargain(uow: UnitOfWork, leader: _Leader, quilt: uuid.UUID) -> None:
    """Started by the member; some friends and the leader have chopped."""
    from socialshop.deals import service as deals
    from socialshop.identity import service as identity
    from socialshop.rooms import service as rooms

    terms = {"start_minor": 59900, "floor_minor": 29900, "chops": 12, "lasts": _LASTS, "newcomer_bps": 20_000}
    new = deals.NewBargain(sku_id=quilt, title="砍价：羽绒被 / Bring down the quilt", **terms)  # type: ignore[arg-type]
    offer = deals.offer_bargain(uow, leader.member_id, leader.number, new)
    starter = Buyer(identity.number_of(uow, demo_world.MEMBER))
    begun = rooms.start_bargain(uow, starter, offer.deal.id)
    for friend in (*_FRIENDS, demo_world.LEADER):
        rooms.chop(uow, Buyer(identity.number_of(uow, friend)), begun.id)


def _storefront(uow: UnitOfWork, leader: _Leader, picked: Sequence[uuid.UUID]) -> None:
    """With the link that it is handed on by."""
    from socialshop.deals import service as deals
    from socialshop.invites import service as invites
    from socialshop.invites.gateway import subjects
    from socialshop.invites.rules import Kind

    picks = [deals.PickRow(deal, None) for deal in picked]
    new = deals.NewStorefront("小满的茶角 / Xiaoman's corner", "我自己喝的茶。 What I drink myself.", picks)
    front = deals.keep_storefront(uow, leader, new)
    invites.create_link(uow, leader.member_id, invites.NewLink(Kind.STOREFRONT, front.id), subjects())


def _session(uow: UnitOfWork, leader: _Leader, tea: uuid.UUID, oranges: uuid.UUID) -> None:
    """Live from now on, with two deals of its own; the first is pinned."""
    from socialshop.deals import service as deals

    titles = (
        (tea, "专场：高山云雾茶 / Mountain mist in the flash session", 8800),
        (oranges, "专场：赣南脐橙 / Oranges in the flash session", 2190),
    )
    drafts = [_opened(uow, leader, sku, title, size=2, minor=minor, draft=True) for sku, title, minor in titles]
    new = deals.NewSession(
        brand="云上茶山 / Hill above the clouds",
        title="新茶专场 / New tea, two days",
        intro="边喝边说。 The host tastes and tells.",
        starts_at=None,
        ends_at=uow.now + timedelta(days=2),
        stream_url=None,
        picks=[deals.SessionPick(deal, None, holds=True) for deal in drafts],
    )
    session = deals.announce_session(uow, leader, new, ())
    deals.pin(uow, leader, session.id, drafts[0])
