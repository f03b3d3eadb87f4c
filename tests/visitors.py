"""People with a browser that runs no scripts: what most tests of pages begin with."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from web_client import sign_up
from werkzeug.test import TestResponse

from socialshop.kernel.roles import Role
from socialshop.onboarding.service import Card
from socialshop.pages import assets, cookies

_FIELD = re.compile(r'<input type="hidden" name="(?P<name>[a-z_]+)" value="(?P<value>[^"]*)">')
_FORM = re.compile(r'<form method="post" action="(?P<action>[^"]*)".*?</form>', re.DOTALL)


def with_packages(app: Flask, folder: Path) -> Flask:
    """The shop with packages that are there and empty: what pages say does not hang on them."""
    for path in assets.THEIRS.values():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("/* stands for a package */")
    app.extensions["socialshop_packages"] = folder
    return app


@dataclass
class Visitor:
    """Somebody who looks at pages and fills in their forms."""

    client: FlaskClient
    card: Card | None = None

    def look(self, path: str, language: str = "en", **more: object) -> TestResponse:
        """Open a page."""
        headers = {"Accept": "text/html", "Accept-Language": language}
        return self.client.get(path, headers=headers, **more)  # type: ignore[arg-type]

    def send(self, path: str, action: str | None = None, language: str = "en", **typed: str) -> TestResponse:
        """Open the page at `path`, fill in its form that goes to `action` (its only one), and press the button."""
        page = self.look(path, language)
        assert page.status_code == 200, page.text
        address, data = self._filled(page.text, action, typed)
        return self.client.post(address, data=data, headers={"Accept": "text/html", "Accept-Language": language})

    def _filled(self, text: str, action: str | None, typed: dict[str, str]) -> tuple[str, dict[str, str]]:
        forms = [form for form in _FORM.finditer(text) if form["action"] == action or (action is None and _asks(form))]
        assert len(forms) == 1, f"{len(forms)} forms go to {action}:\n{text}"
        hidden = {field["name"]: html.unescape(field["value"]) for field in _FIELD.finditer(forms[0][0])}
        return html.unescape(forms[0]["action"]), hidden | typed

    def form(self, path: str, action: str | None = None) -> dict[str, str]:
        """What the form hides: to send it twice, or not as it was given out."""
        return self._filled(self.look(path).text, action, {})[1]


def typed_in(page: str) -> dict[str, str]:
    """What the form on a page holds: its fields as a browser would send them."""
    found = dict(re.findall(r'<input(?=[^>]*type="hidden")[^>]*name="([^"]+)" value="([^"]*)"', page))
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and value and ("checkbox" not in tag or " checked" in tag):
            found[name[1]] = value[1]
    found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', page))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return {name: html.unescape(value) for name, value in found.items()}


def _asks(form: re.Match[str]) -> bool:
    """Every desk lets its reader go; that is not what a page is for."""
    return form["action"] != "/sign-out"


def visitor(app: Flask) -> Visitor:
    """Somebody nobody knows."""
    return Visitor(app.test_client())


def member(app: Flask, *, role: Role = Role.MEMBER, name: str = "Lin") -> Visitor:
    """Somebody signed in."""
    person = sign_up(app, role=role, name=name)
    client = app.test_client()
    client.set_cookie(cookies.SESSION, person.token)
    return Visitor(client, person.card)
