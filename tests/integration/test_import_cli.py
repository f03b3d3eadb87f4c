"""`socialshop import …` as scripts see it: exit codes, what is printed where, the report, a kill in the middle."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from csv_imports import MEMBERS, ORDERS, written
from forked import Forked
from patience import PATIENCE
from sqlalchemy import NullPool, create_engine, text

from socialshop.cli import main

AT = "1997-02-01T12:00:00Z"


def _run(*arguments: str) -> None:
    main(arguments, prog_name="socialshop")


class Console:
    """The command on one database."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SOCIALSHOP_SECRET_KEY": "test-only",
            "SOCIALSHOP_ENVIRONMENT": "test",
        }
        self.database_url = database_url

    def run(self, *arguments: str | Path) -> Result:
        return CliRunner(env=self.environment).invoke(main, [str(each) for each in arguments], prog_name="socialshop")

    def killed(self, point: str, *arguments: str | Path) -> int:
        """Run it as a process that is killed at a point; returns how it ended."""
        environment = {**os.environ, **self.environment, "SOCIALSHOP_CRASH_AT": point}
        return Forked(_run, *map(str, arguments), environment=environment).wait(PATIENCE)

    def count(self, table: str) -> int:
        engine = create_engine(self.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            found: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        return found


@pytest.fixture
def console(database_url: str, redis_url: str) -> Console:
    return Console(database_url, redis_url)


def _members(folder: Path) -> Path:
    return written(folder, MEMBERS, f"a,,{AT}", f"b,a,{AT}", f"c,nobody,{AT}")


def test_some_rejected_is_exit_3_and_a_clean_run_clears_the_report(console: Console, tmp_path: Path) -> None:
    path = _members(tmp_path)
    report = tmp_path / "in.rejected.csv"
    found = console.run("import", "members", path, "--json")
    assert found.exit_code == 3, found.stderr
    assert json.loads(found.stdout) == {"read": 3, "landed": 2, "already": 0, "rejected": 1}
    assert report.read_text() == (
        'line,field,code,reason\n4,sponsor_external_id,sponsor_unknown,"no such member, here or in the file"\n'
    )
    assert str(report) in console.run("import", "members", path).stderr
    found = console.run("import", "members", written(tmp_path, MEMBERS, f"a,,{AT}", f"b,a,{AT}"))
    assert (found.exit_code, found.stdout) == (0, "2 lines read: 0 landed, 2 stood already, 0 rejected\n")
    assert not report.exists()


def test_strict_lands_all_or_none(console: Console, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    found = console.run("import", "members", _members(tmp_path), "--strict", "--json", "--rejected", report)
    assert found.exit_code == 1
    assert json.loads(found.stdout) == {"read": 3, "landed": 0, "already": 0, "rejected": 1}
    assert report.read_text().count("\n") == 2
    assert console.count("members") == 0
    good = written(tmp_path, MEMBERS, f"a,,{AT}")
    assert console.run("import", "members", good, "--strict").exit_code == 0
    assert console.count("members") == 1


def test_orders_from_before_every_plan_are_counted_when_they_land(console: Console, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    legs = [{"kind": "sale", "level": 1, "rate_bps": 800}]
    plan.write_text(json.dumps({"name": "one", "currency": "CNY", "hold_days": 0, "legs": legs}))
    assert console.run("plan", "publish", plan, "--effective-at", AT).exit_code == 0
    assert console.run("import", "members", written(tmp_path, MEMBERS, "a,,1997-01-01T12:00:00Z")).exit_code == 0
    lines = [f"o1,a,{AT},1.00,CNY", "o2,a,1997-01-31T12:00:00Z,1.00,CNY", f"o3,a,{AT},1.00,USD"]
    path = written(tmp_path, ORDERS, *lines)
    found = console.run("import", "orders", path, "--json")
    assert json.loads(found.stdout) == {"read": 3, "landed": 3, "already": 0, "rejected": 0, "without_plan": 2}
    assert "2 of the landed lines were ordered before any plan" in found.stderr
    again = console.run("import", "orders", path)
    assert (again.stdout, again.stderr) == ("3 lines read: 0 landed, 3 stood already, 0 rejected\n", "")


def test_all_rejected_or_a_refused_file_is_exit_1(console: Console, tmp_path: Path) -> None:
    found = console.run("import", "orders", written(tmp_path, ORDERS, f"o1,nobody,{AT},1.00,CNY"))
    assert found.exit_code == 1
    (tmp_path / "in.rejected.csv").unlink()
    for path in (tmp_path, tmp_path / "none.csv", written(tmp_path, "external_id,colour")):
        found = console.run("import", "orders", path)
        assert (found.exit_code, found.stdout) == (1, "")
        assert found.stderr.startswith("socialshop: ")
        assert found.stderr.count("\n") == 1
    assert not (tmp_path / "in.rejected.csv").exists()


@pytest.mark.parametrize("kind", ["members", "orders"])
@pytest.mark.parametrize("point", ["staged", "landed"])
def test_killed_in_the_middle_nothing_has_landed_and_the_next_run_lands_all(
    console: Console, tmp_path: Path, kind: str, point: str
) -> None:
    path = written(tmp_path, MEMBERS, f"a,,{AT}")
    if kind == "orders":
        assert console.run("import", "members", path).exit_code == 0
        path = written(tmp_path, ORDERS, *[f"o{i},a,{AT},1.00,CNY" for i in range(50)])
    assert console.killed(f"import_{kind}.{point}", "import", kind, path) == -9
    tables = ["orders", "order_lines", "ledger_entries", "outbox_events"]
    if kind == "members":
        tables = ["members", "referral_nodes", "member_imports"]
    assert [console.count(table) for table in tables] == [0] * len(tables)
    assert console.run("import", kind, path).exit_code == 0
    assert console.count(kind) == (1 if kind == "members" else 50)
