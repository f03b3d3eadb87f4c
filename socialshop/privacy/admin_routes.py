"""Two accounts of one person become one, over HTTP: one admin asks, another decides."""

from __future__ import annotations

from socialshop.identity import service as identity
from socialshop.identity.service import SignInAgain
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import from_public
from socialshop.privacy import service
from socialshop.privacy.errors import MergeDecided, MergeNeedsAnother, MergeRefused
from socialshop.privacy.schemas import MergedWire, MergePage, MergeWire, NewMerge
from socialshop.web.auth import ADMINS, READS_ALL
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
    refuses=(MergeRefused,),
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
    access=ADMINS,
    replies=Reply(200, MergedWire, "The two are one, and the account that went is nobody's."),
    refuses=(MergeRefused, MergeNeedsAnother, MergeDecided, SignInAgain),
    ids=_MERGE,
)
def approve_merge(call: Call[Nothing, Nothing]) -> Answer:
    """Merge. It cannot be undone, so it is done in a session no older than an hour, by who did not ask for it."""

    def merge(uow: UnitOfWork) -> Answer:
        identity.check_signed_in_lately(uow, call.caller.session_id)
        return Answer(MergedWire.shown(service.approve_merge(uow, call.caller.member_id, call.ids["merge_id"])))

    return call.transact(merge)


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
