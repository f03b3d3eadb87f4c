"""The boards of the month: who brought most, and where one stands oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel.dates import format_skeleton
from flask import Response, flash, render_template, request
from flask_babel import get_locale, gettext, lazy_gettext
from pydantic import ValidationError

from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money
from socialshop.loyalty.schemas.boards import BoardQuery
from socialshop.loyalty.service import boards
from socialshop.loyalty.service.boards import Metric
from socialshop.pages.formats import money
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web.auth import BUYERS

_METRICS: Mapping[Metric, Any] = {
    Metric.FRIENDS: lazy_gettext("Friends brought"),
    Metric.VOLUME: lazy_gettext("What they bought"),
}


@shopper.page("/board", tab="me")
def show_board(visit: Visit) -> str:
    """A month's board, and the member's own place."""
    try:
        metric, month = BoardQuery.model_validate(
            {name: value for name in ("metric", "month") if (value := request.args.get(name))}
        ).which()
    except ValidationError:
        raise NotFound("no such board") from None
    found = boards.board(visit.uow, visit.caller.number, metric, month, visit.settings.time_zone)
    currency = visit.settings.currency

    def figure(of: int) -> str:
        return str(of) if metric is Metric.FRIENDS else money(Money(of, currency))

    return render_template(
        "shopper/board.html",
        board=found,
        title=format_skeleton("yMMMM", found.month, locale=get_locale()),
        metrics=_METRICS.items(),
        months=[(day.strftime("%Y-%m"), day == found.month) for day in boards.months(visit.uow)],
        figure=figure,
        takes_part=visit.caller.role in BUYERS.roles,
    )


@shopper.action("/board/name", access=BUYERS, again="show_board")
def be_named(visit: Visit) -> Response:
    """Agree to be named, or take it back."""
    named = visit.form.is_ticked("named")
    boards.be_named(visit.uow, visit.caller.number, named=named)
    flash(gettext("Boards name you from now on.") if named else gettext("Boards do not name you any more."))
    return go_to("shopper.show_board")
