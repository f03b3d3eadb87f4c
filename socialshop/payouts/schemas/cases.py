"""Cases as reviewers share them out among themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.notifications.reasons import PayoutReason
from socialshop.payouts.schemas.review import Note
from socialshop.payouts.service import MOST_TOGETHER, CaseClaim, Look, Summary, Together, Why
from socialshop.web.schemas import Instant, MoneyWire, Wire, absent, with_example

Decision = Literal["approved", "held", "rejected"]
_ID = "por_01k9w3q2mxe5tb6v8c4yd7r1hz"
_LOOK = {
    "request_id": _ID,
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "member_name": "林小满",
    "status": "submitted",
    "amount": {"amount_minor": 4200, "currency": "CNY"},
    "findings": 1,
    "risk": "warning",
    "first_payout": True,
    "reversed_bps": 300,
    "outlier": False,
    "destination_changed_lately": False,
    "why_not": {"approved": "money_held"},
}
_LEFT = {"request_id": _ID, "why": "case_claimed"}


class CaseClaimWire(Wire):
    """Who has a case for themselves, and until when."""

    model_config = with_example(
        {
            "claimed_by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "claimed_by_name": "Ada",
            "claimed_until": "2026-02-03T12:30:00Z",
        }
    )

    claimed_by: str
    claimed_by_name: str | None
    claimed_until: Instant

    @classmethod
    def of(cls, claim: CaseClaim) -> CaseClaimWire:
        """The wire form of a claim."""
        return cls(
            claimed_by=to_public("mbr", claim.claimed_by),
            claimed_by_name=claim.name,
            claimed_until=claim.claimed_until,
        )


class NewCaseNote(Wire):
    """What a reviewer tells colleagues about a case, without deciding anything."""

    model_config = with_example({"note": "called the member: the second account is her mother's"})

    note: Note


class CaseNoteWire(Wire):
    """A note that was written: its number and when. Its words stand in the history alone, from where they can go."""

    model_config = with_example({"number": 17, "at": "2026-02-03T12:00:00Z"})

    number: int
    at: Instant


class ChosenQuery(Wire):
    """Which requests: their ids with commas between."""

    request_ids: Annotated[str, StringConstraints(max_length=MOST_TOGETHER * 31)] = absent()


class LookWire(Wire):
    """One of several requests, and what of it differs; `why_not` by decision, where you may not make it."""

    model_config = with_example(_LOOK)

    request_id: str
    member_id: str
    member_name: str | None
    status: str
    amount: MoneyWire
    findings: int
    risk: Literal["none", "warning", "severe"]
    first_payout: bool
    reversed_bps: int
    outlier: bool
    destination_changed_lately: bool
    why_not: dict[Decision, Why]

    @classmethod
    def of(cls, look: Look) -> LookWire:
        """The wire form of one of them."""
        one = look.request
        return cls.model_validate(
            {
                "request_id": to_public("por", one.id),
                "member_id": to_public("mbr", one.member_id),
                "member_name": one.member_name,
                "status": one.status,
                "amount": {"amount_minor": one.amount_minor, "currency": one.currency},
                "findings": one.findings,
                "risk": one.risk,
                "first_payout": one.is_first,
                "reversed_bps": look.reversed_bps,
                "outlier": look.is_outlier,
                "destination_changed_lately": look.moved_lately,
                "why_not": look.why_not,
            }
        )


class SummaryWire(Wire):
    """What differs among several requests."""

    model_config = with_example(
        {
            "sums": [{"amount_minor": 4200, "currency": "CNY"}],
            "findings": 1,
            "first_payouts": 1,
            "outliers": 0,
            "destinations_changed_lately": 0,
            "requests": [_LOOK],
        }
    )

    sums: list[MoneyWire]
    findings: int
    first_payouts: int
    outliers: int
    destinations_changed_lately: int
    requests: list[LookWire]

    @classmethod
    def of(cls, summary: Summary) -> SummaryWire:
        """The wire form of what differs."""
        return cls(
            sums=[MoneyWire(amount_minor=one.amount_minor, currency=one.currency) for one in summary.sums],
            findings=summary.findings,
            first_payouts=summary.first_payouts,
            outliers=summary.outliers,
            destinations_changed_lately=summary.moved_lately,
            requests=[LookWire.of(look) for look in summary.looks],
        )


class Decisions(Wire):
    """One decision about several requests; a reason of the list unless they are approved."""

    model_config = with_example({"request_ids": [_ID], "decision": "held", "reason": "account_shared"})

    request_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_TOGETHER)]
    decision: Decision
    reason: PayoutReason = absent()
    note: Note = absent()


class LeftWire(Wire):
    """One that was left as it is, and why."""

    model_config = with_example(_LEFT)

    request_id: str
    why: Why


class DecisionsWire(Wire):
    """What became of several requests."""

    model_config = with_example({"decided": [_ID], "left": [_LEFT]})

    decided: list[str]
    left: list[LeftWire]

    @classmethod
    def of(cls, done: Together) -> DecisionsWire:
        """The wire form of what became of them."""
        return cls(
            decided=[to_public("por", one.id) for one in done.decided],
            left=[LeftWire(request_id=to_public("por", one.id), why=why) for one, why in done.left],
        )
