"""What a finding may say. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs for who decides."""

    INFO = "info"
    WARNING = "warning"
    SEVERE = "severe"


def evidence_text(evidence: Mapping[str, object]) -> str:
    """Evidence as JSON. Raises TypeError or ValueError for what JSON cannot say: a fault of the caller's code."""
    return json.dumps(evidence, ensure_ascii=False, allow_nan=False)
