"""Wire shapes of plans, commissions and the movements of wallets."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema

from socialshop.commissions.guard import Finding, SignOff
from socialshop.commissions.plan import Plan
from socialshop.commissions.sentences import say
from socialshop.commissions.service import (
    CommissionRow,
    Explanation,
    OrderCommissions,
    PlanRow,
    PublishedVersion,
    WalletRow,
)
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import parse_instant
from socialshop.web.languages import Language
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Currency, Instant, MoneyWire, Wire, absent, with_example

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
    "created_at": "2026-01-31T12:00:00Z",
    "number": None,
    "effective_at": None,
}
_COMMISSION: dict[str, Any] = {
    "id": "acr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "kind": "sale",
    "level": 1,
    "status": "held",
    "amount": {"amount_minor": 15462, "currency": "CNY"},
    "net": {"amount_minor": 15462, "currency": "CNY"},
    "base": {"amount_minor": 199000, "currency": "CNY"},
    "order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "line": 1,
    "plan_version": "plv_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "accrued_at": "2026-01-31T12:00:00Z",
    "matures_at": None,
    "settled_at": None,
}
_STEP = {
    "step": "rate",
    "text": "The plan gives 777 basis points of 1990.00 CNY: 15462.3000 minor units.",
    "figures": {"rate_bps": 777, "base_minor": 199000, "exact_minor": "15462.3000", "currency": "CNY"},
}


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_instant(value)
    except InvalidValue as error:
        raise ValueError(error.detail) from None


GivenInstant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]


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
    legs: list[dict[str, int | str]]
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


class CommissionWire(Wire):
    """What a sale earned you: `amount` as it accrued, `net` what refunds have left of it."""

    model_config = with_example(_COMMISSION)

    id: str
    kind: str
    level: int
    status: Literal["held", "settled", "paid_out", "reversed", "rejected"]
    amount: MoneyWire
    net: MoneyWire
    base: MoneyWire
    order_id: str
    line: int
    plan_version: str
    accrued_at: Instant
    matures_at: Instant | None
    settled_at: Instant | None

    @classmethod
    def of(cls, row: CommissionRow) -> CommissionWire:
        """The wire form of an accrual."""
        return cls.model_validate(_commission(row))


def _commission(row: CommissionRow) -> dict[str, Any]:
    return {
        "id": to_public("acr", row.id),
        "amount": _money(row.amount_minor, row.currency),
        "net": _money(row.amount_minor - row.clawed_minor, row.currency),
        "base": _money(row.base_minor, row.currency),
        "order_id": to_public("ord", row.order_id),
        "plan_version": to_public("plv", row.plan_version_id),
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
    }


_AS_THEY_ARE = ("kind", "level", "status", "line", "accrued_at", "matures_at", "settled_at")


def _money(amount_minor: int, currency: str) -> MoneyWire:
    return MoneyWire(amount_minor=amount_minor, currency=currency)


class CommissionPage(Page[CommissionWire]):
    """Commissions, the newest first."""

    model_config = with_example({"data": [_COMMISSION], "next_cursor": None})


class StepWire(Wire):
    """One step: what it is called, a sentence, and its figures (amounts in minor units)."""

    step: str
    text: str
    figures: dict[str, int | str]


class ExplanationWire(Wire):
    """Why you have this commission, step by step, in the language of `Accept-Language` (en or zh)."""

    model_config = with_example(
        {
            "id": _COMMISSION["id"],
            "status": "held",
            "amount": _COMMISSION["amount"],
            "net": _COMMISSION["net"],
            "language": "en",
            "steps": [_STEP],
        }
    )

    id: str
    status: str
    amount: MoneyWire
    net: MoneyWire
    language: Language
    steps: list[StepWire]

    @classmethod
    def of(cls, found: Explanation, language: Language) -> ExplanationWire:
        """The wire form of an explanation."""
        facts = found.facts
        return cls(
            id=to_public("acr", facts.id),
            status=facts.status,
            amount=_money(facts.amount_minor, facts.currency),
            net=_money(facts.amount_minor - facts.clawed_minor, facts.currency),
            language=language,
            steps=[
                StepWire(step=step.code, text=say(language, step.code, step.figures), figures=dict(step.figures))
                for step in found.steps
            ],
        )


class OrderAccrual(CommissionWire):
    """An accrual with whom it is for."""

    model_config = with_example({**_COMMISSION, "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    member_id: str

    @classmethod
    def of(cls, row: CommissionRow) -> OrderAccrual:
        """The wire form of an accrual of an order."""
        return cls.model_validate({**_commission(row), "member_id": to_public("mbr", row.beneficiary_id)})


class SkippedWire(Wire):
    """Who got nothing (null where there is nobody), by which leg, and why, also in words."""

    line: int
    kind: str | None
    level: int
    member_id: str | None
    reason: str
    text: str


class OrderCommissionsWire(Wire):
    """What an order paid to whom, and who got nothing and why."""

    model_config = with_example(
        {
            "accruals": [{**_COMMISSION, "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"}],
            "skipped": [
                {
                    "line": 1,
                    "kind": "sale",
                    "level": 2,
                    "member_id": None,
                    "reason": "no_upline",
                    "text": "The buyer has no upline at this level.",
                }
            ],
        }
    )

    accruals: list[OrderAccrual]
    skipped: list[SkippedWire]

    @classmethod
    def of(cls, found: OrderCommissions, language: Language) -> OrderCommissionsWire:
        """The wire form of an order's commissions."""
        return cls(
            accruals=[OrderAccrual.of(row) for row in found.accruals],
            skipped=[
                SkippedWire(
                    line=row.line,
                    kind=row.kind,
                    level=row.level,
                    member_id=to_public("mbr", row.member_id) if row.member_id else None,
                    reason=row.reason,
                    text=say(language, row.reason, {}),
                )
                for row in found.skipped
            ],
        )


