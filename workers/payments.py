"""What the workers do about payments outside any transaction; the providers are those that the app has set up."""

from __future__ import annotations

from typing import Any

from flask import current_app

from socialshop.infra.outside import OutsideCalls
from socialshop.payments import service
from socialshop.payments.gateway import Gateways


def calls() -> OutsideCalls[Any, Any]:
    """Calls were decided, or their outcome is still unknown."""
    return service.provider_calls(_gateways())


def looks() -> OutsideCalls[Any, Any]:
    """Payments have been silent for long."""
    return service.looks(_gateways())


def notices() -> OutsideCalls[Any, Any]:
    """A provider told that something happened."""
    return service.notice_looks(_gateways())


def _gateways() -> Gateways:
    found: Gateways = current_app.extensions["socialshop_payment_gateways"]
    return found
