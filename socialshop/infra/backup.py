"""A whole database into a file and out of it again, by PostgreSQL's own pg_dump and pg_restore.

Redis is in no backup: it holds wake-up calls, and the sweep of the outbox makes them anew.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

from socialshop.infra.db import APPLICATION_ROLE, RIGHT_TO_ACT
from socialshop.infra.servers import StartupError, find_client

_DRIVER = "+psycopg"
_SET_SINCE = 160_000


class BackupRefused(StartupError):
    """The backup or the database is not one that can be used so; nothing was changed."""


def dump(database_url: str, target: Path) -> None:
    """Write the database to `target`, as of one instant, while the shop goes on. Raises BackupRefused, StartupError."""
    with _connected(database_url) as connection:
        major = connection.info.server_version // 10_000
    _run("pg_dump", major, database_url, "--format=custom", "--no-owner", f"--file={target}")


def restore(database_url: str, source: Path) -> None:
    """Fill an empty database from what `dump` wrote: all of it, or nothing. Raises BackupRefused, StartupError."""
    with _connected(database_url) as connection:
        major = connection.info.server_version // 10_000
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        if tables and tables[0]:
            raise BackupRefused("the database is not empty: a backup is restored into an empty one")
        _make_application_role(connection)
    with tempfile.NamedTemporaryFile("w", suffix=".list") as contents:
        listed = _run("pg_restore", major, None, "--list", str(source))
        # Default privileges name the role that owned the dumped database, which may not exist here.
        contents.writelines(line for line in listed.splitlines(keepends=True) if " DEFAULT ACL " not in line)
        contents.flush()
        options = ("--single-transaction", "--exit-on-error", "--no-owner", f"--use-list={contents.name}")
        _run("pg_restore", major, database_url, *options, str(source))
    with _connected(database_url) as connection:
        # Only now: default privileges at the restore would give the role more than the migrations left it.
        for what in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
            grant = f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {what} TO {APPLICATION_ROLE}"
            connection.execute(grant.encode())
        connection.execute("ANALYZE")


def _make_application_role(connection: psycopg.Connection[Any]) -> None:
    """What migration 0001 does for a server's first shop: roles are the server's, no dump of a database has them."""
    role = APPLICATION_ROLE
    try:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
            connection.execute(f"CREATE ROLE {role} NOLOGIN".encode())
        may_act = connection.execute(f"SELECT pg_has_role(%s, {RIGHT_TO_ACT})".encode(), [role]).fetchone()
        if may_act == (False,):
            # Since 16 whoever makes a role may give it away and still not act as it, as migration 0001 knows.
            option = " WITH SET TRUE" if connection.info.server_version >= _SET_SINCE else ""
            connection.execute(f"GRANT {role} TO CURRENT_USER{option}".encode())
    except psycopg.errors.InsufficientPrivilege:
        raise BackupRefused(f"the role {role} is missing, and this database user may not create it") from None


def _connected(database_url: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(database_url.replace(_DRIVER, ""), autocommit=True)
    except psycopg.Error:
        raise StartupError("the database does not answer") from None


def _run(program: str, major: int, database_url: str | None, *options: str) -> str:
    """Run one of PostgreSQL's programs; returns what it prints. Raises BackupRefused with its own reason."""
    command, environment = [str(find_client(program, major)), *options], dict(os.environ)
    if database_url is not None:
        known = conninfo.conninfo_to_dict(database_url.replace(_DRIVER, ""))
        # The command line is for everybody on the machine to read.
        environment["PGPASSWORD"] = str(known.pop("password", ""))
        command.insert(1, f"--dbname={conninfo.make_conninfo('', **known)}")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if "error" in line] or ["it gave no reason"]
        raise BackupRefused(f"{program} failed: {said[0].removeprefix(f'{program}: error: ')}")
    return done.stdout
