"""Two accounts of one person become one, over HTTP: one admin asks, another decides."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.privacy import service
from socialshop.privacy.errors import MergeDecided, MergeNeedsAnother, MergeRefused
from socialshop.privacy.schemas import MergedWire, MergePage, MergeWire, NewMerge
from socialshop.web.auth import ADMINS, READS_ALL, SIGNERS, StepUpRequired
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("privacy_admin", __name__, tag="Members")
_MERGE = {"merge_id": service.MERGE_PREFIX}


@room.operation(
    "POST",
    "/admin/member-merges",
    access=ADMINS,
    body=NewMerge,
    replies=Reply(201, MergeWire, "Asked for: another admin decides."),
    refuses=(NotFound, MergeRefused),
)
def ask_merge(call: Call[NewMerge, Nothing]) -> Answer:
    """Ask that an account be merged into another of the same person. Nothing is done yet."""
    body, actor = call.body, call.caller.member_id
    gone, kept = from_public("mbr", body.gone_member_id), from_public("mbr", body.kept_member_id)
    return call.transact(lambda uow: Answer(MergeWire.of(service.ask_merge(uow, actor, gone, kept, body.reason)), 201))


@room.operation(
    "GET", "/admin/member-merges", access=READS_ALL, query=PageQuery, replies=Reply(200, MergePage, "Merges.")
)
def list_merges(call: Call[Nothing, PageQuery]) -> Answer:
    """Merges asked for and decided, the newest first."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(service.merges(uow, query.after(), query.limit + 1), query.limit, lambda row: row.id)
        return Answer(MergePage(data=[MergeWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/member-merges/<merge_id>/approve",
    access=SIGNERS,
    replies=Reply(200, MergedWire, "The two are one, and the account that went is nobody's."),
    refuses=(StepUpRequired, MergeRefused, MergeNeedsAnother, MergeDecided),
    ids=_MERGE,
)
def approve_merge(call: Call[Nothing, Nothing]) -> Answer:
    """Merge. It moves money and cannot be undone: who approves has stepped up, and did not ask for it."""
    return call.transact(
        lambda uow: Answer(MergedWire.shown(service.approve_merge(uow, call.caller.member_id, call.ids["merge_id"])))
    )


@room.operation(
    "POST",
    "/admin/member-merges/<merge_id>/reject",
    access=ADMINS,
    replies=Reply(200, MergeWire, "Both stay as they are."),
    refuses=(MergeDecided,),
    ids=_MERGE,
)
def reject_merge(call: Call[Nothing, Nothing]) -> Answer:
    """Leave both accounts as they are."""
    return call.transact(
        lambda uow: Answer(MergeWire.of(service.reject_merge(uow, call.caller.member_id, call.ids["merge_id"])))
    )
