"""Flash sessions: made, changed while they are announced, called off, and what is pinned while they are live.

A deal that `holds` to its session takes the session's clock: it begins and ends with it, so whatever looks at a deal's
clock (seats, early access, lists) needs to know of no session.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.deals import flash, rules, session_store
from socialshop.deals.errors import DealBegun, DealInSession, SessionBegun, SessionNotLive
from socialshop.deals.events import DealMoved
from socialshop.deals.flash import SESSION_PREFIX, SessionStatus
from socialshop.deals.rules import Status
from socialshop.deals.service.reading import Caller, DealView, deals_by_id
from socialshop.deals.service.stocking import ProductView, products_by_id
from socialshop.deals.service.terms import check_drafts
from socialshop.deals.session_store import HeldRow, PulseRow, SessionPick, SessionRow
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a session is to be; each pick is a deal (no bargain) or a product, once."""

    brand: str
    title: str
    intro: str
    starts_at: datetime | None
    ends_at: datetime
    stream_url: str | None
    picks: Sequence[SessionPick]


@dataclass(frozen=True, slots=True)
class SessionFace:
    """A session as lists show it; the name of who opened it is empty once the person has left the shop."""

    id: uuid.UUID
    status: SessionStatus
    opened_by: int
    opener_id: uuid.UUID
    opener: str
    brand: str
    title: str
    intro: str
    starts_at: datetime
    ends_at: datetime
    stream_url: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands at a place of a session: a deal or a product, and whether it is pinned now."""

    deal: DealView | None
    product: ProductView | None
    holds: bool
    is_pinned: bool

    @property
    def id(self) -> uuid.UUID:
        """The id of the deal or product."""
        if self.deal is not None:
            return self.deal.id
        if self.product is not None:
            return self.product.id
        raise LookupError("a pick is a deal or a product")


@dataclass(frozen=True, slots=True)
class FlashSession:
    """A session with what stands in it."""

    face: SessionFace
    picks: tuple[Shown, ...]

    @property
    def id(self) -> uuid.UUID:
        """The session's id."""
        return self.face.id


@dataclass(frozen=True, slots=True)
class Pulse:
    """What changes while people look at a session; the pinned deal or product, or neither.

    `scarce` changes with the numbers of what is nearly sold out.
    """

    status: SessionStatus
    version: int
    stream_url: str | None
    pinned: tuple[str, uuid.UUID] | None
    scarce: str

    @property
    def tag(self) -> str:
        """Another text for every other answer; the clock alone may change it."""
        return f"{self.version}-{self.status.value}-{self.scarce[:12]}"


def announce_session(uow: UnitOfWork, caller: Caller, new: NewSession, stream_hosts: Collection[str]) -> FlashSession:
    """Make a session; deals that hold to it take its clock at once, drafts among them are published by it.

    Raises InvalidValue, NotFound (a pick, another leader's deal), DealBegun, DealInSession, StandingLimited, and of a
    draft what publishing it raises.
    """
    identity.require_standing(uow, caller.number, Deed.OPEN)
    checked = _checked(uow, replace(new, starts_at=new.starts_at or uow.now), stream_hosts)
    session_id = new_id()
    session_store.add(uow.session, {"id": session_id, "opened_by": caller.number, "at": uow.now, **_said(checked)})
    _put(uow, None if caller.role is Role.ADMIN else caller.number, session_id, checked)
    _record(uow, caller, "session.announced", session_id, _facts(checked))
    return flash_session(uow, session_id)


