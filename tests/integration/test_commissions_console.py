"""plan publish, settle, replay and export accruals, as a script calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, place, sell
from sqlalchemy import text

from socialshop.cli import main
from socialshop.commissions.plan import document_of
from socialshop.commissions.service import publish_plan
from socialshop.infra.uow import unit_of_work
from socialshop.orders.events import OrdersConfirmed

Call = Callable[..., Result]


@pytest.fixture
def call(app: Flask, database_url: str, redis_url: str, tmp_path: Path) -> Call:
    """A console command on this test's own servers, in a process of its own."""
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SOCIALSHOP_DATA_DIR": str(tmp_path / "data"),
        "SOCIALSHOP_SECRET_KEY": "test-only",
    }

    def run(*arguments: str | Path) -> Result:
        return CliRunner(env=environment).invoke(main, [str(argument) for argument in arguments])

    return run


def _plan_file(tmp_path: Path, *levels: int, **changes: object) -> Path:
    plan = a_plan(*({"kind": "sale", "level": level, "rate_bps": 100} for level in levels))
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document_of(plan) | changes))
    return file


def _versions() -> int:
    with unit_of_work() as uow:
        return int(uow.session.execute(text("SELECT count(*) FROM commission_plan_versions")).scalar_one())


def test_a_plan_is_published_and_its_findings_said_on_the_side(call: Call, tmp_path: Path) -> None:
    done = call("plan", "publish", _plan_file(tmp_path, 1, 2), "--effective-at", "2026-01-01T08:00:00+08:00", "--json")
    assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["number"], said["currency"], said["effective_at"]) == (1, "CNY", "2026-01-01T00:00:00Z")
    assert [finding["severity"] for finding in said["findings"]] == ["info"]
    assert done.stderr.startswith("info: legs[1] pays level 2")


def test_a_third_level_wants_a_name_and_a_fourth_is_refused(call: Call, tmp_path: Path) -> None:
    file = _plan_file(tmp_path, 1, 2, 3)
    refused = call("plan", "publish", file)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "socialshop: the legal guard wants the name" in refused.stderr
    assert _versions() == 0
    assert call("plan", "publish", file, "--sign-off", "Lin Counsel").exit_code == 0
    assert call("plan", "publish", _plan_file(tmp_path, 4), "--sign-off", "Lin Counsel").exit_code == 1
    assert _versions() == 1


@pytest.mark.parametrize(
    ("changes", "arguments", "line"),
    [
        ({"legs": [{"kind": "pool", "rate_bps": 1}]}, (), "legs[0].kind: 'pool' is no kind that runs"),
        ({"surprise": 1}, (), "surprise: is unknown here"),
        ({}, ("--effective-at", "yesterday"), "not an RFC 3339 instant"),
        ({}, ("--effective-at", "2026-01-01T00:00:00"), "needs its zone"),
    ],
)
def test_what_is_wrong_with_a_plan_is_one_line(
    call: Call, tmp_path: Path, changes: dict[str, object], arguments: tuple[str, ...], line: str
) -> None:
    done = call("plan", "publish", _plan_file(tmp_path, 1, **changes), *arguments)
    assert done.exit_code != 0
    assert line in done.stderr
    assert "Traceback" not in done.stderr
    assert _versions() == 0


def _confirm_some_sales() -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2})
        publish_plan(uow, a_plan(hold_days=7), country="CN", effective_at=LONG_AGO)
        orders = sell(uow, [Sale(buyer=3), Sale(buyer=2)])
        uow.emit(OrdersConfirmed(tuple(orders)))


def test_settle_accrues_what_is_waiting_and_settles_up_to_an_instant(call: Call) -> None:
    _confirm_some_sales()
    early = call("settle", "--as-of", NEW_YEAR.isoformat(), "--json")
    assert json.loads(early.stdout) == {"as_of": "2026-01-01T00:00:00Z", "settled": 0, "totals": []}
    done = call("settle", "--as-of", "2100-01-01T00:00:00Z", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["totals"] == [{"currency": "CNY", "accruals": 3, "amount_minor": 1900}]
    assert call("settle", "--as-of", "2100-01-01T00:00:00Z").stdout == "settled 0 accruals\n"


def test_replay_prints_the_statement_hash_or_the_first_difference(call: Call) -> None:
    _confirm_some_sales()
    call("settle")
    first, second = call("replay"), call("replay", "--json")
    assert first.exit_code == 0, first.stderr
    said = json.loads(second.stdout)
    assert first.stdout.startswith(f"statement {said['statement_hash']}\n2 lines, 3 accruals and 1 skips")
    with unit_of_work() as uow:
        uow.session.execute(text("SET ROLE NONE; SET LOCAL session_replication_role = replica"))
        uow.session.execute(text("UPDATE accruals SET amount_minor = 301 WHERE level = 2"))
        uow.session.execute(text("SET ROLE socialshop_app"))
    broken = call("replay")
    assert broken.exit_code == 1
    assert broken.stdout.startswith("DIFFERENT order line ")
    assert "300 CNY to member 1" in broken.stdout
    assert "301 CNY to member 1" in broken.stdout


def test_the_export_is_the_columns_of_the_contract(call: Call) -> None:
    _confirm_some_sales()
    call("settle")
    assert call("export", "accruals").stdout == (
        "order_external_id,beneficiary_external_id,kind,level,amount_minor,currency,status\n"
        "o1,m2,sale,1,800,CNY,settled\n"
        "o1,m1,sale,2,300,CNY,settled\n"
        "o2,m1,sale,1,800,CNY,settled\n"
    )
