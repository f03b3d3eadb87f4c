"""Goods that the shop opens to its leaders: to all unless it says otherwise, at any price unless there is a floor."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from socialshop.audit import service as audit
from socialshop.deals import goods_store, store
from socialshop.deals.errors import BelowFloor, GoodsNotOpen
from socialshop.deals.goods_store import Leave, OpeningRow
from socialshop.deals.rules import OpenTo
from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role


@dataclass(frozen=True, slots=True)
class Opening:
    """To whom a unit is open, the least price of a deal of it in minor units, and the chosen leaders' ids.

    A leader keeps `margin_bps` of what a deal's price is above `supply_minor`, if that is said.
    """

    open_to: OpenTo
    floor_minor: int | None
    leader_ids: tuple[uuid.UUID, ...]
    supply_minor: int | None = None
    margin_bps: int | None = None


def opening(uow: UnitOfWork, sku_id: uuid.UUID) -> Opening:
    """To whom a unit is open. Raises NotFound."""
    if not store.unit_terms(uow.session, [sku_id]):
        raise NotFound("no such unit of a product")
    row = goods_store.find(uow.session, sku_id)
    leaders = identity.named(uow, numbers=row.chosen)
    chosen = tuple(leader.id for leader in leaders)
    return Opening(OpenTo(row.open_to), row.floor_minor, chosen, row.supply_minor, row.margin_bps)


def open_goods(uow: UnitOfWork, actor: uuid.UUID, sku_id: uuid.UUID, new: Opening) -> Opening:
    """Say to whom a unit is open from now on; deals that were made stay. Raises NotFound, InvalidValue."""
    unit = store.unit_terms(uow.session, [sku_id]).get(sku_id)
    if unit is None:
        raise NotFound("no such unit of a product")
    if new.floor_minor is not None and new.floor_minor >= unit.alone_minor:
        raise InvalidValue("a floor lies below the price alone", field="floor_price_minor")
    if new.supply_minor is not None and new.supply_minor >= unit.alone_minor:
        raise InvalidValue("the price of supply lies below the price alone", field="supply_price_minor")
    if (new.supply_minor is None) != (new.margin_bps is None):
        raise InvalidValue("a margin is a share of what lies above a price of supply", field="margin_bps")
    if bool(new.leader_ids) != (new.open_to is OpenTo.CHOSEN):
        raise InvalidValue("name leaders where goods are open to chosen ones, and only there", field="leader_ids")
    chosen = _leaders(uow, new.leader_ids)
    row = OpeningRow(new.open_to.value, new.floor_minor, chosen, new.supply_minor, new.margin_bps)
    goods_store.keep(uow.session, sku_id, row)
    facts = {
        "open_to": new.open_to.value,
        "floor": new.floor_minor,
        "supply": new.supply_minor,
        "margin_bps": new.margin_bps,
        "leaders": [to_public("mbr", leader) for leader in new.leader_ids],
    }
    audit.record(uow, actor=actor, action="goods.opened", target=to_public("sku", sku_id), facts=facts)
    return opening(uow, sku_id)


def leave_of(uow: UnitOfWork, number: int, sku_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Leave]:
    """What this member may do with these units; of one that is left out all. One statement."""
    return {sku_id: leave for (_, sku_id), leave in leaves_of(uow, [number], sku_ids).items()}


def leaves_of(
    uow: UnitOfWork, numbers: Sequence[int], sku_ids: Sequence[uuid.UUID]
) -> Mapping[tuple[int, uuid.UUID], Leave]:
    """What each of these members may do with each of these units; of one that is left out all. One statement."""
    return goods_store.leaves_of(uow.session, sku_ids, numbers)


def check_leave(leave: Leave | None, price_minor: int, field: str, *, goods: str = "sku_id") -> None:
    """Raises GoodsNotOpen (naming the field `goods`), BelowFloor: what the shop does not let a leader sell so."""
    if leave is None:
        return
    if not leave.is_open:
        raise GoodsNotOpen("the shop has not opened these goods to the leader", field=goods)
    if leave.floor_minor is not None and price_minor < leave.floor_minor:
        raise BelowFloor(
            "the shop lets these goods go at its floor or above", field=field, floor_minor=leave.floor_minor
        )


def margin_of(uow: UnitOfWork, number: int, sku_id: uuid.UUID) -> Mapping[str, int] | None:
    """What this member would keep of a unit's price in a deal made now; None where it is nothing. One statement."""
    kept = margins_of(leave_of(uow, number, [sku_id]))
    return None if kept is None else kept[str(sku_id)]


def margins_of(leaves: Mapping[uuid.UUID, Leave]) -> dict[str, dict[str, int]] | None:
    """What the member of these leaves keeps of each unit's price, as a deal keeps it; None where it is nothing."""
    kept = {
        str(sku_id): {"supply_minor": leave.supply_minor, "share_bps": leave.margin_bps}
        for sku_id, leave in leaves.items()
        if leave.supply_minor is not None and leave.margin_bps is not None
    }
    return kept or None


def _leaders(uow: UnitOfWork, ids: Collection[uuid.UUID]) -> list[int]:
    found = identity.named(uow, ids=list(ids))
    leaders = [member.number for member in found if member.role == Role.LEADER]
    if len(leaders) < len(set(ids)):
        raise NotFound("no such leader", field="leader_ids")
    return leaders
