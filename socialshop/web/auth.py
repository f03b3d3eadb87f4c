"""The authentication protocol: who may call what. How a token is looked up is wired in by app.py, not known here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flask import Flask, current_app, g, request

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import DomainError, Kind
from socialshop.kernel.roles import Role

_LONGEST_TOKEN = 200


class Caller(Protocol):
    """The signed-in member behind a request."""

    @property
    def member_id(self) -> uuid.UUID: ...
    @property
    def number(self) -> int: ...
    @property
    def role(self) -> Role: ...
    @property
    def session_id(self) -> uuid.UUID: ...
    @property
    def time_zone(self) -> str | None: ...
    @property
    def stepped_up(self) -> bool: ...


Authenticate = Callable[[str, UnitOfWork | None], Caller | None]
"""The caller behind a raw token; None for one that is unknown, expired or signed out. Opens a unit where none is."""


@dataclass(frozen=True, slots=True)
class Access:
    """The roles that may call an operation; without any, everybody may, and no token is looked at.

    `stepped_up`: only in a session that was stepped up within the last minutes (signins/service/stepping.py).
    """

    name: str
    roles: frozenset[Role]
    stepped_up: bool = False


PUBLIC = Access("public", frozenset())
SIGNED_IN = Access("signed in", frozenset(Role))
BUYERS = Access("members, leaders and admins", frozenset(Role) - {Role.FINANCE})
ADMINS = Access("admins", frozenset({Role.ADMIN}))
SIGNERS = Access("admins", frozenset({Role.ADMIN}), stepped_up=True)
LEADERS = Access("leaders and admins", frozenset({Role.LEADER, Role.ADMIN}))
READS_ALL = Access("finance or admin", frozenset({Role.FINANCE, Role.ADMIN}))


class Unauthenticated(DomainError):
    """No token, or one that is unknown, expired or signed out: the four are not told apart."""

    code = "unauthenticated"
    kind = Kind.UNAUTHENTICATED


class Forbidden(DomainError):
    """The caller's role may not do this."""

    code = "forbidden"
    kind = Kind.FORBIDDEN


class StepUpRequired(DomainError):
    """Money goes after this: the caller proves once more, by a code, to be the person and not a token left behind."""

    code = "step_up_required"
    kind = Kind.FORBIDDEN


def attach(app: Flask, authenticate: Authenticate) -> None:
    """Bind the app to its token lookup."""
    app.extensions["socialshop_authenticate"] = authenticate


def admit(access: Access, uow: UnitOfWork | None) -> Caller | None:
    """The caller, or None at a public operation. Raises Unauthenticated, then Forbidden; reads no body."""
    if not access.roles:
        return None
    caller = _caller(uow)
    if caller is None:
        raise Unauthenticated("send the token of a session: Authorization: Bearer …")
    g.caller_id = caller.member_id
    if caller.role not in access.roles:
        raise Forbidden(f"this is for {access.name}; you are signed in as {caller.role}")
    if access.stepped_up and not caller.stepped_up:
        raise StepUpRequired("POST /sessions/current/step-up with a code of your authenticator, then ask again")
    return caller


def look(uow: UnitOfWork | None) -> Caller | None:
    """Who calls a public operation that knows its members; a token that is worth nothing is as good as none."""
    return _caller(uow)


def _caller(uow: UnitOfWork | None) -> Caller | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return holder_of(token, uow) if scheme.lower() == "bearer" else None


def holder_of(token: str, uow: UnitOfWork | None) -> Caller | None:
    """Who holds a session's raw token, wherever it was sent."""
    if not token.isascii() or not 0 < len(token) <= _LONGEST_TOKEN:
        return None
    authenticate: Authenticate = current_app.extensions["socialshop_authenticate"]
    return authenticate(token, uow)
