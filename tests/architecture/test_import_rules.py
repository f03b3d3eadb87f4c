"""Each import rule of `.importlinter` holds, and is seen to fail when it is broken."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# rule, and where else it is broken -> (file, the line that breaks it)
PLANTED = {
    "floors": ("socialshop/ledger/chart.py", "import socialshop.commissions.service"),
    "workers": ("socialshop/app.py", "import workers.handlers"),
    "inside": ("socialshop/identity/store.py", "import socialshop.identity.service"),
    "pure": ("socialshop/commissions/rules.py", "import sqlalchemy"),
    "inside, beside": ("socialshop/identity/account_store.py", "import socialshop.identity.service"),
    "no-request, beside": ("socialshop/identity/accounts.py", "import flask"),
    "no-request": ("socialshop/orders/service/__init__.py", "import flask"),
    "queue": ("socialshop/infra/redis.py", "import rq"),
    "flask-sqlalchemy": ("socialshop/ledger/store/__init__.py", "import flask_sqlalchemy"),
    "web": ("socialshop/identity/store.py", "import socialshop.web.problems"),
    "pages": ("socialshop/pages/shopper/shop.py", "import sqlalchemy"),
}


def _contracts() -> list[str]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return [name.removeprefix("importlinter:contract:") for name in parser.sections() if ":contract:" in name]


def _rooms() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "socialshop").glob("*/service*") if path.parent.name != "web")


def _lint(tree: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    only = ["--contract", contract] if contract else []
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache", *only]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("socialshop", "workers"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_every_room_keeps_its_store_private() -> None:
    assert {f"private-{room}" for room in _rooms()} <= set(_contracts())


def test_whatever_speaks_to_the_database_is_under_the_rule_of_services_and_stores() -> None:
    """Also what stands beside them under a name of its own: else it might read the request unseen."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    named = parser["importlinter:contract:no-request"]["source_modules"].split()
    speaks = re.compile(r"^(from|import) (sqlalchemy|socialshop\.infra\.uow)", re.MULTILINE)
    glue = {"routes", "admin_routes", "campaign_routes", "campaign_admin_routes", "schemas"}
    rooms = [path for room in _rooms() for path in (ROOT / "socialshop" / room).glob("*.py") if path.stem not in glue]
    modules = {f"socialshop.{path.parent.name}.{path.stem}" for path in rooms if speaks.search(path.read_text("utf-8"))}
    assert [each for each in sorted(modules) if not any(fnmatch(each, pattern) for pattern in named)] == []


def _private() -> list[tuple[str, str]]:
    """(contract, module that it keeps private), each of them."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return [
        (name, module)
        for name in _contracts()
        if name.startswith("private-")
        for module in parser[f"importlinter:contract:{name}"]["protected_modules"].split()
    ]


def _plant(file: Path, line: str) -> None:
    assert file.is_file(), f"{file} stands no longer: the planted line would prove nothing"
    with file.open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")


def test_every_rule_has_a_planted_violation() -> None:
    general = {name for name in _contracts() if not name.startswith("private-")}
    assert general == {rule.split(",")[0] for rule in PLANTED}


def test_the_house_keeps_its_rules(tree: Path) -> None:
    found = _lint(tree)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("rule", sorted(PLANTED))
def test_a_planted_violation_is_seen(tree: Path, rule: str) -> None:
    file, line = PLANTED[rule]
    _plant(tree / file, line)
    found = _lint(tree, rule.split(",", maxsplit=1)[0])
    assert found.returncode != 0, found.stdout
    assert "BROKEN" in found.stdout


@pytest.mark.parametrize(("contract", "module"), _private())
def test_what_a_room_keeps_private_is_out_of_reach(tree: Path, contract: str, module: str) -> None:
    _plant(tree / "socialshop/cli/shop.py", f"import {module}")
    found = _lint(tree, contract)
    assert found.returncode != 0, found.stdout
    assert "BROKEN" in found.stdout
