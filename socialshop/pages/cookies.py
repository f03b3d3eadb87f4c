"""What a browser keeps for the pages: the session's token, the language, and (Flask's own) what the next page says."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.http import dump_cookie

from socialshop.infra import wired
from socialshop.infra.keys import secret_for
from socialshop.infra.settings import Settings

SESSION = "socialshop_session"
LANGUAGE = "socialshop_language"
KEYS = "socialshop_keys"
_LANGUAGE_SECONDS = _KEYS_SECONDS = 365 * 24 * 3600


class NotesInterface(SecureCookieSessionInterface):
    """Flask's signed cookie; its secret is looked up at the first request, when the data folder is sure to be there."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The notes that were sent; where none were, as by every program, nothing is prepared to read them."""
        if app.secret_key is None:
            app.secret_key = secret_for("pages")
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def attach(app: Flask, settings: Settings) -> None:
    """Set how cookies are kept: unseen by scripts, not sent along by other sites, over TLS where there is TLS."""
    app.session_interface = NotesInterface()
    app.config["SESSION_COOKIE_NAME"] = "socialshop_notes"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_SECURE"] = settings.environment == "production"


def token() -> str | None:
    """The session's token that came with the request."""
    return request.cookies.get(SESSION)


def keep_session(answer: Response, value: str, expires_at: datetime) -> None:
    """Sign this browser in."""
    answer.set_cookie(SESSION, value, expires=expires_at, httponly=True, samesite="Lax", secure=_secure())


def drop_session(answer: Response) -> None:
    """Sign this browser out."""
    answer.delete_cookie(SESSION, httponly=True, samesite="Lax", secure=_secure())


def keep_language(answer: Response, language: str) -> None:
    """Remember in which language this browser reads."""
    answer.headers.add("Set-Cookie", language_cookie(language))


def language_cookie(language: str) -> str:
    """The cookie that remembers it."""
    return dump_cookie(LANGUAGE, language, _LANGUAGE_SECONDS, httponly=True, samesite="Lax", secure=_secure())


def keep_keys(answer: Response, switched: str) -> None:
    """Remember whether single keys do anything on the desk."""
    answer.set_cookie(KEYS, switched, max_age=_KEYS_SECONDS, httponly=True, samesite="Lax", secure=_secure())


def _secure() -> bool:
    return request.is_secure or wired.settings().environment == "production"
