"""The one way to add an HTTP operation, and the table of all of them.

`Room.operation` says in one place who may call, what is sent and what comes back. The order of answers (401, 403, 400
for a missing key, 4xx for the body, 422, 404), strictness, idempotency, the OpenAPI document and the tests that walk
every operation all follow from it: no route can forget one.

    @room.operation("PATCH", "/me", access=SIGNED_IN, body=ProfileEdit, replies=Reply(200, Profile))
    def edit_me(call: Call[ProfileEdit, Nothing]) -> Answer:
        \"\"\"Edit your profile.\"\"\"
        return call.transact(lambda uow: Answer(Profile.of(service.edit(uow, …))))
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from flask import Blueprint, Flask, Response, request
from pydantic import BaseModel

from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError, NotFound
from socialshop.kernel.ids import from_public
from socialshop.web import idempotency, looks, problems
from socialshop.web.auth import Access, Caller, admit
from socialshop.web.bodies import read_body, read_query, read_raw, receive_body
from socialshop.web.idempotency import Idempotency
from socialshop.web.schemas import Nothing
from socialshop.web.store import Claim

API = "/api/v1"
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})

T = TypeVar("T")
B = TypeVar("B", bound=BaseModel)
Q = TypeVar("Q", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a model as JSON, ready bytes of another media type, or nothing (204)."""

    body: BaseModel | bytes | None = None
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes of the body."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else self.body.model_dump_json().encode()


