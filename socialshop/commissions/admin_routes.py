"""Plans, and what orders paid to whom, over HTTP."""

from __future__ import annotations

from socialshop.commissions import guard, service
from socialshop.commissions.errors import (
    EffectiveAtTaken,
    EffectiveBeforeOrder,
    OrdersAreLanding,
    PlanInvalid,
    PlanPublished,
    PlanRefused,
)
from socialshop.commissions.schemas.commissions import OrderCommissionsWire
from socialshop.commissions.schemas.guarded import GuardWire, SubTreePage, SubTreeWire
from socialshop.commissions.schemas.plans import NewPlan, PlanPage, PlanWire, Publication, VersionWire
from socialshop.commissions.schemas.simulations import (
    SimulationPage,
    SimulationQuestion,
    SimulationStateWire,
    SimulationWire,
)
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.languages import best_language
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("commissions_admin", __name__, tag="Commission plans")


@room.operation(
    "POST",
    "/admin/commission-plans",
    access=ADMINS,
    body=NewPlan,
    replies=Reply(201, PlanWire, "A draft: nobody earns by it until it is published."),
    refuses=(PlanInvalid,),
)
def draft_commission_plan(call: Call[NewPlan, Nothing]) -> Answer:
    """Draft a commission plan."""
    return call.transact(
        lambda uow: Answer(PlanWire.of(service.draft_plan(uow, call.caller.member_id, call.body)), 201)
    )


@room.operation(
    "GET", "/admin/commission-plans", access=READS_ALL, query=PageQuery, replies=Reply(200, PlanPage, "Plans.")
)
def list_commission_plans(call: Call[Nothing, PageQuery]) -> Answer:
    """Drafts and published plans, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(service.plan_page(uow, before, query.limit + 1), query.limit, lambda row: row.id)
        return Answer(PlanPage(data=[PlanWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/commission-plans/<plan_id>",
    access=READS_ALL,
    replies=Reply(200, PlanWire, "The plan."),
    ids={"plan_id": "plan"},
)
def show_commission_plan(call: Call[Nothing, Nothing]) -> Answer:
    """A draft or published plan."""
    return call.transact(lambda uow: Answer(PlanWire.of(service.plan_of(uow, call.ids["plan_id"]))))


@room.operation(
    "POST",
    "/admin/commission-plans/<plan_id>",
    access=ADMINS,
    body=NewPlan,
    replies=Reply(200, PlanWire, "The draft as it is now."),
    refuses=(PlanInvalid, PlanPublished),
    ids={"plan_id": "plan"},
)
def redraft_commission_plan(call: Call[NewPlan, Nothing]) -> Answer:
    """Say a draft anew, the whole document; what is published stays as it is."""
    actor, plan_id = call.caller.member_id, call.ids["plan_id"]
    return call.transact(lambda uow: Answer(PlanWire.of(service.redraft_plan(uow, actor, plan_id, call.body))))


@room.operation(
    "DELETE",
    "/admin/commission-plans/<plan_id>",
    access=ADMINS,
    replies=Reply(204, None, "Thrown away, with what it was tried on."),
    refuses=(PlanPublished,),
    ids={"plan_id": "plan"},
)
def discard_commission_plan(call: Call[Nothing, Nothing]) -> Answer:
    """Throw a draft away; a published plan stays."""

    def discard(uow: UnitOfWork) -> Answer:
        service.discard_draft(uow, call.caller.member_id, call.ids["plan_id"])
        return Answer(status=204)

    return call.transact(discard)


@room.operation(
    "POST",
    "/admin/commission-plans/<plan_id>/publish",
    access=ADMINS,
    body=Publication,
    replies=Reply(200, VersionWire, "The version, in force from its instant on."),
    refuses=(PlanRefused, EffectiveBeforeOrder, EffectiveAtTaken, OrdersAreLanding),
    ids={"plan_id": "plan"},
)
def publish_commission_plan(call: Call[Publication, Nothing]) -> Answer:
    """Bring a draft into force: immutable from then on. Said again, nothing changes."""
    body = call.body

    def publish(uow: UnitOfWork) -> Answer:
        version = service.publish_draft(
            uow,
            call.caller.member_id,
            call.ids["plan_id"],
            country=wired.settings().country,
            effective_at=body.effective_at,
            sign_off=body.signature(),
        )
        return Answer(VersionWire.of(version))

    return call.transact(publish)


@room.operation(
    "POST",
    "/admin/commission-plans/<plan_id>/simulations",
    access=ADMINS,
    body=SimulationQuestion,
    replies=Reply(202, SimulationStateWire, "Jobs work it out."),
    refuses=(InvalidValue,),
    ids={"plan_id": "plan"},
)
def simulate_commission_plan(call: Call[SimulationQuestion, Nothing]) -> Answer:
    """Ask what a plan would have paid of the sales of a time, beside the plans in force."""
    actor, question = call.caller.member_id, call.body.question()
    return call.transact(
        lambda uow: Answer(SimulationStateWire.of(service.simulate(uow, actor, call.ids["plan_id"], question)), 202)
    )


@room.operation(
    "GET",
    "/admin/commission-plans/<plan_id>/simulations",
    access=READS_ALL,
    query=PageQuery,
    replies=Reply(200, SimulationPage, "Simulations of the plan."),
    ids={"plan_id": "plan"},
)
def list_simulations(call: Call[Nothing, PageQuery]) -> Answer:
    """A plan's simulations, the newest first."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.simulations_of(uow, call.ids["plan_id"], query.after(), query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(SimulationPage(data=[SimulationStateWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/commission-plans/<plan_id>/simulations/<simulation_id>",
    access=READS_ALL,
    replies=Reply(200, SimulationWire, "How far it is, and what came of it."),
    ids={"plan_id": "plan", "simulation_id": service.SIMULATION_PREFIX},
)
def show_simulation(call: Call[Nothing, Nothing]) -> Answer:
    """Cost, cost over sales, by leg, level, day and decile, who wins and loses, and what the legal guard finds."""
    return call.transact(
        lambda uow: Answer(SimulationWire.shown(service.simulated(uow, call.ids["plan_id"], call.ids["simulation_id"])))
    )


