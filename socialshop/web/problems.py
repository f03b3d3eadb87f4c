"""Every refusal as problem+json (RFC 9457). This module alone maps a kind of error to an HTTP status."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from flask import Flask, Response, current_app, g, request
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as BaseResponse

from socialshop.kernel.errors import DomainError, Kind

MEDIA_TYPE = "application/problem+json"
STATUS = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}
# The database is away, or every connection is taken.
DATABASE_ERRORS = (OperationalError, InterfaceError, TimeoutError)
_FOR_PROGRAMS = ("/api/", "/webhooks/", "/static/")
_log = structlog.stdlib.get_logger("socialshop.web")


@dataclass(frozen=True, slots=True)
class Protocol:
    """A refusal that HTTP itself makes, before any rule of the shop is asked."""

    code: str
    status: int


MALFORMED_REQUEST = Protocol("malformed_request", 400)
MALFORMED_JSON = Protocol("malformed_json", 400)
NESTED_TOO_DEEPLY = Protocol("nested_too_deeply", 400)
KEY_MISSING = Protocol("idempotency_key_missing", 400)
KEY_MALFORMED = Protocol("idempotency_key_malformed", 400)
NO_SUCH_PATH = Protocol("not_found", 404)
METHOD_NOT_ALLOWED = Protocol("method_not_allowed", 405)
BODY_TOO_LARGE = Protocol("body_too_large", 413)
WRONG_MEDIA_TYPE = Protocol("wrong_media_type", 415)
RATE_LIMITED = Protocol("rate_limited", 429)
INTERNAL_ERROR = Protocol("internal_error", 500)
TOO_MANY_WATCHERS = Protocol("too_many_watchers", 503)
DATABASE_UNAVAILABLE = Protocol("database_unavailable", 503)
PROTOCOL = (
    MALFORMED_REQUEST,
    MALFORMED_JSON,
    NESTED_TOO_DEEPLY,
    KEY_MISSING,
    KEY_MALFORMED,
    NO_SUCH_PATH,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    WRONG_MEDIA_TYPE,
    RATE_LIMITED,
    INTERNAL_ERROR,
    TOO_MANY_WATCHERS,
    DATABASE_UNAVAILABLE,
)
_OF_STATUS = {
    404: (NO_SUCH_PATH, "there is nothing at this address"),
    405: (METHOD_NOT_ALLOWED, "this address does not know that method"),
    413: (BODY_TOO_LARGE, "a body may be 1,000,000 bytes long"),
    415: (WRONG_MEDIA_TYPE, "send application/json"),
}


class Refused(Exception):
    """Raise to answer with a protocol refusal."""

    def __init__(self, problem: Protocol, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


class InvalidFields(DomainError):
    """One or more fields of a body or query are not what they may be; `errors` names each."""

    code = "invalid_value"
    kind = Kind.INVALID

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        first = errors[0]
        super().__init__(f"{first['field']}: {first['detail']}", field=first["field"], errors=errors)


def attach(app: Flask, public_url: str) -> None:
    """Answer every error of this app as a problem; `public_url` starts the URI of a problem's type."""
    app.extensions["socialshop_problem_base"] = base_of(public_url)
    app.register_error_handler(DomainError, answer_to)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RateLimitExceeded, _limited)
    for kind in DATABASE_ERRORS:
        app.register_error_handler(kind, _database)
    app.register_error_handler(Exception, _unexpected)


def speak_to_people(app: Flask, page: Callable[[int], Response]) -> None:
    """Answer a browser whose address nothing answers by `page` of the status, instead of a problem."""
    app.extensions["socialshop_nothing_here"] = page


def title_of(code: str) -> str:
    """`room_full` → `Room full`."""
    return code.replace("_", " ").capitalize()


def base_of(public_url: str) -> str:
    """What the URI of each problem's type begins with."""
    return f"{public_url.rstrip('/')}/problems/"


def content(base: str, code: str, status: int, detail: str, request_id: str | None) -> dict[str, object]:
    """The standard members of a problem's body."""
    return {
        "type": base + code,
        "title": title_of(code),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }


def problem(
    code: str,
    status: int,
    detail: str,
    *,
    field: str | None = None,
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer itself. `facts` are figures beside the detail; they never replace a standard member."""
    g.problem_code = code
    body = content(current_app.extensions["socialshop_problem_base"], code, status, detail, g.get("request_id"))
    if field is not None:
        body["field"] = field
    body |= {name: fact for name, fact in (facts or {}).items() if name not in body}
    answer = Response(json.dumps(body, ensure_ascii=False, default=str), status, content_type=MEDIA_TYPE)
    answer.headers.extend(headers or {})
    return answer


def answer_to(error: DomainError) -> Response:
    """The answer to a refusal of the shop."""
    headers = {"WWW-Authenticate": 'Bearer realm="socialshop"'} if error.kind is Kind.UNAUTHENTICATED else {}
    if "retry_after" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after"])
    return problem(error.code, STATUS[error.kind], error.detail, field=error.field, facts=error.facts, headers=headers)


def _refused(error: Refused) -> Response:
    return problem(error.problem.code, error.problem.status, error.detail)


def _http(error: HTTPException) -> BaseResponse:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    if request.url_rule is None and "socialshop_nothing_here" in current_app.extensions and _is_for_people():
        page: BaseResponse = current_app.extensions["socialshop_nothing_here"](error.code)
        return page
    found, detail = _OF_STATUS.get(error.code, (MALFORMED_REQUEST, "this is no request that the shop can read"))
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return problem(found.code, found.status, detail, headers=headers)


def _is_for_people() -> bool:
    """Whether a browser asks for an address that is not the API's."""
    return not request.path.startswith(_FOR_PROGRAMS) and "text/html" in request.headers.get("Accept", "")


def _limited(error: RateLimitExceeded) -> Response:
    window = error.limit.limit.get_expiry() if error.limit else 60
    detail = "too many requests from this address; wait and go on"
    return problem(RATE_LIMITED.code, RATE_LIMITED.status, detail, headers={"Retry-After": str(window)})


def _database(error: Exception) -> Response:
    _log.error("database unavailable", error=type(error).__name__, exc_info=error)
    detail = "the database does not answer; try again in a moment"
    return problem(DATABASE_UNAVAILABLE.code, DATABASE_UNAVAILABLE.status, detail, headers={"Retry-After": "5"})


def _unexpected(error: Exception) -> Response:
    _log.error("unexpected error", error=type(error).__name__, exc_info=error)
    detail = "something went wrong on our side; the request id finds it in the log"
    return problem(INTERNAL_ERROR.code, INTERNAL_ERROR.status, detail)
