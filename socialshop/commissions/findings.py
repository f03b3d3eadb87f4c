"""What the legal guard says of a plan, leg by leg."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`info` publishes, `warning` needs a named sign-off, `refusal` is not published."""

    INFO = "info"
    WARNING = "warning"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the guard found. `leg` is the position in the plan's list of the leg that it is about, from 0."""

    code: str
    severity: Severity
    leg: int
    message: str
