"""What is due about mails and webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class MailsQueued(Event):
    """Mails wait to be sent; which, the rows say."""


@dataclass(frozen=True, slots=True)
class WebhooksDue(Event):
    """Something waits to be told to endpoints; what, the rows say."""
