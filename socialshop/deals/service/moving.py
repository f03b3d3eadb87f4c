"""Where a deal stands: opened, published, paused, resumed, ended. Every step is in the audit record."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from socialshop.audit import service as audit
from socialshop.deals import ladder, perks, product_store, rules, store
from socialshop.deals.errors import DealNotLive
from socialshop.deals.events import DealMoved
from socialshop.deals.goods_store import Leave
from socialshop.deals.ladder import Ladder
from socialshop.deals.perks import HostPerk
from socialshop.deals.rules import LatePayer, Status, Subsidy
from socialshop.deals.service.goods import leave_of, margins_of
from socialshop.deals.service.reading import Caller, DealView, known, own_deal, view_of
from socialshop.deals.service.terms import Terms, check_drafts, check_terms
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role


@dataclass(frozen=True, slots=True)
class NewDeal:
    """A price for a group of `group_size`, below the price alone; what is None has its default or no limit.

    With a ladder, `price_minor` is the price of its smallest step, which everybody pays. `more_units` of the product
    may be chosen instead of the first, each at its price; on a ladder all cost the same. `shipping_minor` is what
    sending an order costs, None the shop's own fee.
    """

    sku_id: uuid.UUID
    title: str
    group_size: int
    price_minor: int
    room_ttl: timedelta
    seat_hold: timedelta = rules.DEFAULT_SEAT_HOLD
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    per_member_limit: int | None = None
    quota: int | None = None
    draft: bool = False
    minimum_tier: str | None = None
    circle_only: bool = False
    late_payer: LatePayer = LatePayer.REFUND
    price_steps: Ladder = ()
    host_perk: HostPerk | None = None
    newcomer_only: bool = False
    return_days: int | None = None
    subsidy: Subsidy | None = None
    shipping_minor: int | None = None
    more_units: Mapping[uuid.UUID, int] = field(default_factory=dict)


def open_deal(uow: UnitOfWork, actor: uuid.UUID, number: int, new: NewDeal) -> DealView:
    """Make a deal; `number` is the member number of who answers for it. Raises NotFound (sku), InvalidValue,
    GoodsNotOpen, GoodsOffSale, BelowFloor, StandingLimited.
    """
    return make_deal(uow, actor, number, new)


def make_deal(
    uow: UnitOfWork,
    actor: uuid.UUID,
    number: int,
    new: NewDeal,
    *,
    most_minor: int | None = None,
    facts: Mapping[str, object] | None = None,
) -> DealView:
    """Make a deal, or what of a bargain is one: then `most_minor` is what it costs at first, `facts` its own terms.

    Raises as `open_deal` does.
    """
    identity.require_standing(uow, number, Deed.OPEN)
    starts_at = new.starts_at or uow.now
    rules.check_clocks(starts_at, new.ends_at, new.room_ttl, uow.now)
    if new.subsidy is not None:
        rules.check_subsidy(new.subsidy, new.group_size)
        if new.price_steps:
            raise InvalidValue("a ladder fills its rooms at the clock by itself", field="fill_policy")
    leaves = leave_of(uow, number, [new.sku_id, *new.more_units])
    terms_said = Terms(
        prices={new.sku_id: new.price_minor, **new.more_units},
        group_size=new.group_size,
        return_days=new.return_days,
        steps=new.price_steps,
        perk=new.host_perk,
        most_minor=most_minor,
    )
    check_terms(store.unit_terms(uow.session, list(terms_said.prices)), leaves, terms_said)
    if new.minimum_tier is not None and not store.is_tier(uow.session, new.minimum_tier, uow.now):
        raise InvalidValue("no tier of the programme in force has this code", field="minimum_tier")
    deal_id = new_id()
    terms = _terms_of(new, starts_at, leaves)
    store.add_deal(
        uow.session, {"id": deal_id, "sku_id": new.sku_id, "opened_by": number, "created_at": uow.now, **terms}
    )
    if new.subsidy is not None:
        store.add_subsidy(uow.session, deal_id, *new.subsidy)
        terms |= {"subsidy_from": new.subsidy.from_seats, "subsidy_budget_minor": new.subsidy.budget_minor}
    if new.more_units:
        store.add_deal_skus(uow.session, deal_id, {new.sku_id: new.price_minor, **new.more_units})
        terms["more_units"] = {to_public("sku", sku_id): price for sku_id, price in new.more_units.items()}
    target = to_public("deal", deal_id)
    audit.record(
        uow,
        actor=actor,
        action="deal.opened",
        target=target,
        facts={"sku": to_public("sku", new.sku_id), **terms, **(facts or {})},
    )
    return view_of(known(uow, deal_id), uow.now)


def _terms_of(new: NewDeal, starts_at: datetime, leaves: Mapping[uuid.UUID, Leave]) -> dict[str, object]:
    """What a deal's own row keeps of it."""
    return {
        "title": new.title,
        "group_size": new.group_size,
        "price_minor": new.price_minor,
        "starts_at": starts_at,
        "ends_at": new.ends_at,
        "room_ttl_seconds": int(new.room_ttl.total_seconds()),
        "seat_hold_seconds": int(new.seat_hold.total_seconds()),
        "per_member_limit": new.per_member_limit,
        "quota": new.quota,
        "late_payer": new.late_payer,
        "draft": new.draft,
        "minimum_tier": new.minimum_tier,
        "circle_only": new.circle_only,
        "price_steps": ladder.document_of(new.price_steps),
        "host_perk": perks.document_of(new.host_perk),
        "newcomer_only": new.newcomer_only,
        "return_days": new.return_days,
        "leader_margin": margins_of(leaves),
        "shipping_minor": new.shipping_minor,
    }


