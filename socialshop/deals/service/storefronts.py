"""A leader's storefront: deals and goods that the leader picked, in an order, under a title, with a link of its own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialshop.audit import service as audit
from socialshop.deals import pictures, rules, storefront_store
from socialshop.deals.pictures import ShownPicture
from socialshop.deals.rules import Status
from socialshop.deals.service.reading import Caller, DealView, deals_by_id
from socialshop.deals.service.stocking import ProductView, products_by_id
from socialshop.deals.storefront_store import PickRow, StorefrontRow
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public

STOREFRONT_PREFIX = "sfr"
LONGEST_TITLE, LONGEST_INTRO, MOST_PICKS = 80, 500, 50


@dataclass(frozen=True, slots=True)
class Pick:
    """What stands at a place of a storefront: a deal or a product."""

    deal: DealView | None
    product: ProductView | None


@dataclass(frozen=True, slots=True)
class Storefront:
    """A storefront as everybody sees it; the leader's name is empty once the person has left the shop."""

    id: uuid.UUID
    leader_id: uuid.UUID
    leader: str
    title: str
    intro: str
    picks: tuple[Pick, ...]
    banner: ShownPicture | None


@dataclass(frozen=True, slots=True)
class NewStorefront:
    """What a storefront is to be; each pick is a deal (published, for everybody, no bargain) or a product, once."""

    title: str
    intro: str
    picks: Sequence[PickRow]


def keep_storefront(uow: UnitOfWork, caller: Caller, new: NewStorefront) -> Storefront:
    """Make the own storefront, or make it anew. Raises InvalidValue, NotFound (a pick), StandingLimited."""
    identity.require_standing(uow, caller.number, Deed.OPEN)
    title, intro = new.title.strip(), new.intro.strip()
    if not 1 <= len(title) <= LONGEST_TITLE or len(intro) > LONGEST_INTRO:
        raise InvalidValue("a storefront has a title of 1 to 80 characters and up to 500 of words", field="title")
    if len(new.picks) > MOST_PICKS or len(set(new.picks)) < len(new.picks):
        raise InvalidValue("a storefront has up to 50 picks, each once", field="picks")
    _check_picks(uow, new.picks)
    values = {"id": new_id(), "leader": caller.number, "title": title, "intro": intro, "at": uow.now}
    kept = storefront_store.keep(uow.session, values, new.picks)
    target, facts = to_public(STOREFRONT_PREFIX, kept), {"picks": len(new.picks)}
    audit.record(uow, actor=caller.member_id, action="storefront.kept", target=target, facts=facts)
    return storefront(uow, kept)


def storefront(uow: UnitOfWork, storefront_id: uuid.UUID) -> Storefront:
    """One storefront of somebody who leads. Raises NotFound."""
    row = storefront_store.find(uow.session, storefront_id)
    if row is None or not row.leads:
        raise NotFound("no such storefront")
    return _shown(uow, row)


def storefront_of(uow: UnitOfWork, leader: int) -> Storefront | None:
    """The leader's own storefront; None where there is none yet."""
    row = storefront_store.of_leader(uow.session, leader)
    return None if row is None else _shown(uow, row)


def storefront_titles(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """What these storefronts are called. One statement."""
    return storefront_store.titles(uow.session, ids)


def _check_picks(uow: UnitOfWork, picks: Sequence[PickRow]) -> None:
    deal_ids = [pick.deal_id for pick in picks if pick.deal_id is not None]
    found = deals_by_id(uow, deal_ids)
    for deal_id in deal_ids:
        deal = found.get(deal_id)
        if deal is None or deal.status is Status.DRAFT or deal.group_size == rules.ALONE or deal.invited_only:
            raise NotFound("no such deal", field="picks")
    products = [pick.product_id for pick in picks if pick.product_id is not None]
    if len(products_by_id(uow, products)) < len(products):
        raise NotFound("no such product", field="picks")


def _shown(uow: UnitOfWork, row: StorefrontRow) -> Storefront:
    picks = storefront_store.picks_of(uow.session, row.id)
    deals = deals_by_id(uow, [pick.deal_id for pick in picks if pick.deal_id is not None])
    products = products_by_id(uow, [pick.product_id for pick in picks if pick.product_id is not None])
    shown = tuple(
        Pick(
            None if pick.deal_id is None else deals[pick.deal_id],
            None if pick.product_id is None else products[pick.product_id],
        )
        for pick in picks
    )
    banner = pictures.read(row.banner)
    return Storefront(row.id, row.leader_id, row.display_name or "", row.title, row.intro, shown, banner)
