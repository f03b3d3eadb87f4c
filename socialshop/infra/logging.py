"""Logs: JSON lines on stderr, each with its request or job id, and nothing secret in them."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from functools import lru_cache
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

# Whatever is logged under these names is masked; substring match, so `new_password` and `set-cookie` are caught too.
_SECRET = ("password", "token", "secret", "authorization", "cookie", "totp", "account_number", "dsn")
_DESCRIPTION_LENGTH = 500

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def describe(error: BaseException) -> str:
    """The error's type and first line; never its details and parameters, which may be private."""
    original = getattr(error, "orig", None) or error
    first_line = str(original).strip().partition("\n")[0]
    return f"{type(original).__name__}: {first_line}"[:_DESCRIPTION_LENGTH]


def render_traceback(exc_info: ExcInfo) -> str:
    """Where each error of the chain was raised, oldest first, and its description alone.

    The usual rendering has the errors' whole text: PostgreSQL's DETAIL quotes the row, pydantic the input.
    """
    parts = ["".join(traceback.format_tb(error.__traceback__)) + describe(error) for error in _chain(exc_info[1])]
    return "\n".join(reversed(parts))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def mask_secrets(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every field whose name sounds secret."""
    for name in fields:
        if _sounds_secret(name):
            fields[name] = "***"
    return fields


@lru_cache(maxsize=1024)
def _sounds_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(render_traceback),
    mask_secrets,
]


class _Lines:
    """Writes a logger's lines as they come: the standard library's way costs twice as much as all before it."""

    disabled = False

    def __init__(self, name: str | None = None, *_: object) -> None:
        self.name = name
        self._known = logging.getLogger(name)

    def getEffectiveLevel(self) -> int:  # noqa: N802  (the name that structlog asks for)
        """The least level of a line that is wanted."""
        return self._known.getEffectiveLevel()

    def write(self, line: str) -> None:
        """One line in one write, so that lines of several processes do not mix."""
        _stream().write(f"{line}\n")

    debug = info = warning = error = critical = exception = write


def _stream() -> TextIO:
    """Where the root logger writes, for both to keep one order."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            return cast(TextIO, handler.stream)
    return sys.stderr


# Made once: `json.dumps` makes one a line.
_encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode


def _as_json(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> str:
    return _encode(fields)


# One list for the process's life: loggers keep the list that they first saw, also when `configure` is called again.
_PROCESSORS: list[Any] = [
    structlog.stdlib.filter_by_level,
    *_SHARED,
    _as_json,
]


def configure(level: str = "INFO") -> None:
    """Set up structlog and the standard library's root logger alike; safe to call again."""
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=_Lines,
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _as_json,
            ],
        )
    )
    # It announces every plugin and every look at the schema's version.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
