"""Wire shapes of what sales earned, and of why."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from socialshop.commissions.sentences import say
from socialshop.commissions.service import CommissionRow, Explanation, OrderCommissions
from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import Language
from socialshop.web.paging import Page
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

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
    "counted": None,
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


class CountedWire(Wire):
    """What a commission was counted of: so many clicks or views of a link on a day of the shop's."""

    on: date
    link: str | None
    count: int


class CommissionWire(Wire):
    """What you earned: `amount` as it accrued, `net` what refunds have left of it.

    Of a sale `base`, `order_id` and `line` say of which; of clicks, views and milestones `counted` does.
    """

    model_config = with_example(_COMMISSION)

    id: str
    kind: str
    level: int
    status: Literal["held", "settled", "paid_out", "reversed", "rejected"]
    amount: MoneyWire
    net: MoneyWire
    base: MoneyWire | None
    order_id: str | None
    line: int | None
    counted: CountedWire | None
    plan_version: str | None
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
        "base": None if row.base_minor is None else _money(row.base_minor, row.currency),
        "order_id": None if row.order_id is None else to_public("ord", row.order_id),
        "counted": _counted(row),
        "plan_version": to_public("plv", row.plan_version_id) if row.plan_version_id else None,
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
    }


def _counted(row: CommissionRow) -> CountedWire | None:
    if row.on_day is None or row.counted is None:
        return None
    return CountedWire(on=row.on_day, link=row.link, count=row.counted)


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
