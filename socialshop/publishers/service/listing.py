"""Channels of publishers that count for the conditions of plans: what members call their links proves nothing."""

from __future__ import annotations

import uuid

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import to_public
from socialshop.publishers import store
from socialshop.publishers.errors import PublisherDecided
from socialshop.publishers.service.applying import LONGEST_REASON
from socialshop.publishers.store import ChannelRow, PublisherRow

LONGEST_CHANNEL = 40


def list_channel(uow: UnitOfWork, actor: uuid.UUID, member_id: uuid.UUID, channel: str, reason: str) -> None:
    """Let a channel of a publisher's links count for conditions from now on. Listed before, it stays. Audited.

    Raises NotFound, PublisherDecided for who is none now, InvalidValue.
    """
    row = _locked(uow, member_id)
    if row.status != "approved":
        raise PublisherDecided(f"the publisher is {row.status}")
    if not store.has_channel(uow.session, member_id, channel):
        raise InvalidValue("no link of this publisher has this channel", field="channel")
    why = _reason(reason)
    if store.list_channel(uow.session, row.number, channel, uow.now):
        _record(uow, actor, "listed", row, channel=channel, reason=why)


def end_channel(uow: UnitOfWork, actor: uuid.UUID, member_id: uuid.UUID, channel: str, reason: str) -> None:
    """From now on the channel counts no more; what it brought before stays. Audited. Raises NotFound, InvalidValue."""
    row, why = _locked(uow, member_id), _reason(reason)
    if not store.end_channels(uow.session, row.number, channel, uow.now):
        raise NotFound("this channel is not listed")
    _record(uow, actor, "ended", row, channel=channel, reason=why)


def channels_of(uow: UnitOfWork, number: int) -> list[ChannelRow]:
    """A publisher's listed channels, also those that ended; the newest first. One statement."""
    return store.channels(uow.session, number)


def _locked(uow: UnitOfWork, member_id: uuid.UUID) -> PublisherRow:
    row = store.lock(uow.session, member_id)
    if row is None:
        raise NotFound("no such publisher")
    return row


def _reason(reason: str) -> str:
    why = reason.strip()
    if not why or len(why) > LONGEST_REASON:
        raise InvalidValue(f"give a reason of at most {LONGEST_REASON} characters", field="reason")
    return why


def _record(uow: UnitOfWork, actor: uuid.UUID, what: str, row: PublisherRow, **facts: str) -> None:
    target = to_public("mbr", row.member_id)
    audit.record(uow, actor=actor, action=f"publisher_channel.{what}", target=target, facts=facts)
