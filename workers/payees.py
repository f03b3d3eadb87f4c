"""What the workers do about payees outside any transaction: checking names, and paying, by what the app has set up."""

from __future__ import annotations

from typing import Any

from socialshop.infra.clock import Clock
from socialshop.payouts import service
from socialshop.payouts.gateway import payee_gateway
from socialshop.payouts.transfers import transfer_gateways


def check(clock: Clock, payload: dict[str, Any]) -> None:
    """A name is to be checked, or a check waits for its answer."""
    service.check_payees(clock, payee_gateway())


def disburse(clock: Clock, payload: dict[str, Any]) -> None:
    """Released payouts are to be made by a provider, or to be looked at."""
    service.disburse(clock, transfer_gateways())
