"""`prove`, `export ledger` and `export head` at the console: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bookkeeping import accrual, posted, seal_all, seal_all_audit
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import NullPool, create_engine, text

from socialshop.cli import main
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work
from socialshop.ledger.service import keep_heads
from workers.schedule import PERIODIC

Shop = Callable[..., Result]


@pytest.fixture
def shop(app: Flask, database_url: str, redis_url: str, tmp_path: Path) -> Shop:
    """The console on this test's shop, which has two accruals in one block."""
    posted(accrual("a1", 7, 299), accrual("a2", 8, 1))
    seal_all()
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SOCIALSHOP_DATA_DIR": str(tmp_path)}

    def run(*arguments: str) -> Result:
        return CliRunner(env=environment).invoke(main, arguments)

    return run


@pytest.fixture
def tampered(shop: Shop, database_url: str) -> Shop:
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(text("SET session_replication_role = replica"))
        owner.execute(text("UPDATE ledger_balances SET amount_minor = 300 WHERE amount_minor = 299"))
    return shop


def test_prove_says_that_the_books_prove(shop: Shop) -> None:
    result = shop("prove")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("The books prove: 2 entries, 4 postings, 0 not yet sealed, head ")


def test_prove_as_json_has_the_fields_of_the_api(shop: Shop) -> None:
    proof = json.loads(shop("prove", "--json").stdout)
    assert len(proof.pop("head_hash")) == 64
    assert proof == {
        "balanced": True,
        "chain_ok": True,
        "projection_ok": True,
        "entries": 2,
        "postings": 4,
        "unsealed": 0,
        "audit_ok": True,
        "audit_entries": 0,
        "audit_unsealed": 0,
        "audit_head_hash": "00" * 32,
        "stock_ok": True,
        "first_difference": None,
    }


def test_prove_exits_1_with_the_first_difference(tampered: Shop) -> None:
    result = tampered("prove")
    assert result.exit_code == 1
    assert result.stdout == (
        "The books do not prove: the balance of member:7:pending is 300 CNY, its postings sum to 299.\n"
    )
    assert json.loads(tampered("prove", "--json").stdout)["projection_ok"] is False
    assert tampered("prove", "--json").exit_code == 1


