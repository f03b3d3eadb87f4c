"""What the workers do about names of payees outside any transaction; who checks them is what the app has set up."""

from __future__ import annotations

from typing import Any

from socialshop.infra.clock import Clock
from socialshop.payouts import service
from socialshop.payouts.gateway import payee_gateway


def check(clock: Clock, payload: dict[str, Any]) -> None:
    """A name is to be checked, or a check waits for its answer."""
    service.check_payees(clock, payee_gateway())
