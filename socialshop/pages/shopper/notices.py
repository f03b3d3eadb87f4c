"""What the shop has told a member."""

from __future__ import annotations

from flask import Response, render_template, url_for

from socialshop.notifications import service as notifications
from socialshop.pages import languages
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut

# The page behind the public id that a notice leads to, by its prefix.
_PAGES = {
    "room": ("shopper.show_room", "room_id"),
    "ord": ("shopper.show_order", "order_id"),
    "acr": ("shopper.explain", "commission_id"),
    "por": ("shopper.show_payout", "request_id"),
}


@shopper.page("/notices", tab="me")
def show_notices(visit: Visit) -> str:
    """The newest first."""
    found = notifications.list_notices(
        visit.uow, visit.caller.number, before=visit.after(), limit=PAGE_ROWS + 1, language=languages.reader()
    )
    rows, after = cut(found.rows, lambda row: row.id)
    told = [(row, _address(row.target)) for row in rows]
    return render_template("shopper/notices.html", told=told, unread=found.unread, next=after)


@shopper.action("/notices/read", again="show_notices")
def mark_read(visit: Visit) -> Response:
    """All of them are read."""
    notifications.mark_read(visit.uow, visit.caller.number)
    return go_to("shopper.show_notices")


def _address(target: str | None) -> str | None:
    page = None if target is None else _PAGES.get(target.partition("_")[0])
    return None if page is None else url_for(page[0], **{page[1]: target})  # type: ignore[arg-type]
