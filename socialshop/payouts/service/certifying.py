"""Certificates: what was withheld of a member's payouts in a year of the shop's, numbered, hashed, corrected."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.payouts.service.deducting import Place, today_in
from socialshop.payouts.store import certificates as store
from socialshop.payouts.store.certificates import Certificate, Withheld

CERTIFICATE_PREFIX = "txc"
FIRST_YEAR = 2000


def certificates(uow: UnitOfWork, member_id: uuid.UUID) -> list[Certificate]:
    """All certificates of a member, the newest first; one that was corrected stands behind the one that replaces it."""
    return store.of_member(uow.session, member_id)


def certificate_number(certificate: Certificate) -> str:
    """The number as it is told: `2026-000001`."""
    return f"{certificate.year}-{certificate.place:06}"


def issue_certificate(uow: UnitOfWork, member_id: uuid.UUID, *, year: int, currency: str, place: Place) -> Certificate:
    """Certify what was withheld of payouts that were paid in a year, and did not come back.

    Where nothing has changed since the last one, that is given again; else another takes its place. Raises
    InvalidValue for a year to come, NotFound where no tax was withheld.
    """
    if not FIRST_YEAR <= year <= today_in(uow, place).year:
        raise InvalidValue("a certificate is of this year or one before", field="year")
    # Numbers of a year have no gaps: whoever issues comes one after the other.
    advisory_lock(uow, f"payouts:certificates {year}")
    zone = ZoneInfo(place.time_zone)
    found = store.withheld_between(
        uow.session,
        member_id,
        currency,
        since=datetime(year, 1, 1, tzinfo=zone),
        until=datetime(year + 1, 1, 1, tzinfo=zone),
    )
    before = next(
        (one for one in store.of_member(uow.session, member_id) if (one.year, one.currency) == (year, currency)), None
    )
    if before is None and not any(one.tax_minor for one in found):
        raise NotFound("no tax was withheld of your payouts in that year")
    content = text_of(member_id, year, currency, found)
    if before is not None and before.content == content:
        return before
    certificate = Certificate(
        id=new_id(),
        member_id=member_id,
        year=year,
        place=store.last_place(uow.session, year) + 1,
        currency=currency,
        payouts=len(found),
        gross_minor=sum(one.gross_minor for one in found),
        tax_minor=sum(one.tax_minor for one in found),
        content=content,
        content_hash=hashlib.sha256(content.encode()).digest(),
        replaces=None if before is None else before.id,
        issued_at=uow.now,
    )
    store.add(uow.session, certificate)
    facts = {
        "amount_minor": certificate.tax_minor,
        "currency": currency,
        "content_hash": certificate.content_hash.hex(),
    }
    target = to_public(CERTIFICATE_PREFIX, certificate.id)
    audit.record(uow, actor=member_id, action="tax_certificate.issued", target=target, facts=facts)
    return certificate


def text_of(member_id: uuid.UUID, year: int, currency: str, withheld: Sequence[Withheld]) -> str:
    """The text that a certificate's hash is over (docs/payouts.md): a head line, then a line a payout."""
    lines = [f"socialshop tax certificate 1\n{member_id}\t{year}\t{currency}\n"]
    for one in withheld:
        paid_at = one.paid_at.astimezone(ZoneInfo("UTC")).isoformat(timespec="seconds")
        lines.append(f"{one.request_id}\t{paid_at}\t{one.gross_minor}\t{one.tax_minor}\n")
    return "".join(lines)


def lines_of(certificate: Certificate) -> list[Withheld]:
    """The payouts that a certificate names."""
    rows = [line.split("\t") for line in certificate.content.splitlines()[2:]]
    return [Withheld(uuid.UUID(id_), datetime.fromisoformat(at), int(gross), int(tax)) for id_, at, gross, tax in rows]
