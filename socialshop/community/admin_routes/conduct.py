"""Reports, decisions about them, appeals, and the rules of behaviour, for the shop."""

from __future__ import annotations

from socialshop.community import service
from socialshop.community.errors import AppealDecided, ReportDecided, SelfDecision
from socialshop.community.schemas.conduct import (
    AppealPage,
    AppealVerdict,
    JudgedDecision,
    ReportQuery,
    RulesDraft,
    RulesWire,
    SeenReport,
    SeenReportPage,
    VerdictDraft,
)
from socialshop.infra.uow import UnitOfWork
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("conduct_admin", __name__, tag="Behaviour, for the shop")


@room.operation(
    "POST",
    "/admin/behaviour-rules",
    access=ADMINS,
    body=RulesDraft,
    replies=Reply(201, RulesWire, "In force; the versions before stay."),
)
def publish_behaviour_rules(call: Call[RulesDraft, Nothing]) -> Answer:
    """Bring other rules of behaviour into force."""
    body = call.body

    def publish(uow: UnitOfWork) -> Answer:
        row = service.publish_behaviour_rules(uow, call.caller.member_id, text_zh=body.text_zh, text_en=body.text_en)
        return Answer(RulesWire.of(row, None), 201)

    return call.transact(publish)


@room.operation(
    "GET", "/admin/reports", access=READS_ALL, query=ReportQuery, replies=Reply(200, SeenReportPage, "Reports.")
)
def list_reports(call: Call[Nothing, ReportQuery]) -> Answer:
    """Reports that wait, or are decided, the oldest first."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.reports(uow, after, query.limit + 1, decided=query.status == "decided")
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(SeenReportPage(data=[SeenReport.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/reports/<report_id>",
    access=READS_ALL,
    replies=Reply(200, SeenReport, "The report."),
    ids={"report_id": "rpt"},
    sees="report_id",
)
def show_report(call: Call[Nothing, Nothing]) -> Answer:
    """One report, and what stands there now."""
    return call.transact(lambda uow: Answer(SeenReport.of(service.any_report(uow, call.ids["report_id"]))))


@room.operation(
    "POST",
    "/admin/reports/<report_id>/decision",
    access=ADMINS,
    body=VerdictDraft,
    replies=Reply(200, JudgedDecision, "Decided, with all open reports of the same."),
    refuses=(SelfDecision, ReportDecided),
    ids={"report_id": "rpt"},
)
def decide_report(call: Call[VerdictDraft, Nothing]) -> Answer:
    """Decide about a report: nothing, a warning, a limit or a freeze. Money that is owed to the member stays owed."""

    def decide(uow: UnitOfWork) -> Answer:
        made = service.decide_report(uow, call.caller.member_id, call.ids["report_id"], call.body.judgement())
        return Answer(JudgedDecision.of(made))

    return call.transact(decide)


@room.operation(
    "GET", "/admin/appeals", access=READS_ALL, query=PageQuery, replies=Reply(200, AppealPage, "Appeals that wait.")
)
def list_appeals(call: Call[Nothing, PageQuery]) -> Answer:
    """Decisions that members appealed against, the oldest first."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(service.appeals(uow, after, query.limit + 1), query.limit, lambda row: row.id)
        return Answer(AppealPage(data=[JudgedDecision.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/decisions/<decision_id>/appeal-decision",
    access=ADMINS,
    body=AppealVerdict,
    replies=Reply(200, JudgedDecision, "Decided for good."),
    refuses=(SelfDecision, AppealDecided),
    ids={"decision_id": "dec"},
)
def decide_appeal(call: Call[AppealVerdict, Nothing]) -> Answer:
    """Decide about an appeal against somebody else's decision: it stands, or all that it took is given back."""
    body = call.body

    def decide(uow: UnitOfWork) -> Answer:
        actor, decision_id = call.caller.member_id, call.ids["decision_id"]
        made = service.decide_appeal(uow, actor, decision_id, body.result(), body.reason)
        return Answer(JudgedDecision.of(made))

    return call.transact(decide)