def publish_deal(uow: UnitOfWork, actor: uuid.UUID, number: int | None, deal_id: uuid.UUID) -> DealView:
    """End a draft; a published deal stays as it is. `number` None may publish anybody's.

    What the shop says of the goods counts as it is now, not as it was when the draft was made. Raises NotFound, also
    for another's; DealNotLive if the draft's end has passed meanwhile; and what `open_deal` raises.
    """
    found = own_deal(uow, number, deal_id)
    if found.status is not Status.DRAFT:
        return found
    if found.ends_at is not None and found.ends_at <= uow.now:
        raise DealNotLive("the deal's end has passed before it was published")
    check_drafts(uow, [deal_id], "deal_id")
    if store.end_draft(uow.session, deal_id, uow.now):
        audit.record(uow, actor=actor, action="deal.published", target=to_public("deal", deal_id), facts={})
    return view_of(known(uow, deal_id), uow.now)


def pause(uow: UnitOfWork, caller: Caller, deal_id: uuid.UUID) -> DealView:
    """Let nobody open a room on the deal or join one, until it is resumed; who has a seat keeps it and pays.

    A paused deal stays as it is. Raises NotFound, also for another's; DealNotLive for a draft and for what is over.
    """
    found = _to_move(uow, caller, deal_id)
    if found.status is Status.PAUSED:
        return found
    _check_published(found)
    store.set_paused(uow.session, deal_id, uow.now)
    return _moved(uow, caller, deal_id, "deal.paused")


def resume(uow: UnitOfWork, caller: Caller, deal_id: uuid.UUID) -> DealView:
    """End a pause: the deal is again what its clocks say. One that is not paused stays as it is.

    Raises NotFound, also for another's; DealNotLive for a draft and for what is over.
    """
    found = _to_move(uow, caller, deal_id)
    _check_published(found)
    if found.status is not Status.PAUSED:
        return found
    store.set_paused(uow.session, deal_id, None)
    return _moved(uow, caller, deal_id, "deal.resumed")


def end(uow: UnitOfWork, caller: Caller, deal_id: uuid.UUID) -> DealView:
    """End a deal before its time, for good: no room is opened on it any more; open rooms live on.

    What is over stays as it is. Raises NotFound, also for another's; DealNotLive for a draft.
    """
    found = _to_move(uow, caller, deal_id)
    if found.status is Status.ENDED:
        # It would have gone on once its goods are back on sale.
        return _moved(uow, caller, deal_id, "deal.ended") if product_store.end_for_good(uow.session, deal_id) else found
    _check_published(found)
    if found.status is Status.PAUSED:
        # Its open rooms are joined again: they live on until they are filled or expire.
        store.set_paused(uow.session, deal_id, None)
    store.set_ended(uow.session, deal_id, uow.now)
    return _moved(uow, caller, deal_id, "deal.ended")


def _to_move(uow: UnitOfWork, caller: Caller, deal_id: uuid.UUID) -> DealView:
    """The deal under its lock, for who has a say about it."""
    store.lock_deal(uow.session, deal_id)
    return own_deal(uow, None if caller.role is Role.ADMIN else caller.number, deal_id)


def _check_published(found: DealView) -> None:
    if found.status is Status.DRAFT:
        raise DealNotLive("the deal is a draft: publish it first")
    if found.status is Status.ENDED:
        raise DealNotLive("the deal is over")


def _moved(uow: UnitOfWork, caller: Caller, deal_id: uuid.UUID, action: str) -> DealView:
    audit.record(uow, actor=caller.member_id, action=action, target=to_public("deal", deal_id), facts={})
    uow.emit(DealMoved(deal_id=deal_id))
    return view_of(known(uow, deal_id), uow.now)
