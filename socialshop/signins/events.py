"""What is due about codes."""

from __future__ import annotations

from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class CodeAsked(Event):
    """A code waits to be made and sent; which, the rows say."""
