"""Pages made from code say what the code says."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import socialshop
from socialshop.infra import settings_page
from socialshop.kernel.errors import DomainError, Kind
from socialshop.web import problems, reference

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"\]\(([^)#\s][^)\s]*)\)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def _everything() -> None:
    for module in pkgutil.walk_packages(socialshop.__path__, "socialshop."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


def _refusals(base: type[DomainError] = DomainError) -> list[type[DomainError]]:
    return [
        one
        for sub in base.__subclasses__()
        for one in (sub, *_refusals(sub))
        if one.__module__.startswith("socialshop")
    ]


def test_every_code_has_one_page_and_every_page_its_code() -> None:
    _everything()
    codes = {refusal.code for refusal in _refusals()} | {one.code for one in problems.PROTOCOL}
    assert codes == set(reference.codes())


def test_a_page_begins_with_its_code_and_says_something() -> None:
    for code in reference.codes():
        paragraphs = (reference.PROBLEMS / f"{code}.md").read_text(encoding="utf-8").strip().split("\n\n")
        assert paragraphs[0] == f"# {code}"
        assert len(paragraphs) > 1, code


def test_every_kind_has_a_status_and_no_two_share_one() -> None:
    assert set(problems.STATUS) == set(Kind)
    assert len(set(problems.STATUS.values())) == len(Kind)


def test_the_settings_page_is_what_the_settings_say() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page.render()


def test_every_setting_has_a_meaning() -> None:
    assert "None |" not in settings_page.render()


def test_every_relative_link_of_the_documentation_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    lost = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
        if ":" not in target and not (page.parent / target.partition("#")[0]).exists()
    ]
    assert lost == []
