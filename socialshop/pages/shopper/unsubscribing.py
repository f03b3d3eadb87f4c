"""Where the link at the foot of a mail leads: no more mails of this kind, without signing in."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from socialshop.notifications import service as notifications
from socialshop.pages.shopper.notices import TOPICS
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web.auth import PUBLIC

_LONGEST_TOKEN = 200


@shopper.page("/unsubscribe", access=PUBLIC)
def show_unsubscribing(visit: Visit) -> str:
    """One button: scanners open a mail's links too, and must not decide for its reader."""
    if not _token():
        return render_template("shopper/unsubscribe.html", token=None)
    said = notifications.unsubscription_of(_token())
    topic = None if said.topic is None else TOPICS[said.topic]
    return render_template("shopper/unsubscribe.html", token=_token(), topic=topic, done=False)


@shopper.action("/unsubscribe", access=PUBLIC, again="show_unsubscribing", by_link=True)
def unsubscribe(visit: Visit) -> Response:
    """Say no, by the button or by the mail program's own; answered at once, for that follows no redirect."""
    said = notifications.unsubscribe(visit.uow, _token(), everything=visit.form.is_ticked("everything"))
    topic = None if said.topic is None else TOPICS[said.topic]
    return make_response(render_template("shopper/unsubscribe.html", token=_token(), topic=topic, done=True))


def _token() -> str:
    return request.args.get("token", "")[:_LONGEST_TOKEN]