def change_session(
    uow: UnitOfWork, caller: Caller, session_id: uuid.UUID, changes: Mapping[str, object], stream_hosts: Collection[str]
) -> FlashSession:
    """Change an announced session: what is absent stays. While it is live the stream's address alone may be given.

    `changes` are fields of NewSession. A deal that is taken out keeps the clock that it has. Raises NotFound, also for
    another's; SessionBegun, and what announcing raises.
    """
    found = _to_change(uow, caller, session_id)
    stream_alone = found.status is SessionStatus.LIVE and set(changes) <= {"stream_url"}
    if found.status is not SessionStatus.ANNOUNCED and not stream_alone:
        raise SessionBegun("a session is changed while it is announced")
    now_said = NewSession(
        found.brand,
        found.title,
        found.intro,
        found.starts_at,
        found.ends_at,
        found.stream_url,
        session_store.picks_of(uow.session, session_id),
    )
    if stream_alone:
        changed = replace(now_said, **changes)  # type: ignore[arg-type]
        if changed.stream_url is not None:
            flash.check_stream(changed.stream_url, stream_hosts)
    else:
        changed = _checked(uow, replace(now_said, **changes), stream_hosts)  # type: ignore[arg-type]
    session_store.change(uow.session, {"id": session_id, **_said(changed)})
    if not stream_alone:
        _put(uow, _whose_deals(uow, found), session_id, changed)
    _record(uow, caller, "session.changed", session_id, _facts(changed))
    return flash_session(uow, session_id)


def cancel_session(uow: UnitOfWork, caller: Caller, session_id: uuid.UUID) -> FlashSession:
    """Call a session off, for good: deals that hold to it end, rooms that are open live on.

    A leader's session ends that leader's deals alone: another's is let go with the clock that it has. What was
    cancelled stays as it is. Raises NotFound, also for another's; SessionNotLive once it is over.
    """
    found = _to_change(uow, caller, session_id)
    if found.status is SessionStatus.ENDED:
        raise SessionNotLive("the session is over")
    if found.status is SessionStatus.CANCELLED:
        return flash_session(uow, session_id)
    held = [pick.deal_id for pick in session_store.picks_of(uow.session, session_id) if pick.holds and pick.deal_id]
    whose = _whose_deals(uow, found)
    own = [row.id for row in session_store.lock_deals(uow.session, held) if whose in (None, row.opened_by)]
    ended = session_store.end_deals(uow.session, own, uow.now)
    session_store.let_go(uow.session, session_id, [deal_id for deal_id in held if deal_id not in own])
    session_store.cancel(uow.session, session_id, uow.now)
    facts = {"deals_ended": [to_public("deal", deal) for deal in sorted(ended)]}
    _record(uow, caller, "session.cancelled", session_id, facts)
    uow.emit_all([DealMoved(deal_id=deal) for deal in ended])
    return flash_session(uow, session_id)


def pin(uow: UnitOfWork, caller: Caller, session_id: uuid.UUID, wanted: uuid.UUID | None) -> FlashSession:
    """Pin a deal or product of a live session, in place of what was pinned; None pins nothing.

    Raises NotFound, also for another's session and for what does not stand in it; SessionNotLive.
    """
    _to_change(uow, caller, session_id)
    picks = session_store.picks_of(uow.session, session_id)
    places = [place for place, pick in enumerate(picks, 1) if wanted in (pick.deal_id, pick.product_id)]
    if wanted is not None and not places:
        raise NotFound("nothing of this id stands in the session", field="pick_id")
    if not session_store.pin(uow.session, session_id, places[0] if wanted is not None else None, uow.now):
        raise SessionNotLive("goods are pinned while the session is live")
    facts = {"place": places[0] if wanted is not None else 0}
    _record(uow, caller, "session.pinned", session_id, facts)
    return flash_session(uow, session_id)


def flash_session(uow: UnitOfWork, session_id: uuid.UUID) -> FlashSession:
    """One session with what stands in it. Raises NotFound. Five statements, however much stands in it."""
    row = known_session(uow, session_id)
    picks = session_store.picks_of(uow.session, session_id)
    deals = deals_by_id(uow, [pick.deal_id for pick in picks if pick.deal_id is not None])
    products = products_by_id(uow, [pick.product_id for pick in picks if pick.product_id is not None])
    shown = tuple(
        Shown(
            None if pick.deal_id is None else deals[pick.deal_id],
            None if pick.product_id is None else products[pick.product_id],
            pick.holds,
            place == row.pinned_place,
        )
        for place, pick in enumerate(picks, 1)
    )
    return FlashSession(face_of(row, uow.now), shown)


