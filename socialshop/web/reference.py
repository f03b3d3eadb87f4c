"""Pages for people who write programs: the API's reference, made from the OpenAPI document, and the problems.

No outside script, style or font: the pages are HTML and one style sheet of ours, under a policy that allows no more.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from flask import current_app, render_template

from socialshop.kernel.errors import NotFound
from socialshop.web import openapi
from socialshop.web.auth import PUBLIC
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

PROBLEMS = Path(__file__).resolve().parents[2] / "docs" / "problems"
room = Room("reference", __name__, tag="Reference", base="")
# The room serves its own templates; a name of its own keeps them apart from the people's pages.
room.template_folder = "templates"

_PAGE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cache-Control": "public, max-age=300",
}
_HTML = "text/html; charset=utf-8"
_CODE = re.compile(r"[a-z_]{1,60}", re.ASCII)


@room.operation(
    "GET", "/api/v1/openapi.json", access=PUBLIC, replies=Reply(200, None, "OpenAPI 3.1.", "application/json")
)
def show_openapi(call: Call[Nothing, Nothing]) -> Answer:
    """The OpenAPI 3.1 document of this shop."""
    return Answer(openapi.as_json(current_app), headers={"Cache-Control": _PAGE["Cache-Control"]})


@room.operation("GET", "/api/v1/docs", access=PUBLIC, listed=False, replies=Reply(200, None, "A page.", _HTML))
def show_reference(call: Call[Nothing, Nothing]) -> Answer:
    """The reference as a page."""
    return _page(_reference(json.dumps(openapi.document(current_app))))


@room.operation("GET", "/api/v1/docs/style.css", access=PUBLIC, listed=False, replies=Reply(200, None, "", "text/css"))
def show_style(call: Call[Nothing, Nothing]) -> Answer:
    """The style sheet of these pages."""
    return Answer(_style(), media_type="text/css; charset=utf-8", headers={"Cache-Control": _PAGE["Cache-Control"]})


@room.operation("GET", "/problems", access=PUBLIC, listed=False, replies=Reply(200, None, "A page.", _HTML))
def list_problems(call: Call[Nothing, Nothing]) -> Answer:
    """Every problem that the shop may answer with."""
    return _page(render_template("reference/problems.html", codes=codes()))


@room.operation(
    "GET",
    "/problems/<code>",
    access=PUBLIC,
    listed=False,
    refuses=(NotFound,),
    replies=Reply(200, None, "A page.", _HTML),
)
def show_problem(call: Call[Nothing, Nothing]) -> Answer:
    """What one problem means, and what to do."""
    code = call.path["code"]
    if not _CODE.fullmatch(code) or code not in codes():
        raise NotFound("the shop has no problem of that name")
    return _page(render_template("reference/problem.html", code=code, content=_problem(code)))


def codes() -> list[str]:
    """The codes that have a page, in order."""
    return sorted(page.stem for page in PROBLEMS.glob("*.md") if page.stem != "README")


@lru_cache(maxsize=256)
def _problem(code: str) -> str:
    from markdown_it import MarkdownIt

    text = (PROBLEMS / f"{code}.md").read_text(encoding="utf-8")
    rendered: str = MarkdownIt("commonmark", {"html": False}).render(text)
    return rendered


@lru_cache(maxsize=4)
def _reference(document: str) -> str:
    return render_template("reference/api.html", spec=json.loads(document))


@lru_cache(maxsize=1)
def _style() -> bytes:
    return (Path(__file__).parent / "templates" / "reference" / "style.css").read_bytes()


def _page(html: str) -> Answer:
    return Answer(html.encode(), media_type=_HTML, headers=_PAGE)
