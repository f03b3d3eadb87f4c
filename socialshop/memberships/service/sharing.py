"""Families: an owner invites by a link, as many as the offer has seats; they share what the plan gives, to its end."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id
from socialshop.memberships.errors import FamilyFull, FamilyTaken, GiftGone
from socialshop.memberships.service.offering import OfferView, offer_of
from socialshop.memberships.service.subscribing import require
from socialshop.memberships.store import families as store
from socialshop.memberships.store import subscriptions
from socialshop.memberships.store.families import SeatRow

_TOKEN_BYTES = 24
_RUNS = ("active", "grace")


@dataclass(frozen=True, slots=True)
class Relative:
    """Who shares a plan; the name is None for one who has left the shop."""

    member_id: uuid.UUID
    name: str | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Family:
    """A plan that several share: its owner, who sits beside, and how many seats there are."""

    subscription_id: uuid.UUID
    offered: OfferView
    owner: str | None
    seats: int
    relatives: tuple[Relative, ...]


def make_family_link(uow: UnitOfWork, owner: int, subscription_id: uuid.UUID) -> str:
    """The token of the link that seats whoever opens it; told once, and the one before is worth nothing.

    Raises NotFound, PlanNotActive, FamilyFull (the plan has no seats).
    """
    row = require(uow, owner, subscription_id, _RUNS)
    if not offer_of(uow, row.offer_id).offer.family_seats:
        raise FamilyFull("this plan is for one")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    store.set_link(uow.session, row.id, identity.hash_of(token), uow.now)
    return token


def join_family(uow: UnitOfWork, member: int, token: str) -> uuid.UUID:
    """Sit down where a link leads; returns the subscription. Said again, nothing changes.

    Raises GiftGone (no such link, or the plan has ended), FamilyFull, FamilyTaken (the owner, or in another family).
    """
    linked = store.linked(uow.session, identity.hash_of(token))
    row = subscriptions.lock_all(uow.session, [linked]).get(linked) if linked else None
    if row is None or row.status not in _RUNS:
        raise GiftGone("this link gives nothing any more")
    seats = store.seats_of(uow.session, [row.id])
    if member in (seat.member for seat in seats):
        return row.id
    if len(seats) >= offer_of(uow, row.offer_id).offer.family_seats:
        raise FamilyFull("every seat of this family is taken")
    if member == row.member or not store.add_seat(uow.session, SeatRow(new_id(), row.id, member, uow.now)):
        raise FamilyTaken("you share a plan already")
    return row.id


def leave_family(uow: UnitOfWork, member: int) -> None:
    """Stand up. Raises NotFound where the member sits in none."""
    seat = store.seat_of(uow.session, member)
    if seat is None or not store.leave(uow.session, seat.subscription_id, member, uow.now):
        raise NotFound("you share no plan")


def unseat(uow: UnitOfWork, owner: int, subscription_id: uuid.UUID, member_id: uuid.UUID) -> None:
    """The owner takes a seat back. Said again, nothing changes. Raises NotFound, PlanNotActive."""
    row = require(uow, owner, subscription_id, _RUNS)
    for who in identity.named(uow, ids=[member_id]):
        store.leave(uow.session, row.id, who.number, uow.now)


@dataclass(frozen=True, slots=True)
class SharedPlan:
    """A plan that gives a member its benefits: the member's own, or one that the member shares."""

    subscription_id: uuid.UUID
    offered: OfferView


def shared_plan(uow: UnitOfWork, member: int) -> SharedPlan | None:
    """The plan that the member has, or else shares; None where there is none. Three statements."""
    running = subscriptions.running(uow.session, member)
    if running is None and (seat := store.seat_of(uow.session, member)) is not None:
        running = seat.subscription_id
    if running is None:
        return None
    row = subscriptions.lock_all(uow.session, [running])[running]
    return SharedPlan(running, offer_of(uow, row.offer_id))


def family_of(uow: UnitOfWork, member: int) -> Family | None:
    """The family that the member owns or sits in; None where there is none."""
    seat = store.seat_of(uow.session, member)
    own = subscriptions.running(uow.session, member) if seat is None else seat.subscription_id
    if own is None:
        return None
    row = subscriptions.lock_all(uow.session, [own])[own]
    offered = offer_of(uow, row.offer_id)
    if not offered.offer.family_seats:
        return None
    seats = store.seats_of(uow.session, [own])
    named = {who.number: who for who in identity.named(uow, numbers=[row.member, *(each.member for each in seats)])}
    return Family(
        subscription_id=own,
        offered=offered,
        owner=named[row.member].display_name,
        seats=offered.offer.family_seats,
        relatives=tuple(
            Relative(named[each.member].id, named[each.member].display_name, each.joined_at) for each in seats
        ),
    )
