"""Asking a provider how a payment stands: because a notice came, or because nothing came for too long."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import compress
from typing import Any

import structlog

from socialshop.infra.outside import OutcomeUnknown, OutsideCalls, Refused
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id
from socialshop.payments.events import PaymentCallDue, PaymentLookDue, ProviderNoticeStored
from socialshop.payments.gateway import Gateways
from socialshop.payments.rules import ProviderPayment, Status, has_passed
from socialshop.payments.service.intents import tell_of_ended_mandates
from socialshop.payments.service.recording import Told, record_states
from socialshop.payments.store import calls, notices, payments
from socialshop.payments.store.notices import NoticeRow

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


def notice_looks(gateways: Gateways) -> OutsideCalls[NoticeRow, Found]:
    """For each ProviderNoticeStored, fetch what the notice is about and record it.

    What tells only of a step that the shop knows of, as most do that follow a call of its own, is done without a
    question. What is none of the shop's payments is ignored. Without an answer the notice stays open, for `poll`.
    """

    def claim(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> list[NoticeRow | None]:
        ids = [uuid.UUID(payload["notice_id"]) for payload in payloads]
        left = {notice.id: notice for notice in notices.unapplied(uow.session, ids)}
        old = [notice.id for notice in left.values() if _is_old_news(gateways, notice)]
        notices.finish(uow.session, old, "applied", uow.now)
        for id_ in old:
            del left[id_]
        return [left.pop(id_, None) for id_ in ids]

    def record(uow: UnitOfWork, answered: Sequence[tuple[NoticeRow, Found | OutcomeUnknown | Refused]]) -> None:
        told = [(notice.id, found) for notice, found in answered if not isinstance(found, OutcomeUnknown)]
        known = [(id_, Told(found)) for id_, found in told if isinstance(found, ProviderPayment)]
        ours = record_states(uow, [state for _, state in known])
        applied = [id_ for id_, _ in compress(known, ours)]
        notices.finish(uow.session, applied, "applied", uow.now)
        notices.finish(uow.session, [id_ for id_, _ in told if id_ not in applied], "ignored", uow.now)

    return OutsideCalls(
        "payments.notice",
        claim=claim,
        call=lambda notice: _fetch(gateways, notice.provider, notice.ref),
        record=record,
    )


def _is_old_news(gateways: Gateways, notice: NoticeRow) -> bool:
    gateway = gateways.get(notice.provider)
    says = gateway.step_of(notice.kind) if gateway is not None else None
    return notice.status is not None and says is not None and has_passed(Status(notice.status), says)


def looks(gateways: Gateways) -> OutsideCalls[tuple[str, str], Found]:
    """For each PaymentLookDue, fetch how the payment stands and record it; none of which the provider has not heard."""

    def claim(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> list[tuple[str, str] | None]:
        ids = [uuid.UUID(payload["payment_id"]) for payload in payloads]
        known = payments.provider_refs(uow.session, ids)
        return [known.get(id_) for id_ in ids]

    def record(uow: UnitOfWork, answered: Sequence[tuple[tuple[str, str], Found | OutcomeUnknown | Refused]]) -> None:
        record_states(uow, [Told(found) for _, found in answered if isinstance(found, ProviderPayment)])
        for (provider, ref), found in answered:
            if not isinstance(found, (ProviderPayment, OutcomeUnknown)):
                _log.error("provider does not know a payment of its own", provider=provider, ref=ref)

    return OutsideCalls("payments.look", claim=claim, call=lambda at: _fetch(gateways, *at), record=record)


def poll(uow: UnitOfWork) -> bool:
    """Have looked into what is still open: calls without an outcome, silent payments, unapplied notices.

    Mandates of members who left are ended at their providers.

    One bounded step; True if there is more to do at once. Two pollers share the work.
    """
    due = calls.take_due(uow.session, uow.now, _BATCH)
    uow.emit_all([PaymentCallDue(call_id=call_id) for call_id in due])
    silent = payments.take_due_looks(uow.session, uow.now, _BATCH)
    uow.emit_all([PaymentLookDue(payment_id=payment_id) for payment_id in silent])
    left = notices.take_due(uow.session, uow.now, _BATCH)
    uow.emit_all([ProviderNoticeStored(notice_id=id_, provider=provider, ref=ref) for id_, provider, ref in left])
    ended = tell_of_ended_mandates(uow, _BATCH)
    return _BATCH in (len(due), len(silent), len(left), ended)


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
