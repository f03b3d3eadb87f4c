"""Handing a text message over. The sandbox is a phone that everybody here may read: never in production."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

import structlog

from socialshop.infra import wired

_KEPT = 100
_SHOWN_DIGITS = 2
_log = structlog.stdlib.get_logger("socialshop.signins")


class TextMessage(NamedTuple):
    """What goes to a phone (E.164)."""

    phone: str
    words: str


class Texter(Protocol):
    """Somebody who sends text messages."""

    def send(self, message: TextMessage) -> None:
        """Send it. Raises Refused, OutcomeUnknown; either way the person asks for another code."""


def texter() -> Texter | None:
    """Who sends text messages for the app at hand."""
    found: Texter | None = wired.part("texter")
    return found


class SandboxTexter:
    """Sends nothing: keeps the newest messages for tests, and logs the words for whoever runs the shop here."""

    def __init__(self) -> None:
        self.sent: deque[TextMessage] = deque(maxlen=_KEPT)

    def send(self, message: TextMessage) -> None:
        """See Texter."""
        self.sent.append(message)
        _log.info("text message of the sandbox", to=f"…{message.phone[-_SHOWN_DIGITS:]}", words=message.words)
