"""The embedded PostgreSQL: making its folder, starting it, and reading from its log why it did not start."""

import contextlib
import os
import re
import shutil
import signal
from pathlib import Path

from socialshop.infra.servers.binaries import PostgresBinaries, find_postgres
from socialshop.infra.servers.birth import PostgresUser, choose_postgres_user
from socialshop.infra.servers.errors import StartupError, refused
from socialshop.infra.servers.folder import DataFolder
from socialshop.infra.servers.process import Server, start, why_it_failed

DATABASE = "socialshop"
SUPERUSER = "postgres"

_BUILTIN_LOCALES_SINCE = 17
_ROOM_FOR_A_NEW_CLUSTER = 100_000_000
_STATUS_LINE = 8  # of postmaster.pid
# Answers to clients that knock too early are no reason for a failure.
_GRAVE = re.compile(r"(?:(?:FATAL|PANIC|initdb: error):\s+|^postgres: |^but )(?P<why>(?!the database system is ).+)")

_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "synchronous_commit": "on",
    "jit": "off",
    "log_destination": "stderr",
    "logging_collector": "off",  # the keeper bounds the log
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres:
    """The PostgreSQL of one data folder. Raises StartupError: a broken folder, no binaries, no user."""

    def __init__(self, folder: DataFolder, sockets: Path, life: int) -> None:
        self.folder = folder
        self.sockets = sockets
        self.life = life
        self.is_new = not folder.postgres.exists()
        self.binaries: PostgresBinaries = find_postgres(None if self.is_new else _major_of(folder.postgres))
        self.user: PostgresUser = choose_postgres_user(folder, self.binaries.postgres)

    def begin_initdb(self) -> Server:
        """Start initdb beside the final place, so that a killed one leaves no half-made folder."""
        workplace = self.folder.unfinished_postgres
        free = self.folder.free_bytes()
        if free < _ROOM_FOR_A_NEW_CLUSTER:
            raise StartupError(
                f"Cannot make the database: the disk that holds {self.folder.root} is full "
                f"({free // 1_000_000} MB left, {_ROOM_FOR_A_NEW_CLUSTER // 1_000_000} MB needed)"
            )
        try:
            self.discard_unfinished()
            workplace.mkdir(mode=0o700)
        except OSError as error:
            raise refused(f"Cannot make the database in {workplace}", error) from None
        self.user.take_over(workplace)
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        locale = builtin if self.binaries.major >= _BUILTIN_LOCALES_SINCE else ["--locale=C.UTF-8"]
        options = [f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", *locale]
        options += ["--data-checksums", "--no-instructions"]
        return start(
            "postgres",
            [self.binaries.initdb, "-D", workplace, *options],
            self.folder,
            life=self.life,
            goodbye=signal.SIGTERM,
            become=self.user.become,
        )

    def finish_initdb(self, initdb: Server) -> None:
        """Move the new folder to its place. Raises StartupError if initdb failed, leaving nothing of it."""
        if initdb.process.returncode != 0:
            # Children of a killed initdb may still write there; the next start throws the rest away.
            with contextlib.suppress(OSError):
                self.discard_unfinished()
            raise StartupError(f"Cannot make the database: {self.why(initdb)}")
        self.folder.unfinished_postgres.rename(self.folder.postgres)
        _sync(self.folder.root)

    def discard_unfinished(self) -> None:
        """Throw away what an initdb left; raises OSError."""
        if self.folder.unfinished_postgres.exists():
            shutil.rmtree(self.folder.unfinished_postgres)

    def begin(self) -> Server:
        """Start the server; it is ready when `is_ready` says so."""
        self._disown_stale_pid()
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        return start(
            "postgres",
            [self.binaries.postgres, "-D", self.folder.postgres, "-k", self.sockets, *options],
            self.folder,
            life=self.life,
            goodbye=signal.SIGINT,  # fast shutdown: open connections are ended
            force=signal.SIGQUIT,  # immediate: recovery at the next start
            become=self.user.become,
        )

    def is_ready(self, server: Server) -> bool:
        """What pg_ctl asks: does the pid file of this very server say so? (Knocking would fill the log.)"""
        lines = _pid_lines(self.folder)
        return (
            len(lines) >= _STATUS_LINE
            and lines[0].strip() == str(server.process.pid)
            and lines[_STATUS_LINE - 1].strip() == "ready"
        )

    def create_database(self) -> None:
        """Create the shop's database if it is missing. Raises StartupError."""
        import psycopg

        try:
            with psycopg.connect(
                host=str(self.sockets), port=5432, user=SUPERUSER, dbname="postgres", autocommit=True
            ) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if known.fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as error:
            raise StartupError(f"Cannot create the database: {str(error).splitlines()[0]}") from None

    def why(self, server: Server) -> str:
        """The reason why it ended, in one line."""
        return why_it_failed(server, _GRAVE, self.folder)

    def _disown_stale_pid(self) -> None:
        # We hold the lock that every process of the servers inherits, so the pid in a file left behind is
        # stale. PostgreSQL finds out by itself unless the number now belongs to another process of ours (as
        # it does after a container's restart). Its parent's number it always takes for stale; unlike deleting
        # the file, this keeps its check for shared memory still in use.
        pid_file = self.folder.postgres / "postmaster.pid"
        lines = _pid_lines(self.folder)
        try:
            if not lines:
                # Emptied by a full disk: PostgreSQL would refuse it, and there is nothing in it to check.
                pid_file.unlink(missing_ok=True)
                return
            lines[0] = f"{os.getpid()}\n"
            beside = pid_file.with_suffix(".new")
            beside.write_text("".join(lines))
            self.user.take_over(beside)
            beside.rename(pid_file)
        except OSError as error:
            raise refused(f"Cannot write to {self.folder.postgres}", error) from None


def _major_of(cluster: Path) -> int:
    broken = f"The database folder {cluster} is broken"
    advice = "move it away to start anew, or restore a backup"
    try:
        return int((cluster / "PG_VERSION").read_text())
    except FileNotFoundError:
        raise StartupError(f"{broken} (no PG_VERSION in it): {advice}") from None
    except ValueError:
        raise StartupError(f"{broken} (PG_VERSION is no number): {advice}") from None
    except OSError as error:
        raise refused(f"Cannot read the database folder {cluster}", error) from None


def _pid_lines(folder: DataFolder) -> list[str]:
    try:
        return (folder.postgres / "postmaster.pid").read_text().splitlines(keepends=True)
    except OSError:
        return []


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