@room.operation(
    "GET", "/admin/legal-guard", access=READS_ALL, replies=Reply(200, GuardWire, "How plan and tree stand to the law.")
)
def show_legal_guard(call: Call[Nothing, Nothing]) -> Answer:
    """The country's rule, what it says of the plan in force, and how many sub-trees are near its figures or over."""
    return call.transact(lambda uow: Answer(GuardWire.of(service.guard_state(uow))))


@room.operation(
    "GET",
    "/admin/legal-guard/sub-trees",
    access=READS_ALL,
    query=PageQuery,
    replies=Reply(200, SubTreePage, "Sub-trees."),
)
def list_watched_subtrees(call: Call[Nothing, PageQuery]) -> Answer:
    """The sub-trees near the country's figures or over them, the largest first; some minutes behind. No names."""
    query, rule = call.query, guard.subtree_rule_for(wired.settings().country)

    def read(uow: UnitOfWork) -> Answer:
        found = service.watched_subtrees(uow, query.after(), query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.member_id)
        return Answer(SubTreePage(data=[SubTreeWire.of(rule, row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/orders/<order_id>/commissions",
    access=READS_ALL,
    replies=Reply(200, OrderCommissionsWire, "Accruals, and who got nothing and why."),
    ids={"order_id": "ord"},
    sees="order_id",
)
def show_order_commissions(call: Call[Nothing, Nothing]) -> Answer:
    """What an order paid to whom, and why others got nothing, in English or Chinese (`Accept-Language`)."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.order_commissions(uow, call.ids["order_id"])
        return Answer(OrderCommissionsWire.of(found, best_language()), headers={"Vary": "Accept-Language"})

    return call.transact(read)