def own_session(uow: UnitOfWork, number: int | None, session_id: uuid.UUID) -> FlashSession:
    """A session as who opened it sees it; `number` None sees anybody's. Raises NotFound."""
    found = flash_session(uow, session_id)
    _check_owner(found.face.opened_by, number)
    return found


def check_own_session(uow: UnitOfWork, number: int | None, session_id: uuid.UUID) -> None:
    """Raises NotFound, also for what another opened; `number` None may see anybody's. One statement."""
    _check_owner(known_session(uow, session_id).opened_by, number)


def sessions(uow: UnitOfWork, after: uuid.UUID | None, limit: int) -> list[SessionFace]:
    """Up to `limit` sessions that are live or announced, after this one. One statement."""
    return [face_of(row, uow.now) for row in session_store.showing(uow.session, uow.now, after, limit)]


def next_sessions(uow: UnitOfWork, limit: int) -> list[SessionFace]:
    """Up to `limit` sessions that are live or coming, what ends or begins first standing first. One statement."""
    return [face_of(row, uow.now) for row in session_store.next_ones(uow.session, uow.now, limit)]


def sessions_of(uow: UnitOfWork, number: int | None, before: uuid.UUID | None, limit: int) -> list[SessionFace]:
    """Up to `limit` sessions that a member opened, or anybody where `number` is None, the newest first."""
    return [face_of(row, uow.now) for row in session_store.opened_by(uow.session, number, before, limit)]


