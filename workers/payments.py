"""What the workers do about payments outside any transaction; the providers are those that the app has set up."""

from __future__ import annotations

import uuid
from typing import Any

from flask import current_app

from socialshop.infra.clock import Clock
from socialshop.payments import service
from socialshop.payments.gateway import Gateways


def make_call(clock: Clock, payload: dict[str, Any]) -> None:
    """A call was decided, or its outcome is still unknown."""
    service.make_call(clock, _gateways(), uuid.UUID(payload["call_id"]))


def look(clock: Clock, payload: dict[str, Any]) -> None:
    """A payment has been silent for long."""
    service.look(clock, _gateways(), uuid.UUID(payload["payment_id"]))


def apply_notice(clock: Clock, payload: dict[str, Any]) -> None:
    """A provider told that something happened."""
    service.apply_notice(clock, _gateways(), uuid.UUID(payload["notice_id"]), payload["provider"], payload["ref"])


def _gateways() -> Gateways:
    found: Gateways = current_app.extensions["socialshop_payment_gateways"]
    return found
