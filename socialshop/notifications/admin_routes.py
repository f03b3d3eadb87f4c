"""Mails as the shop's own people see them: what was not sent, and why."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.notifications import service
from socialshop.notifications.schemas import MAIL_PREFIX, MailPage, MailQuery, MailWire
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("notifications_admin", __name__, tag="Notices")


@room.operation(
    "GET",
    "/admin/mails",
    access=READS_ALL,
    query=MailQuery,
    replies=Reply(200, MailPage, "Mails, newest first."),
)
def list_mails(call: Call[Nothing, MailQuery]) -> Answer:
    """Mails and what came of each; what they say is their members' alone."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.list_mails(uow, query.status, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(MailPage(data=[MailWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/mails/<mail_id>/retry",
    access=ADMINS,
    ids={"mail_id": MAIL_PREFIX},
    replies=Reply(200, MailWire, "The mail, queued again if it was kept or set aside."),
)
def retry_mail(call: Call[Nothing, Nothing]) -> Answer:
    """Send a mail that was kept because no server was set up, or set aside after too many attempts."""
    return call.transact(
        lambda uow: Answer(MailWire.of(service.retry_mail(uow, call.caller.member_id, call.ids["mail_id"])))
    )
