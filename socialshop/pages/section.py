"""The one way to add a page, and the one way to add what a form on it does.

    @shopper.page("/deals/<deal_id>", access=PUBLIC, ids={"deal_id": "deal"})
    def show_deal(visit: Visit) -> str:
        return render_template("shopper/deal.html", deal=deals.deal(visit.uow, visit.ids["deal_id"]))

    @shopper.action("/deals/<deal_id>/rooms", access=BUYERS, again="show_deal", once=True, ids={"deal_id": "deal"})
    def open_room(visit: Visit) -> Response:
        joined = rooms.open_room(visit.uow, visit.caller, visit.ids["deal_id"])
        return go_to("shopper.show_room", room_id=to_public("room", joined.room.id))

A view parses its form, calls services, and renders. Who may come, one unit of work, CSRF, a form that is sent twice, a
refusal beside its field and every error as a page follow from here: no page can forget one.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, g, make_response, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect

from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError, Kind
from socialshop.kernel.ids import from_public
from socialshop.pages import assets, cookies, languages, refusals
from socialshop.pages.forms import Form
from socialshop.pages.visit import Visit, admit
from socialshop.web import idempotency, looks, problems
from socialshop.web.auth import SIGNED_IN, Access, Caller
from socialshop.web.problems import Refused
from socialshop.web.store import Claim

TEMPLATES = Path(__file__).resolve().parent / "templates"
NO_PACKAGES = "The pages wait for make setup, which could not fetch their packages; the API at /api/v1 works.\n"
# The field by which a form names the intent that it stands for.
ONCE = "once"
_INTENT = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NOT_OF_THE_FORM = frozenset({"csrf_token", ONCE})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    # Over TLS the check of CSRF asks where a form came from.
    "Referrer-Policy": "same-origin",
}
csrf = CSRFProtect()

T = TypeVar("T")
View = Callable[[Visit], str | Response]
Function = TypeVar("Function", bound=View)


@dataclass(frozen=True, slots=True)
class Page:
    """A row of the table of pages: everything that is promised about one address."""

    method: str
    path: str
    access: Access
    ids: Mapping[str, str]
    function: View
    tab: str = ""
    again: str = ""
    once: bool = False
    limit: str | None = None
    most_bytes: int | None = None
    isolation: str | None = None
    sees: str | None = None
    by_link: bool = False


class Section(Blueprint):
    """The pages of one kind of person; `access` holds for each that says nothing else."""

    def __init__(self, name: str, import_name: str, *, access: Access = SIGNED_IN, prefix: str = "") -> None:
        super().__init__(name, import_name, url_prefix=prefix or None, template_folder=str(TEMPLATES))
        self.access = access
        self.prefix = prefix
        self.rows: dict[str, Page] = {}
        self.before_request(_require_packages)
        self.after_request(dress)
        refusals.attach(self)

    def page(
        self,
        path: str,
        *,
        access: Access | None = None,
        ids: Mapping[str, str] | None = None,
        tab: str = "",
        isolation: str | None = None,
        sees: str | None = None,
    ) -> Callable[[Function], Function]:
        """Register a page. `ids` maps a path variable to the prefix of its public id; `tab` says which is lit.

        `isolation` names a PostgreSQL level, for a page whose statements must see one state. `sees` names the path
        variable by which a member's data is seen: it is noted, as at operations (web/looks.py).
        """

        def register(function: Function) -> Function:
            row = Page(
                "GET",
                self.prefix + path,
                access or self.access,
                ids or {},
                function,
                tab=tab,
                isolation=isolation,
                sees=sees,
            )
            self._add(path, row, _page_of(row))
            return function

        return register

    def action(
        self,
        path: str,
        *,
        again: str,
        access: Access | None = None,
        ids: Mapping[str, str] | None = None,
        once: bool = False,
        limit: str | None = None,
        most_bytes: int | None = None,
        isolation: str | None = None,
        by_link: bool = False,
    ) -> Callable[[Function], Function]:
        """Register what a form does; it answers with a redirect (`go_to`).

        Refused, the page `again` (of this section, with the same path variables) is shown once more with the form as
        it was filled in and what is wrong. `once`: the form carries `once()`; sent twice, it is done once and answered
        alike. `limit` names a limit of its own (web/limits.py). `most_bytes`: how large a form with files may be, where
        that is more than a request may have. `isolation` as for a page; not with `once` (web/idempotency.py says why).
        `by_link`: the address carries a signed token that says all, and a reader's mail program posts to it without
        having seen the form (RFC 8058), so no token of the form is asked for.
        """
        if once and isolation is not None:
            raise ValueError(f"{path}: a form that is sent twice is told apart under READ COMMITTED")

        def register(function: Function) -> Function:
            row = Page(
                "POST",
                self.prefix + path,
                access or self.access,
                ids or {},
                function,
                again=again,
                once=once,
                limit=limit,
                most_bytes=most_bytes,
                isolation=isolation,
                by_link=by_link,
            )
            self._add(path, row, self._action_of(row))
            return function

        return register

    def _add(self, path: str, row: Page, view: Callable[..., Response]) -> None:
        self.rows[row.function.__name__] = row
        self.add_url_rule(path, row.function.__name__, wraps(row.function)(view), methods=[row.method])

    def _action_of(self, row: Page) -> Callable[..., Response]:
        def view(**variables: str) -> Response:
            g.back = _address(f"{self.name}.{row.again}", variables)  # where to go once signed in
            if row.most_bytes is not None:
                request.max_content_length = row.most_bytes
            if not row.by_link:
                csrf.protect()
            form = Form(request.form.to_dict(), uploads=_uploads())
            caller = admit(row.access, None)
            try:
                return _act(row, variables, form, caller)
            except DomainError as error:
                if error.kind in _WHOLE_PAGE and error.field is None:
                    raise
                form.take(error)
                status = problems.STATUS[error.kind]
            return _look(self.rows[row.again], variables, form, status)

        return view


def _uploads() -> dict[str, bytes]:
    """The files that were sent, each closed: a large one lies on the disk until then.

    Read once: a unit of work that is tried again finds no file at its end.
    """
    found: dict[str, bytes] = {}
    for name, file in request.files.items(multi=True):
        with closing(file):
            found.setdefault(name, file.read())
    return found


# Where there is no page to say it on. A person who may not is told so where the button was: `admit` let them see it.
_WHOLE_PAGE = frozenset({Kind.NOT_FOUND, Kind.UNAVAILABLE})


def go_to(endpoint: str, **variables: Any) -> Response:
    """What an action answers: look at this page now."""
    return go_to_address(url_for(endpoint, **variables))


def go_to_address(address: str) -> Response:
    """What an action answers: look at this address now."""
    return make_response(redirect(address, HTTPStatus.SEE_OTHER))


def _address(endpoint: str, variables: Mapping[str, Any]) -> str:
    return url_for(endpoint, **variables)


def transact(work: Callable[[UnitOfWork], T], isolation: str | None = None) -> T:
    """Run `work` in this request's one unit of work."""
    return in_unit_of_work(work, isolation=isolation)


