"""What the workers do about webhooks outside any transaction; the courier is the one that the app has set up."""

from __future__ import annotations

from typing import Any

from flask import current_app

from socialshop.infra.clock import Clock
from socialshop.notifications import service
from socialshop.notifications.gateway import Courier


def deliver(clock: Clock, payload: dict[str, Any]) -> None:
    """Something is to be told to endpoints, or is due again."""
    courier: Courier = current_app.extensions["socialshop_courier"]
    service.deliver_due(clock, courier)
