"""What the workers do about mails outside any transaction; the post office is the one that the app has set up."""

from __future__ import annotations

from typing import Any

from flask import current_app

from socialshop.infra.clock import Clock
from socialshop.notifications import service
from socialshop.notifications.service import PostOffice


def send(clock: Clock, payload: dict[str, Any]) -> None:
    """Mails were queued, or are due again."""
    office: PostOffice = current_app.extensions["socialshop_post_office"]
    service.send_due(clock, office)