def session_titles(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """What these sessions are called. One statement."""
    return session_store.titles(uow.session, ids)


def pulse(uow: UnitOfWork, session_id: uuid.UUID) -> Pulse:
    """What changes while people look. Raises NotFound. One read by keys, changed or not."""
    row = session_store.pulse(uow.session, session_id)
    if row is None:
        raise NotFound("no such session")
    status = flash.status_at(uow.now, starts_at=row.starts_at, ends_at=row.ends_at, cancelled=row.cancelled)
    pinned = _pinned(row) if status is SessionStatus.LIVE else None
    return Pulse(status, row.version, row.stream_url, pinned, row.scarce)


def face_of(row: SessionRow, now: datetime) -> SessionFace:
    """The session as lists show it."""
    status = flash.status_at(now, starts_at=row.starts_at, ends_at=row.ends_at, cancelled=row.cancelled)
    return SessionFace(
        id=row.id,
        status=status,
        opened_by=row.opened_by,
        opener_id=row.opener_id,
        opener=row.display_name or "",
        brand=row.brand,
        title=row.title,
        intro=row.intro,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        stream_url=row.stream_url,
        version=row.version,
    )


def known_session(uow: UnitOfWork, session_id: uuid.UUID) -> SessionRow:
    """The session as it is kept. Raises NotFound."""
    row = session_store.find(uow.session, session_id)
    if row is None:
        raise NotFound("no such session")
    return row


def _pinned(row: PulseRow) -> tuple[str, uuid.UUID] | None:
    if row.deal_id is not None:
        return ("deal", row.deal_id)
    return None if row.product_id is None else ("prd", row.product_id)


def _to_change(uow: UnitOfWork, caller: Caller, session_id: uuid.UUID) -> SessionFace:
    """The session under its lock, for who has a say about it."""
    session_store.lock(uow.session, session_id)
    row = known_session(uow, session_id)
    _check_owner(row.opened_by, None if caller.role is Role.ADMIN else caller.number)
    return face_of(row, uow.now)


def _check_owner(opened_by: int, number: int | None) -> None:
    """Raises NotFound for what another opened; `number` None has a say about anybody's."""
    if number is not None and opened_by != number:
        raise NotFound("no such session")


def _checked(uow: UnitOfWork, new: NewSession, stream_hosts: Collection[str]) -> NewSession:
    """The session without blanks around its words. Raises InvalidValue."""
    said = replace(new, brand=new.brand.strip(), title=new.title.strip(), intro=new.intro.strip())
    for field, value, least, most in (
        ("brand", said.brand, 1, flash.LONGEST_BRAND),
        ("title", said.title, 1, flash.LONGEST_NAME),
        ("intro", said.intro, 0, flash.LONGEST_WORDS),
    ):
        if not least <= len(value) <= most:
            raise InvalidValue(f"{field} has {least} to {most} characters", field=field)
    flash.check_clock(_start(said), said.ends_at, uow.now)
    if said.stream_url is not None:
        flash.check_stream(said.stream_url, stream_hosts)
    named = [pick.deal_id or pick.product_id for pick in said.picks]
    if not 1 <= len(named) <= flash.MOST_PICKS or len(set(named)) < len(named):
        raise InvalidValue("a session has 1 to 50 picks, each once", field="picks")
    return said


def _whose_deals(uow: UnitOfWork, face: SessionFace) -> int | None:
    """Whose deals a session moves, whoever changes it: a leader's its leader's, an admin's (None) anybody's."""
    opener = identity.named(uow, numbers=[face.opened_by])
    return None if opener and opener[0].role == Role.ADMIN else face.opened_by


def _put(uow: UnitOfWork, whose: int | None, session_id: uuid.UUID, new: NewSession) -> None:
    """Put the picks into the session, and deals that hold to it under its clock; `whose` None takes anybody's deals.

    A draft is published by it, so it is asked for as one that is.
    """
    deal_ids = [pick.deal_id for pick in new.picks if pick.deal_id is not None]
    held = {pick.deal_id for pick in new.picks if pick.holds}
    found = {row.id: row for row in session_store.lock_deals(uow.session, deal_ids)}
    for deal_id in deal_ids:
        _check_deal(uow, whose, session_id, found.get(deal_id), holds=deal_id in held)
    products = [pick.product_id for pick in new.picks if pick.product_id is not None]
    if len(products_by_id(uow, products)) < len(products):
        raise NotFound("no such product", field="picks")
    check_drafts(uow, [deal_id for deal_id in deal_ids if found[deal_id].draft], "picks")
    session_store.keep_picks(uow.session, session_id, new.picks)
    session_store.set_deal_clocks(
        uow.session, [deal_id for deal_id in deal_ids if deal_id in held], _start(new), new.ends_at
    )


def _check_deal(uow: UnitOfWork, whose: int | None, session_id: uuid.UUID, row: HeldRow | None, *, holds: bool) -> None:
    """Raises NotFound, DealInSession, DealBegun: what keeps a deal out of a session."""
    if row is None or row.group_size == rules.ALONE or row.invited_only or (row.draft and not holds):
        raise NotFound("no such deal", field="picks")
    if whose not in (None, row.opened_by):
        raise NotFound("no such deal of who holds the session", field="picks")
    if not holds or row.session_id == session_id:
        return
    if row.session_id is not None:
        raise DealInSession("the deal keeps to the clock of another session", field="picks")
    status = rules.status_at(uow.now, draft=row.draft, paused=row.paused, starts_at=row.starts_at, ends_at=row.ends_at)
    if status not in (Status.DRAFT, Status.SCHEDULED):
        raise DealBegun("the deal has begun: it can stand in the session, not keep to its clock", field="picks")


def _start(new: NewSession) -> datetime:
    if new.starts_at is None:
        raise LookupError("a session without its start")
    return new.starts_at


def _said(new: NewSession) -> dict[str, object]:
    names = ("brand", "title", "intro", "starts_at", "ends_at", "stream_url")
    return {name: getattr(new, name) for name in names}


def _facts(new: NewSession) -> dict[str, object]:
    said = {"brand": new.brand, "title": new.title, "stream_url": new.stream_url or ""}
    return {**said, "starts_at": to_text(_start(new)), "ends_at": to_text(new.ends_at), "picks": len(new.picks)}


def _record(uow: UnitOfWork, caller: Caller, action: str, session_id: uuid.UUID, facts: Mapping[str, object]) -> None:
    audit.record(uow, actor=caller.member_id, action=action, target=to_public(SESSION_PREFIX, session_id), facts=facts)
