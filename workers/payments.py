"""What the workers do about payments outside any transaction; the providers are those that the app has set up."""

from __future__ import annotations

from typing import Any

from socialshop.infra.outside import OutsideCalls
from socialshop.payments import service
from socialshop.payments.gateway import gateways


def calls() -> OutsideCalls[Any, Any]:
    """Calls were decided, or their outcome is still unknown."""
    return service.provider_calls(gateways())


def looks() -> OutsideCalls[Any, Any]:
    """Payments have been silent for long."""
    return service.looks(gateways())


def notices() -> OutsideCalls[Any, Any]:
    """A provider told that something happened."""
    return service.notice_looks(gateways())


def records() -> OutsideCalls[Any, Any]:
    """Providers' own records of money are to be read."""
    return service.records(gateways())