@pytest.mark.parametrize("what", ["ledger", "accruals", "head"])
def test_a_reader_who_has_seen_enough_ends_an_export_without_a_word(
    shop: Shop, database_url: str, redis_url: str, what: str
) -> None:
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    process = subprocess.Popen(
        [sys.executable, "-m", "socialshop", "export", what],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as said:
        assert said.read() == b""
    assert process.wait() == 141


def test_the_schedule_keeps_the_signed_heads_once_a_day(app: Flask, shop: Shop, tmp_path: Path) -> None:
    app.extensions["socialshop_settings"] = app.extensions["socialshop_settings"].model_copy(
        update={"data_dir": tmp_path}
    )
    clock = ManualClock(datetime(2026, 3, 1, 0, 0, tzinfo=UTC))
    in_unit_of_work(keep_heads, clock)
    first = (tmp_path / "heads" / "2026-03-01.json").read_text()
    assert json.loads(first)["number"] == 1
    posted(accrual("a3", 7, 5))
    seal_all()
    clock.advance(timedelta(hours=3))
    in_unit_of_work(keep_heads, clock)
    clock.advance(timedelta(days=1))
    assert in_unit_of_work(keep_heads, clock) is False
    kept = sorted((tmp_path / "heads").iterdir())
    assert [path.name for path in kept] == ["2026-03-01.json", "2026-03-02.json"]
    assert kept[0].read_text() == first
    assert json.loads(kept[1].read_text())["number"] == 2
    assert shop("prove", "--head", str(kept[0])).exit_code == 0
    assert "keep_heads" in [periodic.name for periodic in PERIODIC]


def test_machines_that_share_the_signing_key_accept_each_others_heads(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given two data folders, when the settings name the key, then one's head proves at the other."""
    monkeypatch.setenv("SOCIALSHOP_SIGNING_KEY", "0a" * 32)
    head = tmp_path / "head.json"
    head.write_text(shop("export", "head").stdout, encoding="utf-8")
    assert not (tmp_path / "signing.key").exists()
    assert shop("prove", "--data-dir", str(tmp_path / "elsewhere"), "--head", str(head)).exit_code == 0
    monkeypatch.setenv("SOCIALSHOP_SIGNING_KEY", "0b" * 32)
    assert "signed by another key" in shop("prove", "--head", str(head)).stderr
    monkeypatch.setenv("SOCIALSHOP_SIGNING_KEY", "secret")
    refused = shop("export", "head")
    assert refused.exit_code == 1
    assert (
        refused.stderr == "socialshop: SOCIALSHOP_SIGNING_KEY is no signing key: 64 hexadecimal digits are expected\n"
    )


def test_an_exported_head_proves_and_a_changed_one_is_refused(shop: Shop, tmp_path: Path) -> None:
    exported = shop("export", "head")
    assert exported.exit_code == 0, exported.output
    head = tmp_path / "head.json"
    head.write_text(exported.stdout, encoding="utf-8")
    assert shop("prove", "--head", str(head)).exit_code == 0
    # with the public key alone, where there is neither shop nor database
    offline = {"DATABASE_URL": "postgresql://nowhere.invalid/none", "SOCIALSHOP_DATA_DIR": str(tmp_path / "none")}
    key = json.loads(exported.stdout)["public_key"]

    def verified(file: Path, public_key: str) -> Result:
        return CliRunner(env=offline).invoke(main, ["verify-head", str(file), "--public-key", public_key])

    assert verified(head, key).stdout.startswith("The shop signed: block 1 of the books, 2 entries, sealed ")
    assert "signed by another key" in verified(head, "00" * 32).stderr
    forged = tmp_path / "forged.json"
    forged.write_text(exported.stdout.replace('"entries": 2', '"entries": 3', 1), encoding="utf-8")
    assert (verified(forged, key).exit_code, "does not fit the head" in verified(forged, key).stderr) == (1, True)
    head.write_text(json.dumps({**json.loads(exported.stdout), "number": 0}), encoding="utf-8")
    refused = shop("prove", "--head", str(head))
    assert refused.exit_code == 1
    assert "signature does not fit" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_prove_and_the_exported_head_cover_the_audit_record(shop: Shop, database_url: str, tmp_path: Path) -> None:
    made = shop("member", "create", "--email", "a@example.com", "--password", "correct horse", "--role", "admin")
    assert made.exit_code == 0, made.output
    seal_all_audit()
    head = tmp_path / "head.json"
    head.write_text(shop("export", "head").stdout, encoding="utf-8")
    assert "The audit record proves: 1 entries, 0 not yet sealed" in shop("prove", "--head", str(head)).stdout
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as owner:
        owner.execute(text("SET session_replication_role = replica"))
        for table in ("audit_blocks", "audit_block_entries", "audit_entries"):
            owner.execute(text(f"DELETE FROM {table}"))
    assert shop("prove").exit_code == 0
    cut = shop("prove", "--head", str(head))
    assert cut.exit_code == 1
    assert cut.stdout == (
        "The books do not prove: the audit chain ends at block 0, the exported head at block 1: its tail was cut.\n"
    )


def test_the_ledger_is_exported_in_both_formats(shop: Shop) -> None:
    lines = shop("export", "ledger", "--format", "csv").stdout.splitlines()
    assert lines[0] == "entry,posted_at,reference,account,amount_minor,currency"
    assert len(lines) == 5
    document = shop("export", "ledger", "--format", "beancount").stdout
    assert "  Liabilities:Member:7:Pending  -2.99 CNY\n" in document