class WalletEntryQuery(PageQuery):
    """Which wallet: of the shop's own currency if absent."""

    currency: Currency = absent()


_PARTS: dict[str, tuple[Literal["pending", "available", "reserved", "owed"], int]] = {
    "pending": ("pending", 1),
    "wallet": ("available", 1),
    "reserved": ("reserved", 1),
    # A debt stands below zero in the books, and above in what one owes.
    "receivable": ("owed", -1),
}
_SENTENCES = {"accrual": "entry_accrual", "settlement": "entry_settlement", "clawback": "entry_clawback"}
_MOVEMENT = {
    "posted_at": "2026-02-10T12:00:00Z",
    "kind": "settlement",
    "part": "available",
    "amount": {"amount_minor": 15462, "currency": "CNY"},
    "commission_id": "acr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "commission_kind": "sale",
    "order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "text": "Commission settled into your wallet.",
}


class WalletEntry(Wire):
    """By how much one part of the wallet moved, and what for: the commission and order, where it is about one."""

    model_config = with_example(_MOVEMENT)

    posted_at: Instant
    kind: str
    part: Literal["pending", "available", "reserved", "owed"]
    amount: MoneyWire
    commission_id: str | None
    commission_kind: str | None
    order_id: str | None
    text: str

    @classmethod
    def of(cls, row: WalletRow, language: str) -> WalletEntry:
        """The wire form of a movement."""
        part, sign = _PARTS[row.account.rsplit(":", 1)[1]]
        code = _SENTENCES.get(row.kind, "entry_other")
        if row.kind == "settlement" and (part == "owed" or (part == "available" and row.amount_minor < 0)):
            code = "entry_netting"
        return cls(
            posted_at=row.posted_at,
            kind=row.kind,
            part=part,
            amount=_money(sign * row.amount_minor, row.currency),
            commission_id=to_public("acr", row.accrual_id) if row.accrual_id else None,
            commission_kind=row.accrual_kind,
            order_id=to_public("ord", row.order_id) if row.order_id else None,
            text=say(language, code, {}),
        )


class WalletEntryPage(Page[WalletEntry]):
    """Movements of the wallet, the newest first."""

    model_config = with_example({"data": [_MOVEMENT], "next_cursor": None})
