"""Wire shapes of findings and of the rules that find."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from socialshop.kernel.ids import from_public, to_public
from socialshop.risk.ruleset import DEFAULT, Ruleset, document_of
from socialshop.risk.service import FindingView, InForce, Standing, Web
from socialshop.screening.cases import StoredCase
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, absent, with_example

LONGEST_REASON = 1_000
State = Literal["open", "confirmed", "dismissed", "expired", "replaced"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]
_FINDING: dict[str, Any] = {
    "id": "fnd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "rule": "ring",
    "severity": "severe",
    "state": "open",
    "shadow": False,
    "holds_money": True,
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "members": 9,
    "found_at": "2026-02-10T02:00:00Z",
    "seen_at": "2026-02-12T02:00:00Z",
    "expires_at": None,
}


class FindingQuery(PageQuery):
    """Which findings: the open ones where nothing is said of their state."""

    state: State | Literal["any"] = "open"
    rule: Annotated[str, StringConstraints(max_length=40)] = absent()
    severity: Literal["info", "warning", "severe"] = absent()
    shadow: Literal["only", "none"] = absent()
    member_id: Annotated[str, StringConstraints(max_length=40)] = absent()

    def states(self) -> tuple[str, ...]:
        """The states asked for; none for all."""
        return () if self.state == "any" else (self.state,)

    def member(self) -> uuid.UUID | None:
        """Whom the findings are to name. Raises NotFound for what is no member's id."""
        return from_public("mbr", self.member_id) if self.member_id else None


class FindingSummary(Wire):
    """A finding in a list: `member_id` is the first of the `members` whom it names.

    One in `shadow` is a rule's trial. What `holds_money` does so while it is open or confirmed, and does not expire.
    """

    model_config = with_example(_FINDING)

    id: str
    rule: str
    severity: Literal["info", "warning", "severe"]
    state: State
    shadow: bool
    holds_money: bool
    member_id: str
    members: int
    found_at: Instant
    seen_at: Instant
    expires_at: Instant | None

    @classmethod
    def of(cls, case: StoredCase) -> FindingSummary:
        """The wire form of a finding in a list."""
        return cls.model_validate(_summary(case))


class FindingPage(Page[FindingSummary]):
    """Findings, the newest first."""

    model_config = with_example({"data": [_FINDING], "next_cursor": None})


class DecisionWire(Wire):
    """What somebody decided, and why."""

    decision: Literal["confirmed", "dismissed"]
    decided_by: str
    decided_at: Instant
    reason: str


class FindingDetail(FindingSummary):
    """A finding with its evidence: figures, and `ties` that say who shares what since when; and every decision."""

    model_config = with_example(
        {
            **_FINDING,
            "evidence": {"score": 95, "reasons": [{"reason": "own_rooms", "points": 40}], "ties": []},
            "member_ids": ["mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"],
            "rules_version": 1,
            "decisions": [],
        }
    )

    evidence: dict[str, Any]
    member_ids: list[str]
    rules_version: int
    decisions: list[DecisionWire]

    @classmethod
    def of_view(cls, view: FindingView) -> FindingDetail:
        """The wire form of a finding with all that stands beside it."""
        return cls.model_validate(
            {
                **_summary(view.case),
                "evidence": view.case.evidence,
                "member_ids": [to_public("mbr", id_) for _, id_ in sorted(view.members.items())],
                "rules_version": view.case.rules_version,
                "decisions": [
                    {**one._asdict(), "decided_by": to_public("mbr", one.decided_by)} for one in view.decisions
                ],
            }
        )


class FindingDecision(Wire):
    """What a finding comes to, and why."""

    model_config = with_example({"verdict": "dismissed", "reason": "A family of four: the orders went to two homes."})

    verdict: Literal["confirmed", "dismissed"]
    reason: Words


class StandingWire(Wire):
    """How the findings of a rule stand; `precision_bps` is null where none was decided."""

    rule: str
    open: int
    confirmed: int
    dismissed: int
    expired: int
    precision_bps: int | None
    proposed_for_shadow: bool


