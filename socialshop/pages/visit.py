"""One request of one person, as a view gets it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import g, request

from socialshop.infra import wired
from socialshop.infra.settings import Settings
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import from_public, to_public
from socialshop.pages import cookies
from socialshop.pages.forms import Form
from socialshop.web import auth
from socialshop.web.auth import Access, Caller, Forbidden, Unauthenticated

PAGE_ROWS = 20
_CURSOR = "cur"

Row = TypeVar("Row")


@dataclass(slots=True)
class Visit:
    """Who is here, the one unit of work, the path's variables; `form` is empty on a page that is just looked at."""

    uow: UnitOfWork
    ids: Mapping[str, uuid.UUID]
    path: Mapping[str, str]
    visitor: Caller | None
    form: Form

    @property
    def caller(self) -> Caller:
        """Who is here; only on pages that are not public."""
        if self.visitor is None:
            raise LookupError("on a public page there may be nobody")
        return self.visitor

    @property
    def viewer(self) -> int | None:
        """In whose eyes deals are listed; None for nobody's."""
        return None if self.visitor is None else self.visitor.number

    @property
    def settings(self) -> Settings:
        """The shop's settings."""
        return wired.settings()

    @property
    def zone(self) -> str:
        """By which clock who looks is told of times: their own, else the shop's."""
        own = None if self.visitor is None else self.visitor.time_zone
        return own or self.settings.time_zone

    def after(self) -> uuid.UUID | None:
        """The id that the list's page before ended with (`?after=`). Raises NotFound for what no list gave."""
        said = request.args.get("after")
        return None if said is None else from_public(_CURSOR, said)


def cut(
    rows: Sequence[Row], id_of: Callable[[Row], uuid.UUID], size: int = PAGE_ROWS
) -> tuple[Sequence[Row], str | None]:
    """A page's rows and what `?after=` says for the next one, from up to `size + 1` rows that were read."""
    if len(rows) <= size:
        return rows, None
    return rows[:size], to_public(_CURSOR, id_of(rows[size - 1]))


def admit(access: Access, uow: UnitOfWork | None) -> Caller | None:
    """Who is here: nobody or somebody on a public page. Raises Unauthenticated, then Forbidden."""
    token = cookies.token()
    caller = None if token is None else auth.holder_of(token, uow)
    g.visitor = caller
    if caller is not None:
        g.caller_id = caller.member_id
    if not access.roles:
        return caller
    if caller is None:
        raise Unauthenticated("sign in first")
    if caller.role not in access.roles:
        raise Forbidden(f"this is for {access.name}")
    return caller
