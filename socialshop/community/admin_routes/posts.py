"""What waits to be read by somebody of the shop, over HTTP."""

from __future__ import annotations

from socialshop.community import service
from socialshop.community.errors import PostChanged, PostDecided, SelfDecision
from socialshop.community.rules import Status
from socialshop.community.schemas.posts import ModeratedPage, ModeratedPost, Publication, QueueQuery, Rejection
from socialshop.community.service import PostRow
from socialshop.infra.uow import UnitOfWork
from socialshop.infra.wired import settings
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("community_admin", __name__, tag="Reviews and notes, for the shop")

_POST = {"post_id": "post"}


@room.operation(
    "GET", "/admin/posts", access=READS_ALL, query=QueueQuery, replies=Reply(200, ModeratedPage, "Reviews and notes.")
)
def list_moderated_posts(call: Call[Nothing, QueueQuery]) -> Answer:
    """Reviews and notes that wait, or stand otherwise, the oldest first."""
    query, after, currency = call.query, call.query.after(), settings().currency

    def read(uow: UnitOfWork) -> Answer:
        found = service.queue(uow, Status(query.status), after, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        sales = service.sales_of(uow, [row.id for row in shown], currency)
        data = [ModeratedPost.of(row, sales.get(row.id), currency) for row in shown]
        return Answer(ModeratedPage(data=data, next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/posts/<post_id>",
    access=READS_ALL,
    replies=Reply(200, ModeratedPost, "The review or note."),
    ids=_POST,
    sees="post_id",
)
def show_moderated_post(call: Call[Nothing, Nothing]) -> Answer:
    """One review or note, whatever its state."""
    return call.transact(lambda uow: Answer(_moderated(uow, service.any_post(uow, call.ids["post_id"]))))


@room.operation(
    "POST",
    "/admin/posts/<post_id>/publish",
    access=ADMINS,
    body=Publication,
    replies=Reply(200, ModeratedPost, "Everybody may read it; its author has points for it."),
    refuses=(SelfDecision, PostChanged, PostDecided),
    ids=_POST,
)
def publish_post(call: Call[Publication, Nothing]) -> Answer:
    """Publish what you read. Said again, nothing changes."""

    def publish(uow: UnitOfWork) -> Answer:
        actor, post_id = call.caller.member_id, call.ids["post_id"]
        return Answer(_moderated(uow, service.publish(uow, actor, post_id, call.body.version)))

    return call.transact(publish)


@room.operation(
    "POST",
    "/admin/posts/<post_id>/reject",
    access=ADMINS,
    body=Rejection,
    replies=Reply(200, ModeratedPost, "Nobody else sees it; its author knows why."),
    refuses=(SelfDecision, PostChanged, PostDecided),
    ids=_POST,
)
def reject_post(call: Call[Rejection, Nothing]) -> Answer:
    """Reject what waits, or take down what is published. Points that it gave stay. Said again, nothing changes."""
    body = call.body

    def reject(uow: UnitOfWork) -> Answer:
        actor, post_id = call.caller.member_id, call.ids["post_id"]
        return Answer(_moderated(uow, service.reject(uow, actor, post_id, body.version, body.reason)))

    return call.transact(reject)


def _moderated(uow: UnitOfWork, row: PostRow) -> ModeratedPost:
    currency = settings().currency
    return ModeratedPost.of(row, service.sales_of(uow, [row.id], currency).get(row.id), currency)