class RiskRules(Wire):
    """The rules in force with how each has done; version 0 is what a shop begins with."""

    model_config = with_example({"version": 0, "rules": document_of(DEFAULT), "standings": []})

    version: int
    rules: Ruleset
    standings: list[StandingWire]

    @classmethod
    def of(cls, in_force: InForce, standings: list[Standing]) -> RiskRules:
        """The wire form of the rules in force."""
        return cls(version=in_force.version, rules=in_force.rules, standings=[_standing(one) for one in standings])


class NewRiskRules(Wire):
    """Rules to be brought into force, and why. A rule that is not given is as a shop begins with it."""

    model_config = with_example({"rules": document_of(DEFAULT), "note": "As the shop began."})

    rules: Ruleset
    note: Words


def _summary(case: StoredCase) -> dict[str, Any]:
    return {
        "id": to_public("fnd", case.id),
        "rule": case.code,
        "severity": case.severity,
        "state": case.state,
        "shadow": case.shadow,
        "holds_money": case.holds,
        "member_id": case.subject,
        "members": len(case.members),
        "found_at": case.found_at,
        "seen_at": case.seen_at,
        "expires_at": case.expires_at,
    }


def _standing(one: Standing) -> StandingWire:
    return StandingWire(
        rule=one.code,
        open=one.open,
        confirmed=one.confirmed,
        dismissed=one.dismissed,
        expired=one.expired,
        precision_bps=one.precision_bps,
        proposed_for_shadow=one.to_shadow,
    )


_MEMBER, _OTHER = "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz", "mbr_01k9w3q2mxe5tb6v8c4yd7r1j0"
_SIGN = {"kind": "device", "hard": False, "member_ids": [_MEMBER, _OTHER], "since": "2026-02-01T12:00:00Z"}
_BROUGHT = {"sponsor_id": _MEMBER, "member_id": _OTHER}
_PURCHASES = {
    "buyer_id": _OTHER,
    "earner_id": _MEMBER,
    "orders": 3,
    "commission": {"amount_minor": 420, "currency": "CNY"},
}


class SignWire(Wire):
    """What these members share since when; never the mark itself."""

    model_config = with_example(_SIGN)

    kind: str
    hard: bool
    member_ids: list[str]
    since: Instant


class BroughtWire(Wire):
    """Who brought whom; the sponsor may be one whom the finding does not name."""

    model_config = with_example(_BROUGHT)

    sponsor_id: str
    member_id: str


class PurchasesWire(Wire):
    """Orders of one member of which another earned commission."""

    model_config = with_example(_PURCHASES)

    buyer_id: str
    earner_id: str
    orders: int
    commission: MoneyWire


class WebWire(Wire):
    """The evidence of a finding as a graph: at most 60 members and 200 ties of each sort; `left_out` are not in it."""

    model_config = with_example(
        {
            "member_ids": [_MEMBER, _OTHER],
            "beside_ids": [],
            "left_out": 0,
            "shared": [_SIGN],
            "brought": [_BROUGHT],
            "purchases": [_PURCHASES],
        }
    )

    member_ids: list[str]
    beside_ids: list[str]
    left_out: int
    shared: list[SignWire]
    brought: list[BroughtWire]
    purchases: list[PurchasesWire]

    @classmethod
    def of(cls, web: Web) -> WebWire:
        """The wire form of the graph."""
        ids = {number: to_public("mbr", id_) for number, id_ in web.ids.items()}
        return cls.model_validate(
            {
                "member_ids": [ids[number] for number in web.members],
                "beside_ids": [ids[number] for number in web.beside],
                "left_out": web.left_out,
                "shared": [
                    {
                        "kind": sign.kind,
                        "hard": sign.is_hard,
                        "member_ids": [ids[number] for number in sign.members],
                        "since": sign.since,
                    }
                    for sign in web.signs
                ],
                "brought": [{"sponsor_id": ids[one.sponsor], "member_id": ids[one.member]} for one in web.brought],
                "purchases": [
                    {
                        "buyer_id": ids[one.buyer],
                        "earner_id": ids[one.earner],
                        "orders": one.orders,
                        "commission": {"amount_minor": one.amount_minor, "currency": one.currency},
                    }
                    for one in web.purchases
                ],
            }
        )
