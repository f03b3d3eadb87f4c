"""Errors as pages: what went wrong, in the reader's language, and where to go from here."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import structlog
from flask import Blueprint, Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from socialshop.kernel.errors import DomainError, Kind
from socialshop.pages.wording import sentence_of
from socialshop.web import problems
from socialshop.web.problems import Refused

_log = structlog.stdlib.get_logger("socialshop.pages")
_RETRY_SECONDS = "5"


def attach(section: Blueprint) -> None:
    """Answer every error of these pages with a page."""
    section.register_error_handler(DomainError, _domain)
    section.register_error_handler(Refused, _refused)
    section.register_error_handler(CSRFError, _stale)
    section.register_error_handler(HTTPException, _http)
    section.register_error_handler(RateLimitExceeded, _limited)
    for kind in problems.DATABASE_ERRORS:
        section.register_error_handler(kind, _database)
    section.register_error_handler(Exception, _unexpected)


def attach_elsewhere(app: Flask, dress: Callable[[Response], Response]) -> None:
    """A browser that asks for an address that nothing answers gets a page too, with the headers of pages."""
    problems.speak_to_people(app, lambda status: dress(_nothing_here(status)))


def page(status: int, title: str, sentence: str, code: str) -> Response:
    """The page of an error."""
    g.problem_code = code
    answer = make_response(render_template("layouts/error.html", title=title, sentence=sentence, status=status), status)
    return answer


def _domain(error: DomainError) -> BaseResponse:
    if error.kind is Kind.UNAUTHENTICATED:
        return redirect(url_for("shopper.show_sign_in", next=_here()), HTTPStatus.SEE_OTHER)
    return page(problems.STATUS[error.kind], _title(error.kind), sentence_of(error), error.code)


def _here() -> str:
    """Where to come back to: this page, or the page with the form that was sent."""
    back: str = g.get("back") or request.full_path.rstrip("?")
    return back


def _title(kind: Kind) -> str:
    titles = {
        Kind.NOT_FOUND: gettext("Nothing is here"),
        Kind.FORBIDDEN: gettext("This is not for you"),
        Kind.LIMITED: gettext("Too many tries"),
        Kind.UNAVAILABLE: gettext("Not just now"),
    }
    found: str = titles.get(kind, gettext("This cannot be done"))
    return found


def _refused(error: Refused) -> Response:
    sentence = gettext("The shop could not read what was sent. Go back, load the page again and try once more.")
    return page(error.problem.status, gettext("This cannot be done"), sentence, error.problem.code)


def _stale(_error: CSRFError) -> Response:
    sentence = gettext("This page had been open for too long. Go back, load it again and try once more.")
    return page(HTTPStatus.BAD_REQUEST, gettext("Please try once more"), sentence, "malformed_request")


def _http(error: HTTPException) -> BaseResponse:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return _nothing_here(error.code)
    sentence = gettext("The shop could not read what was sent. Go back, load the page again and try once more.")
    return page(error.code, gettext("This cannot be done"), sentence, "malformed_request")


def _nothing_here(status: int) -> Response:
    sentence = gettext("Perhaps the address is incomplete, or what was here is gone.")
    return page(status, gettext("Nothing is here"), sentence, "not_found")


def _limited(error: RateLimitExceeded) -> Response:
    window = error.limit.limit.get_expiry() if error.limit else 60
    sentence = gettext("Too many requests came from your network. Wait a minute and go on.")
    answer = page(HTTPStatus.TOO_MANY_REQUESTS, gettext("Too many tries"), sentence, "rate_limited")
    answer.headers["Retry-After"] = str(window)
    return answer


def _database(error: Exception) -> Response:
    _log.error("database unavailable", error=type(error).__name__, exc_info=error)
    sentence = gettext("The shop does not answer just now. Nothing was changed; try again in a moment.")
    answer = page(HTTPStatus.SERVICE_UNAVAILABLE, gettext("Not just now"), sentence, "database_unavailable")
    answer.headers["Retry-After"] = _RETRY_SECONDS
    return answer


def _unexpected(error: Exception) -> Response:
    if current_app.testing:
        raise error
    _log.error("unexpected error", error=type(error).__name__, exc_info=error)
    sentence = gettext("Something went wrong on our side. With the number below we find it.")
    return page(HTTPStatus.INTERNAL_SERVER_ERROR, gettext("That was our fault"), sentence, "internal_error")
