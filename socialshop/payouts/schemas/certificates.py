"""Certificates of tax, as their members see them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from socialshop.payouts.service import FIRST_YEAR, Certificate, certificate_number
from socialshop.web.schemas import Currency, Instant, MoneyWire, Wire, absent, with_example

_LAST_YEAR = 9999
_CERTIFICATE: dict[str, Any] = {
    "number": "2026-000001",
    "year": 2026,
    "payouts": 1,
    "gross": {"amount_minor": 100000, "currency": "CNY"},
    "tax": {"amount_minor": 4000, "currency": "CNY"},
    "content": "socialshop tax certificate 1\n…\n",
    "content_hash": "9f" * 32,
    "replaces": None,
    "issued_at": "2027-01-31T12:00:00Z",
}


class WantedCertificate(Wire):
    """Of which year; in the shop's currency if none is given."""

    model_config = with_example({"year": 2026})

    year: Annotated[int, Field(ge=FIRST_YEAR, le=_LAST_YEAR)]
    currency: Currency = absent()


class CertificateWire(Wire):
    """A certificate: `content_hash` is the SHA-256 of `content`; `replaces` is the number of the one it corrects."""

    model_config = with_example(_CERTIFICATE)

    number: str
    year: int
    payouts: int
    gross: MoneyWire
    tax: MoneyWire
    content: str
    content_hash: str
    replaces: str | None
    issued_at: Instant

    @classmethod
    def of(cls, certificate: Certificate, others: list[Certificate]) -> CertificateWire:
        """The wire form of a certificate; the one that it replaces is among the others."""
        currency = certificate.currency
        before = next((one for one in others if one.id == certificate.replaces), None)
        return cls(
            number=certificate_number(certificate),
            year=certificate.year,
            payouts=certificate.payouts,
            gross=MoneyWire(amount_minor=certificate.gross_minor, currency=currency),
            tax=MoneyWire(amount_minor=certificate.tax_minor, currency=currency),
            content=certificate.content,
            content_hash=certificate.content_hash.hex(),
            replaces=certificate_number(before) if before else None,
            issued_at=certificate.issued_at,
        )


class Certificates(Wire):
    """All certificates of a member, the newest first."""

    model_config = with_example({"data": [_CERTIFICATE], "next_cursor": None})

    data: list[CertificateWire]
    next_cursor: None = None
