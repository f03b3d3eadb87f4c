"""Named places where a test may kill the process with SIGKILL, to prove that every effect still happens once.

`SOCIALSHOP_CRASH_AT=name` arms one; `name:3` fires at the third visit. Never armed in production.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

from socialshop.infra import settings

_visits: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Die here, at once and without cleaning up, if a test armed this point."""
    config = settings.current()
    if not config.crash_at or config.environment == "production":
        return
    armed, _, visit = config.crash_at.partition(":")
    _visits[name] += 1
    if name == armed and _visits[name] == int(visit or 1):
        os.kill(os.getpid(), signal.SIGKILL)
