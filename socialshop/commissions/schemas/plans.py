"""Wire shapes of plans and their versions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, StringConstraints

from socialshop.commissions.findings import Finding
from socialshop.commissions.guard import SignOff
from socialshop.commissions.plan import Plan
from socialshop.commissions.service import PlanRow, PublishedVersion
from socialshop.kernel.ids import to_public
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, Wire, with_example

_DOCUMENT: dict[str, Any] = {
    "name": "two levels",
    "currency": "CNY",
    "hold_days": 7,
    "legs": [
        {"kind": "sale", "level": 1, "rate_bps": 800},
        {"kind": "sale", "level": 2, "rate_bps": 300},
    ],
}
_PLAN: dict[str, Any] = {
    "id": "plan_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "draft",
    **_DOCUMENT,
    "activity": None,
    "caps": None,
    "created_at": "2026-01-31T12:00:00Z",
    "number": None,
    "effective_at": None,
}


class NewPlan(Plan):
    """The document of a plan (docs/commissions.md). Only what really runs is accepted."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DOCUMENT]})


class PlanWire(Wire):
    """A plan; `number` and `effective_at` are null for a draft."""

    model_config = with_example(_PLAN)

    id: str
    status: Literal["draft", "published"]
    name: str
    currency: str
    hold_days: int
    legs: list[dict[str, Any]]
    activity: dict[str, int | str] | None
    caps: list[dict[str, int | str]] | None
    created_at: Instant
    number: int | None
    effective_at: Instant | None

    @classmethod
    def of(cls, row: PlanRow) -> PlanWire:
        """The wire form of a plan."""
        return cls(
            id=to_public("plan", row.id),
            status="draft" if row.version_id is None else "published",
            name=row.document["name"],
            currency=row.document["currency"],
            hold_days=row.document["hold_days"],
            legs=row.document["legs"],
            activity=row.document.get("activity"),
            caps=row.document.get("caps"),
            created_at=row.created_at,
            number=row.number,
            effective_at=row.effective_at,
        )


class PlanPage(Page[PlanWire]):
    """Plans, the newest first."""

    model_config = with_example({"data": [_PLAN], "next_cursor": None})


class Signature(Wire):
    """Who answers for a plan that the legal guard warns of, and what they say."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    note: Annotated[str, StringConstraints(max_length=2_000)] = ""


class Publication(Wire):
    """From when (default: now, after every order), and who signs."""

    model_config = with_example({"sign_off": {"name": "Chen Jing, counsel", "note": "direct levels only"}})

    effective_at: GivenInstant | None = None
    sign_off: Signature | None = None

    def signature(self) -> SignOff | None:
        """The sign-off as the guard takes it."""
        return None if self.sign_off is None else SignOff(self.sign_off.name, self.sign_off.note)


class FindingWire(Wire):
    """What the legal guard found; `leg` counts from 0."""

    code: str
    severity: str
    leg: int
    message: str

    @classmethod
    def of(cls, finding: Finding) -> FindingWire:
        """The wire form of a finding."""
        return cls(**{**asdict(finding), "severity": finding.severity.value})


class VersionWire(Wire):
    """A published version: immutable, in force from `effective_at` on."""

    model_config = with_example(
        {
            "id": "plv_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "number": 1,
            "currency": "CNY",
            "effective_at": "2026-01-31T12:00:00Z",
            "document_hash": "9f2c4f3a5d1c7e806b54a1c9e0d2f7384b6a5968d7c0e1f2a3b4c5d6e7f80912",
            "findings": [],
        }
    )

    id: str
    number: int
    currency: str
    effective_at: Instant
    document_hash: str
    findings: list[FindingWire]

    @classmethod
    def of(cls, version: PublishedVersion) -> VersionWire:
        """The wire form of a version."""
        return cls(
            id=to_public("plv", version.id),
            number=version.number,
            currency=version.currency,
            effective_at=version.effective_at,
            document_hash=version.document_hash.hex(),
            findings=[FindingWire.of(finding) for finding in version.findings],
        )
