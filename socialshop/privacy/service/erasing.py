"""A person leaves: everything that tells who it was goes; sums, the tree, the books and the audit record stay.

Done at once, and once more a little later, for what was on its way when the person left: an answer that was being
written, a notice that was being told. Both times by the same table of holdings; the second
time it finds nothing left.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import structlog

from socialshop.audit import service as audit
from socialshop.infra import personal
from socialshop.infra.personal import Person
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.payouts import service as payouts
from socialshop.privacy.errors import MoneyLeft, PayoutUnderway
from socialshop.privacy.holdings import HOLDINGS
from socialshop.privacy.service.forfeiting import forfeit, money_of, take_back
from socialshop.privacy.service.leaving import Leaving, leaving_of
from socialshop.privacy.store import erasing as store
from socialshop.rooms import service as rooms
from socialshop.rooms.errors import RoomClosed, SeatPaid

NEUTRAL_NAMES: Mapping[str, str] = {"zh": "已注销会员", "en": "former member"}
_ON_ITS_WAY = timedelta(minutes=5)
_A_STEP = 100
_CANCELLABLE = frozenset({"submitted", "held"})
# What stands in the place of a text that an answer to somebody else repeated, by the field that said it; the neutral
# name in that of a name.
INSTEAD: Mapping[str, str | None] = {
    "email": None,
    "holder": "",
    "real_name": "",
    "account_last4": "",
    "reason": "",
    "text": "",
    "first_words": "",
    "words": "",
    "appeal": "",
    "appeal_reason": "",
    "title": "",
    "site_name": "",
    "site_url": "",
}
NAMES = frozenset({"display_name", "member_name", "author_name", "leader_name", "claimed_by_name"})
_log = structlog.stdlib.get_logger("socialshop.privacy")


class _Leaver(NamedTuple):
    """What leaving a room asks of its buyer."""

    number: int


def erase(uow: UnitOfWork, member_id: uuid.UUID, *, gives_up: bool = False, is_merged: bool = False) -> Leaving:
    """Erase a person; returns what that person lost by it. Raises NotFound, PayoutUnderway, MoneyLeft.

    A second time changes nothing. Seats that are held unpaid are given up; what is paid goes on under the number. Money
    that could be paid out must be given up in so many words (`gives_up`), and with it payouts that nobody has approved;
    it falls to the shop. What still matures afterwards falls to the shop when it settles. `is_merged`: the shop does
    it, because the person goes on by another account.
    """
    number = store.number_of(uow.session, member_id)
    if number is None:
        raise NotFound("no such member")
    # Before the member is held: who fills a room holds the room first, and waits for its members after.
    for room_id in store.held_seats(uow.session, number):
        with suppress(RoomClosed, SeatPaid, NotFound):
            rooms.leave(uow, _Leaver(number), room_id)
    leaver = store.lock(uow.session, member_id)
    if leaver is None:
        raise NotFound("no such member")
    lost = leaving_of(uow, number)
    given_up = _settle_money(uow, member_id, number, gives_up)
    _make_nobody(uow, Person(member_id, number, NEUTRAL_NAMES.get(leaver.locale, NEUTRAL_NAMES["en"])))
    store.add(uow.session, member_id, uow.now)
    facts = {"given_up": [{"amount_minor": m.amount_minor, "currency": m.currency} for m in given_up]}
    target = to_public("mbr", member_id)
    audit.record(uow, actor=None if is_merged else member_id, action="member.erased", target=target, facts=facts)
    _log.info("member erased", member=target)
    return replace(lost, money=given_up)


def finish_erasures(uow: UnitOfWork) -> bool:
    """Erase once more those who left a while ago, and take what settled to any who left; True while there are more.

    For the periodic table.
    """
    due = store.unfinished(uow.session, uow.now - _ON_ITS_WAY, _A_STEP)
    for member_id in due:
        leaver = store.lock(uow.session, member_id)
        if leaver is not None:
            _make_nobody(uow, Person(member_id, leaver.number, _name_kept(uow, member_id)))
    store.finish(uow.session, due, uow.now)
    enriched = store.enriched(uow.session, _A_STEP)
    for number in enriched:
        forfeit(uow, number)
    indebted = store.indebted(uow.session, _A_STEP)
    for number in indebted:
        take_back(uow, number)
    return _A_STEP in (len(due), len(enriched), len(indebted))


def _settle_money(uow: UnitOfWork, member_id: uuid.UUID, number: int, gives_up: bool) -> list[Money]:
    """Nothing that could be paid out is left; returns what fell to the shop."""
    underway = store.open_payouts(uow.session, member_id)
    if any(request.status not in _CANCELLABLE for request in underway) or (underway and not gives_up):
        raise PayoutUnderway("a payout has been asked for: take it back, or wait until it has ended")
    for request in underway:
        payouts.cancel(uow, member_id, request.id)
    left = money_of(uow, number)
    if left and not gives_up:
        said = ", ".join(str(money) for money in left)
        facts = [{"amount_minor": money.amount_minor, "currency": money.currency} for money in left]
        raise MoneyLeft(f"your wallet holds {said}: have it paid out, or say that you give it up", left=facts)
    return forfeit(uow, number)


def _make_nobody(uow: UnitOfWork, person: Person) -> None:
    # First, for it looks for the very words that the holdings erase.
    _blot_answers(uow, person)
    personal.erase(uow.session, HOLDINGS, person)


def _name_kept(uow: UnitOfWork, member_id: uuid.UUID) -> str:
    """The neutral name that the profile has by now; any other was written by what was on its way."""
    said = dict(store.said_of(uow.session, member_id, 0, NAMES)).get("display_name", "")
    return said if said in NEUTRAL_NAMES.values() else NEUTRAL_NAMES["en"]


def _blot_answers(uow: UnitOfWork, person: Person) -> None:
    """Blot out what answers to others, kept for a day under their keys, repeat of the person.

    They are kept, not deleted: a call that is sent again must still do nothing. Others may have the same name or give
    the same reason: only answers that are about something of the person are touched.
    """
    said = store.said_of(uow.session, person.id, person.number, NAMES)
    instead = {_field(name, text): _field(name, INSTEAD.get(name, person.neutral_name)) for name, text in said if text}
    found = store.answers_with(uow.session, list(instead)) if instead else []
    things = [to_public(prefix, id_) for prefix, id_ in store.things_of(uow.session, person.id, person.number)]
    rewritten = []
    for answer in found:
        if not any(thing in answer.path or thing.encode() in answer.content for thing in things):
            continue
        content = answer.content
        for before, after in instead.items():
            content = content.replace(before, after)
        if content != answer.content:
            rewritten.append(answer._replace(content=content))
    if rewritten:
        store.rewrite_answers(uow.session, rewritten)


def _field(name: str, value: str | None) -> bytes:
    """A field as every answer spells it."""
    return json.dumps({name: value}, ensure_ascii=False, separators=(",", ":"))[1:-1].encode()
