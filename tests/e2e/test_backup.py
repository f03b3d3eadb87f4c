"""The restore drill: a backup brought into another cluster, proved against the head that was taken with it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from bookkeeping import accrual, posted, seal_all
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import NullPool, create_engine, make_url, text

from socialshop.cli import main

Console = Callable[..., Result]


@pytest.fixture
def shop(app: Flask, database_url: str, redis_url: str, tmp_path: Path) -> Console:
    """The console of a shop with two sealed entries and one that is not."""
    posted(accrual("a1", 7, 299), accrual("a2", 8, 1))
    seal_all()
    posted(accrual("a3", 9, 50))
    return _console(tmp_path / "shop", DATABASE_URL=database_url, REDIS_URL=redis_url)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Console:
    """The console of a machine with nothing but the shop's key: its embedded servers are a cluster of their own."""
    return _console(tmp_path / "elsewhere")


def _console(data_dir: Path, **variables: str) -> Console:
    environment = {"DATABASE_URL": None, "REDIS_URL": None, "SOCIALSHOP_DATA_DIR": str(data_dir), **variables}

    def run(*arguments: object) -> Result:
        return CliRunner(env=environment).invoke(main, [str(each) for each in arguments])

    return run


def _move_key(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "elsewhere" / "signing.key").write_text((tmp_path / "shop" / "signing.key").read_text())


def test_a_backup_proves_itself_in_another_cluster(shop: Console, elsewhere: Console, tmp_path: Path) -> None:
    backup = tmp_path / "2026-11-24"
    made = shop("backup", backup)
    assert made.exit_code == 0
    key = tmp_path / "shop" / "signing.key"
    assert f"Keep a copy of {key} elsewhere too: without it no restore can be proved.\n" in made.stdout
    _move_key(tmp_path)
    restored = elsewhere("restore", backup)
    assert restored.exit_code == 0, restored.output
    assert restored.stdout.startswith("The books prove: 3 entries, 6 postings, 1 not yet sealed, head ")
    assert json.loads(elsewhere("prove", "--json").stdout) == json.loads(shop("prove", "--json").stdout)
    assert elsewhere("export", "ledger").stdout == shop("export", "ledger").stdout


def test_the_books_are_as_guarded_after_a_restore(
    shop: Console, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    backup, empty = tmp_path / "backup", _empty_database(database_url)
    assert shop("backup", backup).exit_code == 0
    restored = _console(tmp_path / "shop", DATABASE_URL=empty, REDIS_URL=redis_url)("restore", backup)
    assert restored.exit_code == 0, restored.output
    before, after = _guards(database_url), _guards(empty)
    assert len(before) > 100
    assert after == before


def _guards(url: str) -> list[tuple[str, ...]]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return [tuple(row) for row in connection.execute(text(_GUARDS))]


# What the migrations said: triggers, privileges, constraints, indexes.
_GUARDS = """
    SELECT 'trigger', tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'privilege', table_name, grantee || ' ' || privilege_type
        FROM information_schema.table_privileges WHERE grantee = 'socialshop_app'
    UNION ALL SELECT 'default privilege', defaclobjtype::text, defaclacl::text FROM pg_default_acl
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
    ORDER BY 1, 2, 3
"""


def _write_sums(backup: Path) -> None:
    """Sums that fit, of files that do not: what is behind the sums is to be tested."""
    lines = (f"{sha256((backup / name).read_bytes()).hexdigest()}  {name}\n" for name in ("shop.dump", "head.json"))
    (backup / "SHA256SUMS").write_text("".join(lines))


def _empty_database(beside: str) -> str:
    name = f"{make_url(beside).database}_empty"
    engine = create_engine(beside, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return make_url(beside).set(database=name).render_as_string(hide_password=False)


def test_a_backup_never_goes_over_what_is_there(shop: Console, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    assert shop("backup", backup).exit_code == 0
    before = sorted((path.name, path.read_bytes()) for path in backup.iterdir())
    again = shop("backup", backup)
    assert (again.exit_code, again.stderr) == (
        1,
        f"socialshop: {backup} is there already: a backup goes into a new folder\n",
    )
    over = shop("restore", backup)
    assert over.exit_code == 1
    assert over.stderr == "socialshop: the database is not empty: a backup is restored into an empty one\n"
    assert sorted((path.name, path.read_bytes()) for path in backup.iterdir()) == before
    assert shop("prove").stdout.startswith("The books prove: 3 entries, 6 postings,")


def test_what_is_no_whole_backup_of_this_shop_changes_nothing(
    shop: Console, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    backup, empty = tmp_path / "backup", _empty_database(database_url)
    assert shop("backup", backup).exit_code == 0
    target = _console(tmp_path / "shop", DATABASE_URL=empty, REDIS_URL=redis_url)
    stranger = _console(tmp_path / "stranger", DATABASE_URL=empty, REDIS_URL=redis_url)
    whole = (backup / "shop.dump").read_bytes()

    assert "is no backup: it holds no shop.dump" in target("restore", tmp_path).stderr
    assert "signing.key is missing" in stranger("restore", backup).stderr
    (backup / "shop.dump").write_bytes(whole[: len(whole) // 2])
    _write_sums(backup)
    assert "pg_restore failed: " in target("restore", backup).stderr
    # None of the three left a table behind.
    assert _guards(empty) == []


def test_a_backup_that_was_cut_or_altered_is_refused_by_the_files_name(
    shop: Console, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    backup, empty = tmp_path / "backup", _empty_database(database_url)
    assert shop("backup", backup).exit_code == 0
    target = _console(tmp_path / "shop", DATABASE_URL=empty, REDIS_URL=redis_url)
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=backup, capture_output=True, text=True, check=True)
    assert checked.stdout == "shop.dump: OK\nhead.json: OK\n"
    for name, spoil in (
        ("shop.dump", lambda whole: whole[:-1]),
        ("shop.dump", lambda whole: whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]),
        ("shop.dump", lambda whole: b""),
        ("head.json", lambda whole: whole + b" "),
    ):
        whole = (backup / name).read_bytes()
        (backup / name).write_bytes(spoil(whole))
        refused = target("restore", backup)
        assert (refused.exit_code, refused.stderr) == (
            1,
            f"socialshop: {backup / name} is not what was backed up: its SHA-256 is not the one in SHA256SUMS\n",
        )
        (backup / name).write_bytes(whole)
    sums = (backup / "SHA256SUMS").read_text()
    (backup / "SHA256SUMS").write_text(sums.splitlines(keepends=True)[0])
    assert "head.json is not what was backed up" in target("restore", backup).stderr
    (backup / "SHA256SUMS").unlink()
    assert "is no backup: it holds no SHA256SUMS" in target("restore", backup).stderr
    assert _guards(empty) == []
    (backup / "SHA256SUMS").write_text(sums)
    assert target("restore", backup).exit_code == 0


def test_a_backup_older_than_its_head_is_found(
    shop: Console, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    older, newer, empty = tmp_path / "older", tmp_path / "newer", _empty_database(database_url)
    assert shop("backup", older).exit_code == 0
    seal_all()
    assert shop("backup", newer).exit_code == 0
    (older / "head.json").write_bytes((newer / "head.json").read_bytes())
    _write_sums(older)
    restored = _console(tmp_path / "shop", DATABASE_URL=empty, REDIS_URL=redis_url)("restore", older)
    assert restored.exit_code == 1
    assert restored.stdout.startswith("The books do not prove: ")