def refused(error: DomainError) -> Answer:
    """A refusal that is answered and not raised: what was done stays done, such as counting an attempt."""
    problem = problems.answer_to(error)
    return Answer(problem.get_data(), problem.status_code, problems.MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class Reply:
    """One declared success: its status, the model (None: no JSON body) and what it means."""

    status: int
    model: type[BaseModel] | None
    description: str = "Done."
    media_type: str = "application/json"


@dataclass(slots=True)
class Call(Generic[B, Q]):
    """One admitted, validated request, as an operation's function gets it."""

    body: B
    query: Q
    ids: Mapping[str, uuid.UUID]
    path: Mapping[str, str]
    admitted: Caller | None
    isolation: str | None = None
    claim: Claim | None = None
    open: UnitOfWork | None = None

    @property
    def caller(self) -> Caller:
        """Who calls; only for operations that are not public."""
        if self.admitted is None:
            raise LookupError("a public operation has no caller")
        return self.admitted

    def transact(self, work: Callable[[UnitOfWork], Answer]) -> Answer:
        """Run `work` in this request's one transaction; where a key was sent, its 2xx answer is kept in the same."""

        def whole(uow: UnitOfWork) -> Answer:
            answer = work(uow)
            if self.claim is not None and answer.status < HTTPStatus.MULTIPLE_CHOICES:
                idempotency.keep(uow, self.claim, answer.status, answer.media_type, answer.content())
            return answer

        if self.open is not None:
            return whole(self.open)
        return _in_transaction(whole, self.isolation)


Function = Callable[[Call[Any, Any]], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table: everything that is promised about one method of one path."""

    name: str
    tag: str
    method: str
    path: str
    access: Access
    body: type[BaseModel]
    query: type[BaseModel]
    replies: tuple[Reply, ...]
    refuses: tuple[type[DomainError], ...]
    isolation: str | None
    ids: Mapping[str, str]
    idempotency: Idempotency
    limit: str | None
    limited: bool
    listed: bool
    sees: str | None
    summary: str
    description: str
    function: Function

    @property
    def takes_body(self) -> bool:
        """Whether a body is read; on GET and DELETE it has no meaning (RFC 9110, 9.3)."""
        return self.method in _BODY_METHODS


class Room(Blueprint):
    """A blueprint that only takes declared operations."""

    def __init__(self, name: str, import_name: str, *, tag: str, base: str = API) -> None:
        super().__init__(name, import_name, url_prefix=base or None)
        self.tag = tag
        self.base = base
        self.operations: list[Operation] = []

    def operation(
        self,
        method: str,
        path: str,
        *,
        access: Access,
        replies: Reply | Sequence[Reply],
        body: type[BaseModel] = Nothing,
        query: type[BaseModel] = Nothing,
        refuses: Sequence[type[DomainError]] = (),
        isolation: str | None = None,
        ids: Mapping[str, str] | None = None,
        idempotency: Idempotency = Idempotency.ACCEPTED,
        limit: str | None = None,
        limited: bool = True,
        listed: bool = True,
        sees: str | None = None,
    ) -> Callable[[Function], Function]:
        """Register the decorated function.

        `ids` maps a path variable to the prefix of its public id. `limit` names a limit of its own (web/limits.py)
        beside the general one, from which `limited=False` exempts. `listed=False` keeps a page out of the OpenAPI.
        `sees` names the path variable by which the shop's people see a member's data: it is noted (web/looks.py).
        `isolation` may name a PostgreSQL level such as "REPEATABLE READ"; for reads (web/idempotency.py says why).
        """
        if isolation is not None and method != "GET":
            raise ValueError(f"{method} {path}: a change is made under READ COMMITTED")

        def register(function: Function) -> Function:
            summary, _, description = inspect.cleandoc(function.__doc__ or "").partition("\n")
            row = Operation(
                name=function.__name__,
                tag=self.tag,
                method=method,
                path=self.base + path,
                access=access,
                body=body,
                query=query,
                replies=(replies,) if isinstance(replies, Reply) else tuple(replies),
                refuses=tuple(refuses),
                isolation=isolation,
                ids=ids or {},
                idempotency=idempotency if method in idempotency_methods(access) else Idempotency.IGNORED,
                limit=limit,
                limited=limited,
                listed=listed,
                sees=sees,
                summary=summary.rstrip("."),
                description=description.strip(),
                function=function,
            )
            self.operations.append(row)
            self.add_url_rule(path, row.name, _view_of(row), methods=[method])
            return function

        return register


def idempotency_methods(access: Access) -> frozenset[str]:
    """Where a key means anything: an answer is kept per actor, so never where there is none; reads need none."""
    return _BODY_METHODS | {"DELETE"} if access.roles else frozenset()


def attach(app: Flask, rooms: Sequence[Room]) -> None:
    """Register the rooms' blueprints, and add their operations to the app's table."""
    table: dict[str, Operation] = app.extensions.setdefault("socialshop_operations", {})
    for room in rooms:
        app.register_blueprint(room)
        table.update({f"{room.name}.{row.name}": row for row in room.operations})


def table_of(app: Flask) -> Mapping[str, Operation]:
    """Every operation of the app, by endpoint."""
    found: dict[str, Operation] = app.extensions["socialshop_operations"]
    return found


def _view_of(row: Operation) -> Callable[..., Response]:
    @wraps(row.function)
    def view(**variables: str) -> Response:
        return _serve(row, variables)

    return view


def _in_transaction(work: Callable[[UnitOfWork], T], isolation: str | None) -> T:
    return in_unit_of_work(work, isolation=isolation)


def _serve(row: Operation, variables: Mapping[str, str]) -> Response:
    if not row.access.roles:
        return _answer(row, variables, None)
    if row.method != "GET":
        # Whole before the transaction begins: a slow body would keep it open.
        receive_body()
    return _in_transaction(lambda uow: _answer(row, variables, uow), row.isolation)


def _answer(row: Operation, variables: Mapping[str, str], uow: UnitOfWork | None) -> Response:
    """The order of answers, once for all: 401, 403, 400 for the key, the body's 4xx, 422, 404, then the function."""
    caller = admit(row.access, uow)
    key = idempotency.key_of_request(row.idempotency)
    body = read_body(row.body) if row.takes_body else row.body()
    query = read_query(row.query)
    if any("\0" in value for value in variables.values()):
        # Nothing is called so, and PostgreSQL takes no such text.
        raise NotFound("there is nothing by this name")
    ids = {name: from_public(prefix, variables[name]) for name, prefix in row.ids.items()}
    call = Call(body, query, ids, variables, caller, isolation=row.isolation, open=uow)
    if row.sees is not None and caller is not None and uow is not None:
        looks.note(uow, caller, row.sees, row.ids, ids, saw=row.name)
    if key is None or caller is None or uow is None:
        return _send(row.function(call))
    claim = idempotency.claim(uow, caller.member_id, request.method, request.path, key=key, content=_content())
    if claim.kept is not None:
        return _send(Answer(claim.kept.content, claim.kept.status, claim.kept.media_type))
    call.claim = claim
    return _send(row.function(call))


def _content() -> bytes:
    """What makes two requests under one key the same: the query string and the body, byte for byte."""
    return request.query_string + b"\n" + read_raw()


def _send(answer: Answer) -> Response:
    content_type = answer.media_type if answer.status != HTTPStatus.NO_CONTENT else None
    response = Response(answer.content(), answer.status, content_type=content_type)
    response.headers.extend(answer.headers)
    return response
