"""Findings and the rules that find, for the shop. Finance reads all of it and decides nothing."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.risk import service
from socialshop.risk.errors import FindingOver, OwnFinding
from socialshop.risk.schemas import (
    FindingDecision,
    FindingDetail,
    FindingPage,
    FindingQuery,
    FindingSummary,
    NewRiskRules,
    RiskRules,
    WebWire,
)
from socialshop.risk.service import Verdict
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("risk_admin", __name__, tag="Risk")

_FINDING = {"finding_id": "fnd"}


@room.operation(
    "GET",
    "/admin/findings",
    access=READS_ALL,
    query=FindingQuery,
    replies=Reply(200, FindingPage, "Findings."),
    refuses=(NotFound,),
)
def list_findings(call: Call[Nothing, FindingQuery]) -> Answer:
    """What the rules found about members, the newest first."""
    query, after, member = call.query, call.query.after(), call.query.member()

    def read(uow: UnitOfWork) -> Answer:
        found = service.findings(
            uow,
            states=query.states(),
            code=query.rule or None,
            severity=query.severity or None,
            shadow={"only": True, "none": False}.get(query.shadow),
            member_id=member,
            after=after,
            limit=query.limit,
        )
        shown, cursor = cut_page(found, query.limit, lambda case: case.id)
        return Answer(FindingPage(data=[FindingSummary.of(case) for case in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/findings/<finding_id>",
    access=READS_ALL,
    ids=_FINDING,
    sees="finding_id",
    replies=Reply(200, FindingDetail, "The finding with its evidence."),
)
def show_risk_finding(call: Call[Nothing, Nothing]) -> Answer:
    """A finding: whom it names, who shares what since when, figures, and what was decided."""
    return call.transact(lambda uow: Answer(FindingDetail.of_view(service.show_finding(uow, call.ids["finding_id"]))))


@room.operation(
    "GET",
    "/admin/findings/<finding_id>/web",
    access=READS_ALL,
    ids=_FINDING,
    sees="finding_id",
    replies=Reply(200, WebWire, "The evidence as a graph."),
)
def show_finding_web(call: Call[Nothing, Nothing]) -> Answer:
    """The evidence of a finding as a graph: members, what they share, who brought whom, whose purchases earned whom."""
    return call.transact(lambda uow: Answer(WebWire.of(service.explore(uow, call.ids["finding_id"]))))


@room.operation(
    "POST",
    "/admin/findings/<finding_id>/decision",
    access=ADMINS,
    ids=_FINDING,
    body=FindingDecision,
    replies=Reply(200, FindingDetail, "Decided; the same decision again changes nothing."),
    refuses=(OwnFinding, FindingOver),
)
def decide_finding(call: Call[FindingDecision, Nothing]) -> Answer:
    """Confirm a finding, which goes on holding what it holds, or dismiss it, which lets the money go."""
    verdict, reason = Verdict(call.body.verdict), call.body.reason

    def decide(uow: UnitOfWork) -> Answer:
        finding_id = call.ids["finding_id"]
        service.decide(uow, call.caller.member_id, finding_id, verdict, reason)
        return Answer(FindingDetail.of_view(service.show_finding(uow, finding_id)))

    return call.transact(decide)


@room.operation("GET", "/admin/risk-rules", access=READS_ALL, replies=Reply(200, RiskRules, "The rules in force."))
def show_risk_rules(call: Call[Nothing, Nothing]) -> Answer:
    """The rules in force, and how much of what each found was confirmed."""
    return call.transact(_rules)


@room.operation(
    "POST",
    "/admin/risk-rules",
    access=ADMINS,
    body=NewRiskRules,
    replies=Reply(201, RiskRules, "In force; the versions before stay. The rules that hold already change nothing."),
)
def publish_risk_rules(call: Call[NewRiskRules, Nothing]) -> Answer:
    """Bring other rules into force. What was found by those before stays as it is."""
    ruleset, note = call.body.rules, call.body.note

    def publish(uow: UnitOfWork) -> Answer:
        service.publish_rules(uow, call.caller.member_id, ruleset, note)
        return Answer(_rules(uow).body, 201)

    return call.transact(publish)


def _rules(uow: UnitOfWork) -> Answer:
    return Answer(RiskRules.of(service.rules_in_force(uow), service.standings(uow)))
