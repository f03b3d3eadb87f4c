"""Each import rule of `.importlinter` holds, and is seen to fail when it is broken."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from grimp import ImportGraph
from importlinter import configuration
from importlinter.adapters.building import GraphBuilder
from importlinter.application.app_config import settings
from importlinter.application.use_cases import lint_imports

ROOT = Path(__file__).resolve().parents[2]

# rule, and where else it is broken -> (module, what it may not import)
PLANTED = {
    "floors": ("socialshop.ledger.chart", "socialshop.commissions.service"),
    "workers": ("socialshop.app", "workers.handlers"),
    "inside": ("socialshop.identity.store", "socialshop.identity.service"),
    "pure": ("socialshop.commissions.rules", "sqlalchemy"),
    "inside, beside": ("socialshop.identity.account_store", "socialshop.identity.service"),
    "no-request, beside": ("socialshop.identity.accounts", "flask"),
    "no-request": ("socialshop.orders.service", "flask"),
    "queue": ("socialshop.infra.redis", "rq"),
    "flask-sqlalchemy": ("socialshop.ledger.store", "flask_sqlalchemy"),
    "web": ("socialshop.identity.store", "socialshop.web.problems"),
    "pages": ("socialshop.pages.shopper.shop", "sqlalchemy"),
}


def _contracts() -> list[str]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return [name.removeprefix("importlinter:contract:") for name in parser.sections() if ":contract:" in name]


def _rooms() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "socialshop").glob("*/service*") if path.parent.name != "web")


@cache
def _imports_as_they_stand() -> ImportGraph:
    return GraphBuilder().build(["socialshop", "workers"], cache_dir=None, include_external_packages=True)


@dataclass(frozen=True)
class _Planted(GraphBuilder):
    """Reads the imports as they stand, once for all tests, and one more."""

    importer: str
    imported: str

    def build(self, root_package_names: list[str], cache_dir: str | None, **_: object) -> ImportGraph:
        graph = deepcopy(_imports_as_they_stand())
        for module in (self.importer, self.imported):
            assert module in graph.modules, f"{module} stands no longer: the planted import would prove nothing"
        assert not graph.direct_import_exists(importer=self.importer, imported=self.imported)
        graph.add_import(importer=self.importer, imported=self.imported)
        return graph


def _is_broken(contract: str, importer: str, imported: str, capsys: pytest.CaptureFixture[str]) -> bool:
    settings.configure(GRAPH_BUILDER=_Planted(importer, imported))
    kept = lint_imports(str(ROOT / ".importlinter"), (contract,), cache_dir=None)
    said = capsys.readouterr().out
    # It also fails on a contract that it cannot read, and then says another thing.
    assert kept or "BROKEN" in said, said
    return not kept


def _command(tree: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def linter_as_it_comes() -> Iterator[None]:
    configuration.configure()
    yield
    configuration.configure()


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
    routes = {"routes", "admin_routes", "bargain_routes", "campaign_routes", "campaign_admin_routes"}
    glue = {*routes, "session_routes", "stock_admin_routes", "case_admin_routes", "deduction_admin_routes", "schemas"}
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


def test_every_rule_has_a_planted_violation() -> None:
    general = {name for name in _contracts() if not name.startswith("private-")}
    assert general == {rule.split(",")[0] for rule in PLANTED}


def test_the_house_keeps_its_rules_and_the_command_sees_where_one_is_broken(tree: Path) -> None:
    found = _command(tree)
    assert found.returncode == 0, found.stdout
    with (tree / "socialshop/ledger/chart.py").open("a", encoding="utf-8") as source:
        source.write("\nimport socialshop.commissions.service\n")
    found = _command(tree)
    assert found.returncode == 1, found.stdout
    assert "BROKEN" in found.stdout


@pytest.mark.parametrize("rule", sorted(PLANTED))
def test_a_planted_violation_is_seen(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _is_broken(rule.split(",", maxsplit=1)[0], *PLANTED[rule], capsys)


@pytest.mark.parametrize(("contract", "module"), _private())
def test_what_a_room_keeps_private_is_out_of_reach(
    contract: str, module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _is_broken(contract, "socialshop.cli.shop", module, capsys)
