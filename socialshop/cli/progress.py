"""A progress bar on stderr for work whose end moves: only on a terminal, never in a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Shown:
    """The bar: told how much is left, it moves; told of more than before, it grows."""

    def __init__(self, bar: Progress, what: str) -> None:
        self._bar = bar
        self._task = bar.add_task(what, total=0)
        self._total = self._done = self._left = 0

    def left(self, count: int) -> None:
        """So much is left to do."""
        self._done += max(0, self._left - count)
        self._left = count
        self._total = max(self._total, self._done + count)
        self._bar.update(self._task, total=self._total, completed=self._total - count)


@contextmanager
def progress(what: str) -> Iterator[Shown]:
    """Show a bar named `what` while the block runs."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Shown(bar, what)
