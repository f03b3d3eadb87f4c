"""Faults by seed: the same seed and keys bring the same faults, whatever the order of requests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Faults:
    """How often, in percent, what goes wrong. `delay_ms` is the longest delay of a notice: delayed ones overtake.

    `decline_percent` is of charges by mandate: the buyer's bank says no.
    """

    seed: int = 0
    silent_percent: int = 0
    error_percent: int = 0
    duplicate_percent: int = 0
    drop_percent: int = 0
    decline_percent: int = 0
    delay_ms: int = 0

    @classmethod
    def read(cls, said: dict[str, Any]) -> Faults:
        """From JSON. Raises ValueError for anything but whole numbers under known names."""
        names = {one.name for one in fields(cls)}
        if not said.keys() <= names or not all(type(value) is int and value >= 0 for value in said.values()):
            raise ValueError(f"whole numbers named {', '.join(sorted(names))}")
        return cls(**said)

    def fails_before(self, key: str, attempt: int) -> bool:
        """Answer 500 and do nothing."""
        return self._draw("error", key, attempt) < self.error_percent and self._draw("side", key, attempt) % 2 == 0

    def fails_after(self, key: str, attempt: int) -> bool:
        """Do it, and answer 500 all the same."""
        return self._draw("error", key, attempt) < self.error_percent and self._draw("side", key, attempt) % 2 == 1

    def is_silent(self, key: str, attempt: int) -> bool:
        """Do it and never answer."""
        return self._draw("silent", key, attempt) < self.silent_percent

    def declines(self, key: str) -> bool:
        """Whether the buyer's bank says no to this charge."""
        return self._draw("decline", key, 0) < self.decline_percent

    def copies(self, notice_id: str, wanted: int) -> int:
        """How often the notice is sent; 0 where it is lost."""
        if self._draw("drop", notice_id, 0) < self.drop_percent:
            return 0
        return wanted + (self._draw("duplicate", notice_id, 0) < self.duplicate_percent)

    def delay(self, notice_id: str, copy: int) -> timedelta:
        """How long this copy waits before it is sent."""
        return timedelta(milliseconds=self._number("delay", notice_id, copy) % (self.delay_ms + 1))

    def _draw(self, what: str, name: str, attempt: int) -> int:
        return self._number(what, name, attempt) % 100

    def _number(self, what: str, name: str, attempt: int) -> int:
        drawn = hashlib.sha256(f"{self.seed}/{what}/{name}/{attempt}".encode()).digest()
        return int.from_bytes(drawn[:8])
