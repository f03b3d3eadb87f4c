"""Errors that a person or a script can act on.

A domain error says what kind of refusal it is (which decides the HTTP status, in `web/problems.py` alone), a
stable `code` (each has a page in docs/problems/), a sentence, and, where one input is to blame, its field.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of refusal this is; `web/problems.py` maps each to one HTTP status."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"


class DomainError(Exception):
    """Base of every refusal that the shop's rules make. Subclasses set `code` and `kind`."""

    code: ClassVar[str]
    kind: ClassVar[Kind]

    def __init__(self, detail: str, *, field: str | None = None, **facts: object) -> None:
        """`detail` is one sentence for a person; `facts` are figures a script may read beside it."""
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.facts = facts


class InvalidValue(DomainError):
    """A value is not what its field allows."""

    code = "invalid_value"
    kind = Kind.INVALID


class NotFound(DomainError):
    """No such object, or it is somebody else's: the two are not told apart."""

    code = "not_found"
    kind = Kind.NOT_FOUND
