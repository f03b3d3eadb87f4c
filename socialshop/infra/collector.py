"""Python's collector of reference cycles, held back while a batch is worked on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cycles_kept() -> Iterator[None]:
    """Collect no cycles inside: for bulk work that makes tuples by the hundred thousand and no cycles.

    The collector looks through all of them again and again and finds nothing: measured, more than half of the
    processor time of a settlement (5.4 s to 2.5 s for 314,000 accruals). Reference counting frees them all the same.
    The switch is the process's: of two batches at once the first to end switches it on, which costs time, no truth.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
