"""What the workers do about text messages outside any transaction; who sends them is what the app has set up."""

from __future__ import annotations

from typing import Any

from socialshop.infra.clock import Clock
from socialshop.signins import service
from socialshop.signins.gateway import texter


def send(clock: Clock, payload: dict[str, Any]) -> None:
    """A code was asked for."""
    service.send_codes(clock, texter())
