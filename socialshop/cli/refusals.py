"""What a person is told when a command cannot go on: one line, no password, no traceback."""

from __future__ import annotations

from pydantic import ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from socialshop.infra.logging import describe
from socialshop.infra.plainwords import in_plain_words
from socialshop.infra.servers import StartupError
from socialshop.infra.settings import Settings
from socialshop.kernel.errors import DomainError


def one_line(error: Exception) -> str:
    """The line for this error. Drivers' messages name hosts and users, never passwords."""
    if isinstance(error, StartupError | DomainError):
        return _first_line(error)
    if isinstance(error, ValidationError):
        return _setting(error)
    if isinstance(error, OperationalError | InterfaceError):
        return f"the database does not serve: {_first_line(error.orig or error)}"
    if isinstance(error, RedisError):
        return f"Redis does not serve: {_first_line(error)}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    what = describe(error) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {_first_line(error)}"
    return f"unexpected {what} (SOCIALSHOP_LOG_LEVEL=DEBUG shows where)"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _setting(error: ValidationError) -> str:
    """Name the variable; its value is not repeated, it may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    alias = Settings.model_fields[field].validation_alias if field in Settings.model_fields else None
    variable = field if field.isupper() else str(alias or f"SOCIALSHOP_{field.upper()}")
    return f"setting {variable}: {in_plain_words(first)}"
