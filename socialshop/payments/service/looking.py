"""Asking a provider how a payment stands: because a notice came, or because nothing came for too long."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

import structlog

from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutcomeUnknown, OutsideCall, Refused
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id
from socialshop.payments.events import PaymentCallDue, PaymentLookDue, ProviderNoticeStored
from socialshop.payments.gateway import Gateways
from socialshop.payments.rules import ProviderPayment
from socialshop.payments.service.recording import record_state
from socialshop.payments.store import calls, notices, payments

_BATCH = 100
_FORGOTTEN_A_STEP = 5_000

Found = ProviderPayment | None

_log = structlog.get_logger(__name__)


def take_notice(uow: UnitOfWork, gateways: Gateways, provider: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Store a provider's webhook, once an event; False if it was stored before. A job does the rest.

    Raises NotFound for a provider that is not set up here, WebhookRefused, NoticeMalformed; never for a reason of
    the shop's business.
    """
    if provider not in gateways:
        raise NotFound("no such provider")
    said = gateways[provider].read_notice(headers, body, uow.now)
    notice_id = new_id()
    new = notices.add(
        uow.session,
        notice_id=notice_id,
        provider=provider,
        event_id=said.event_id,
        ref=said.ref,
        kind=said.kind,
        at=uow.now,
    )
    if new:
        uow.emit(ProviderNoticeStored(notice_id=notice_id, provider=provider, ref=said.ref))
    return new


def apply_notice(clock: Clock, gateways: Gateways, notice_id: uuid.UUID, provider: str, ref: str) -> bool:
    """Fetch what the notice is about and record it; what is none of the shop's payments is ignored.

    Without an answer the notice stays open, for `poll`.
    """

    def record(uow: UnitOfWork, _ref: str, found: Found | OutcomeUnknown | Refused) -> None:
        if isinstance(found, OutcomeUnknown):
            return
        ours = isinstance(found, ProviderPayment) and record_state(uow, found)
        notices.finish(uow.session, notice_id, "applied" if ours else "ignored", uow.now)

    return OutsideCall[str, Found](
        "payments.notice", claim=lambda _uow: ref, call=lambda ref: _fetch(gateways, provider, ref), record=record
    ).make(clock)


def look(clock: Clock, gateways: Gateways, payment_id: uuid.UUID) -> bool:
    """Fetch how a payment stands and record it; False if the provider has not heard of it yet."""

    def claim(uow: UnitOfWork) -> tuple[str, str] | None:
        row = payments.find(uow.session, payment_id)
        return (row.provider, row.provider_ref) if row is not None and row.provider_ref is not None else None

    def record(uow: UnitOfWork, at: tuple[str, str], found: Found | OutcomeUnknown | Refused) -> None:
        if isinstance(found, ProviderPayment):
            record_state(uow, found)
        elif not isinstance(found, OutcomeUnknown):
            _log.error("provider does not know a payment of its own", provider=at[0], ref=at[1])

    return OutsideCall[tuple[str, str], Found](
        "payments.look", claim=claim, call=lambda at: _fetch(gateways, *at), record=record
    ).make(clock)


def poll(uow: UnitOfWork) -> bool:
    """Have looked into what is still open: calls without an outcome, silent payments, unapplied notices.

    One bounded step; True if there is more to do at once. Two pollers share the work.
    """
    due = calls.take_due(uow.session, uow.now, _BATCH)
    uow.emit_all([PaymentCallDue(call_id=call_id) for call_id in due])
    silent = payments.take_due_looks(uow.session, uow.now, _BATCH)
    uow.emit_all([PaymentLookDue(payment_id=payment_id) for payment_id in silent])
    left = notices.take_due(uow.session, uow.now, _BATCH)
    uow.emit_all(
        [ProviderNoticeStored(notice_id=notice.id, provider=notice.provider, ref=notice.ref) for notice in left]
    )
    return _BATCH in (len(due), len(silent), len(left))


def count_unknown(uow: UnitOfWork) -> int:
    """Calls to providers whose outcome is not known yet: more than a few for more than minutes need a person."""
    return calls.count_unknown(uow.session)


def _fetch(gateways: Gateways, provider: str, ref: str) -> Found:
    gateway = gateways.get(provider)
    if gateway is None:
        raise OutcomeUnknown(f"the provider {provider} is not set up here")
    return gateway.fetch(ref)


def forget_notices(uow: UnitOfWork, before: datetime) -> bool:
    """Forget providers' notices that were done with before then; True if there may be more. Payments and calls stay."""
    return notices.forget(uow.session, before, _FORGOTTEN_A_STEP) == _FORGOTTEN_A_STEP
