"""Bargains that are offered: deals for one, whose price comes down chop by chop to the deal's own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialshop.deals import bargain_store, rules
from socialshop.deals.bargain_store import TermsRow
from socialshop.deals.rules import BuyAt
from socialshop.deals.service.moving import NewDeal, make_deal
from socialshop.deals.service.reading import DealView, deals_by_id
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money

# How long the money of a bargain that is bought may take: its room has one seat and is filled by it.
_ROOM_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewBargain:
    """An item whose price friends bring from `start_minor` to `floor_minor` by exactly `chops` chops.

    A bargain `lasts` from its start. It is bought at the price reached, or only at the floor. A newcomer's chop is
    expected to weigh `newcomer_bps` / 10,000 of another's; 10,000: the same. `shipping_minor` is what sending it costs,
    None the shop's own fee.
    """

    sku_id: uuid.UUID
    title: str
    start_minor: int
    floor_minor: int
    chops: int
    lasts: timedelta
    buy_at: BuyAt = BuyAt.REACHED
    newcomer_bps: int = rules.SAME_WEIGHT_BPS
    seat_hold: timedelta = rules.DEFAULT_SEAT_HOLD
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    per_member_limit: int | None = None
    quota: int | None = None
    shipping_minor: int | None = None


@dataclass(frozen=True, slots=True)
class BargainOffer:
    """A bargain that can be started: its deal, which says title, goods, clocks and limits, and how its price falls."""

    deal: DealView
    start: Money
    chops: int
    lasts: timedelta
    buy_at: BuyAt
    newcomer_bps: int

    @property
    def floor(self) -> Money:
        """The price after the last chop."""
        return self.deal.price


def offer_bargain(uow: UnitOfWork, actor: uuid.UUID, number: int, new: NewBargain) -> BargainOffer:
    """Offer a bargain; `number` is the member number of who answers for it.

    Raises NotFound (sku), InvalidValue, StandingLimited, and what opening a deal on these goods raises.
    """
    rules.check_bargain(new.start_minor, new.floor_minor, new.chops)
    terms = {
        "start_minor": new.start_minor,
        "chops": new.chops,
        "lasts_seconds": int(new.lasts.total_seconds()),
        "buy_at": new.buy_at.value,
        "newcomer_bps": new.newcomer_bps,
    }
    deal = make_deal(
        uow,
        actor,
        number,
        NewDeal(
            sku_id=new.sku_id,
            title=new.title,
            group_size=rules.ALONE,
            price_minor=new.floor_minor,
            room_ttl=_ROOM_LASTS,
            seat_hold=new.seat_hold,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            per_member_limit=new.per_member_limit,
            quota=new.quota,
            shipping_minor=new.shipping_minor,
        ),
        most_minor=new.start_minor,
        facts=terms,
    )
    bargain_store.add(uow.session, TermsRow(deal.id, **terms))  # type: ignore[arg-type]
    return bargain_offer(uow, deal.id)


def bargain_offer(uow: UnitOfWork, deal_id: uuid.UUID) -> BargainOffer:
    """One bargain that is or was offered. Raises NotFound."""
    found = _offers(uow, [deal_id])
    if not found:
        raise NotFound("no such bargain")
    return found[0]


def bargain_offers(uow: UnitOfWork, after: uuid.UUID | None, limit: int) -> list[BargainOffer]:
    """Up to `limit` bargains that can be started now, after this one. Three statements."""
    return _offers(uow, bargain_store.live(uow.session, uow.now, after, limit))


def bargain_offers_of(uow: UnitOfWork, number: int, before: uuid.UUID | None, limit: int) -> list[BargainOffer]:
    """Up to `limit` bargains that this member offers or offered, the newest first. Three statements."""
    return _offers(uow, bargain_store.of_leader(uow.session, number, before, limit))


def _offers(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> list[BargainOffer]:
    terms, deals = bargain_store.of_deals(uow.session, ids), deals_by_id(uow, ids)
    return [_offer(deals[deal_id], terms[deal_id]) for deal_id in ids if deal_id in terms]


def _offer(deal: DealView, terms: TermsRow) -> BargainOffer:
    return BargainOffer(
        deal=deal,
        start=Money(terms.start_minor, deal.price.currency),
        chops=terms.chops,
        lasts=timedelta(seconds=terms.lasts_seconds),
        buy_at=BuyAt(terms.buy_at),
        newcomer_bps=terms.newcomer_bps,
    )