def attach(app: Flask, sections: tuple[Section, ...]) -> dict[str, Page]:
    """Register the sections; returns the table of all pages, by endpoint."""
    # Only forms of pages carry a cookie that another site could make a browser send; the API takes no cookie.
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    table: dict[str, Page] = {}
    for section in sections:
        app.register_blueprint(section)
        table.update({f"{section.name}.{name}": row for name, row in section.rows.items()})
    return table


def dress(answer: Response) -> Response:
    """The headers of every page, and the language that its address asked for."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.vary.update(("Cookie", "Accept-Language"))
    asked = languages.asked_for()
    if asked is not None:
        cookies.keep_language(answer, asked)
    return answer


def _require_packages() -> Response | None:
    if assets.are_missing():
        return Response(NO_PACKAGES, HTTPStatus.SERVICE_UNAVAILABLE, content_type="text/plain; charset=utf-8")
    return None


def _page_of(row: Page) -> Callable[..., Response]:
    def view(**variables: str) -> Response:
        return _look(row, variables, Form(), HTTPStatus.OK)

    return view


def _look(row: Page, variables: Mapping[str, str], form: Form, status: int) -> Response:
    g.tab, g.form = row.tab, form

    def work(uow: UnitOfWork) -> Response:
        caller = admit(row.access, uow)
        ids = _ids(row, variables)
        if row.sees is not None and caller is not None:
            looks.note(uow, caller, row.sees, row.ids, ids, saw=row.function.__name__)
        answer = make_response(row.function(Visit(uow, ids, variables, caller, form)))
        if status != HTTPStatus.OK:
            answer.status_code = status
        return answer

    return transact(work, row.isolation)


def _act(row: Page, variables: Mapping[str, str], form: Form, caller: Caller | None) -> Response:
    ids = _ids(row, variables)

    def work(uow: UnitOfWork) -> Response:
        claim = _claim(uow, row, form, caller)
        if claim is not None and claim.kept is not None:
            return go_to_address(claim.kept.content.decode())
        answer = make_response(row.function(Visit(uow, ids, variables, caller, form)))
        if claim is not None:
            address = answer.headers["Location"].encode()
            idempotency.keep(uow, claim, HTTPStatus.SEE_OTHER, "text/uri-list", address)
        return answer

    return transact(work, row.isolation)


def _claim(uow: UnitOfWork, row: Page, form: Form, caller: Caller | None) -> Claim | None:
    if not row.once or caller is None:
        return None
    key = form.values.get(ONCE, "")
    if not _INTENT.fullmatch(key):
        raise Refused(problems.KEY_MISSING, "the form does not say which intent it stands for")
    content = "\n".join(
        f"{name}={value}" for name, value in sorted(form.values.items()) if name not in _NOT_OF_THE_FORM
    )
    return idempotency.claim(uow, caller.member_id, row.method, request.path, key=key, content=content.encode())


def _ids(row: Page, variables: Mapping[str, str]) -> dict[str, uuid.UUID]:
    return {name: from_public(prefix, variables[name]) for name, prefix in row.ids.items()}
