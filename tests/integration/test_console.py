"""The console: every command says what it is, starts fast, and says in one line why it cannot go on."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from patience import PATIENCE
from server_processes import wait_until
from sqlalchemy import NullPool, create_engine, make_url, text

from socialshop import cli
from socialshop.cli import shop
from socialshop.infra.outbox import Event
from socialshop.infra.servers import Servers
from socialshop.infra.uow import UnitOfWork, advisory_lock, in_unit_of_work, unit_of_work
from socialshop.kernel.errors import InvalidValue
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from workers import handlers, presence
from workers.handlers import Handler, Payload


def _leaves(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        return [leaf for sub, below in command.commands.items() for leaf in _leaves(below, f"{name} {sub}")]
    return [(name, command)]


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_help_and_a_data_dir(name: str) -> None:
    command = cli.main.get_command(click.Context(cli.main), name)
    assert command is not None
    for leaf, found in _leaves(command, name):
        assert found.help, leaf
        options = {option for parameter in found.params for option in parameter.opts}
        # A head is verified by whoever has no shop: that command has nowhere to look.
        assert ("--data-dir" in options) == (leaf != "verify-head"), leaf


def test_help_loads_no_room_and_no_number_library() -> None:
    program = (
        "import sys; from socialshop.cli import main; main(['--help'], standalone_mode=False);"
        "heavy = {'numpy', 'networkx', 'sqlalchemy', 'flask', 'pydantic', 'rq'} & set(sys.modules);"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _invoke(body: Callable[[], None], *, environment: dict[str, str | None], arguments: Sequence[str] = ()) -> Result:
    """Run a small command through the console's own group."""
    console = cli.Console("socialshop")
    command = shop.data_dir_option(click.command("try")(body))
    console.get_command = lambda _ctx, _name: command  # type: ignore[method-assign]
    return CliRunner(env=environment).invoke(console, ["try", *arguments])


def _open() -> None:
    with shop.open_shop():
        click.echo("open")


NOTHING: dict[str, str | None] = {"DATABASE_URL": None, "REDIS_URL": None}


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        (
            {"DATABASE_URL": "postgresql://u:hush@localhost/x"},
            "socialshop: DATABASE_URL is set and REDIS_URL is not: set both for your own servers, or neither",
        ),
        (
            {"DATABASE_URL": "mysql://u:hush@localhost/x"},
            "socialshop: DATABASE_URL is not of the form postgresql://user:password@host:5432/name",
        ),
        (
            {"DATABASE_URL": "postgresql://u:hush@localhost:port/x"},
            "socialshop: DATABASE_URL",
        ),
        (
            {"REDIS_URL": "redis://:hush@localhost"},
            "socialshop: REDIS_URL is set and DATABASE_URL is not: set both for your own servers, or neither",
        ),
        ({"SOCIALSHOP_PORT": "many"}, "socialshop: setting SOCIALSHOP_PORT: should be a whole number"),
        ({"SOCIALSHOP_CURRENCY": "yuan"}, "socialshop: setting SOCIALSHOP_CURRENCY: does not have the form"),
    ],
)
def test_settings_that_cannot_be_meant_are_one_line(environment: dict[str, str | None], line: str) -> None:
    result = _invoke(_open, environment={**NOTHING, **environment})
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(line)
    assert len(result.stderr.splitlines()) == 1
    assert "hush" not in result.stderr


def test_a_server_that_does_not_answer_is_one_line_without_the_password(tmp_path: Path) -> None:
    urls = {"DATABASE_URL": f"postgresql://u:hush@/x?host={tmp_path}", "REDIS_URL": "redis://:hush@localhost:1"}
    result = _invoke(_open, environment={**NOTHING, **urls})
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert result.stderr.startswith("socialshop: DATABASE_URL: ")
    assert "hush" not in result.stderr


def test_ones_own_database_is_migrated_by_migrate_alone(servers: Servers, redis_url: str) -> None:
    name = f"unmigrated_{datetime.now(UTC):%H%M%S%f}"
    _outside(servers.database_url, f"CREATE DATABASE {name}")
    url = make_url(servers.database_url).set(database=name).render_as_string(hide_password=False)
    own: dict[str, str | None] = {"DATABASE_URL": url, "REDIS_URL": redis_url}
    try:
        refused = _invoke(_open, environment=own)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr.endswith("migrations of this program: run `socialshop migrate`\n")
        migrated = CliRunner(env=own).invoke(cli.main, ["migrate"])
        assert (migrated.exit_code, migrated.stdout[:13]) == (0, "applied 0001,")
        again = CliRunner(env=own).invoke(cli.main, ["migrate"])
        assert (again.exit_code, again.stdout) == (0, "the schema is at head already\n")
        assert _invoke(_open, environment=own).stdout == "open\n"
    finally:
        _outside(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


def _outside(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["--nope"], 2, "No such option '--nope'"),
        (["nope"], 2, "No such command 'nope'"),
        (["prove", "--nope"], 2, "No such option '--nope'"),
        (["plan", "publish"], 2, "Missing argument 'FILE'"),
        (["prove", "--data-dir", "{file}"], 1, "is a file"),
        (["run", "--data-dir", "{file}"], 1, "is a file"),
        (["run", "--data-dir", "/proc/nope"], 1, "Cannot write to the data folder /proc/nope"),
        (["run", "--port", "x"], 1, "'x' is not a valid port number"),
        (["serve", "--port", "65536"], 1, "65536 is not in the range"),
        (["prove", "--head", "{folder}"], 1, "is a directory"),
        (["prove", "--head", "{folder}/none"], 1, "does not exist"),
        (["plan", "publish", "{folder}"], 1, "Is a directory"),
        (["plan", "publish", "{folder}/none"], 1, "No such file or directory"),
        (["plan", "publish", "/proc/self/mem"], 1, "Input/output error"),
        (["plan", "publish", "{file}"], 1, "the plan has the name 'name' twice in one object"),
        (["import", "members", "{folder}"], 1, "is a directory"),
        (["import", "orders", "{folder}/none"], 1, "does not exist"),
        (["import", "orders", "{file}", "--rejected", "{folder}/none/x.csv"], 1, "report of rejected lines cannot be"),
        (["prove"], 1, "There is no shop in {folder}/data: name its folder"),
        (["export", "accruals"], 1, "There is no shop in {folder}/data"),
        (["jobs", "list"], 1, "There is no shop in {folder}/data"),
        (["settle", "--as-of", "yesterday"], 1, "not an RFC 3339 instant"),
        (["export", "ledger", "--format", "xml"], 1, "'xml' is not one of 'csv', 'beancount'"),
        (["bench", "nope"], 1, "'nope' is not one of 'accrue'"),
    ],
)
def test_a_command_line_that_cannot_be_meant_is_one_line(
    tmp_path: Path, arguments: list[str], exit_code: int, words: str
) -> None:
    """Given a bad argument, when the command is called, then one line says so: no traceback, no page of usage."""
    file, data = tmp_path / "file", tmp_path / "data"
    file.write_text('{"name": "x", "name": "y"}')
    given = [argument.format(file=file, folder=tmp_path) for argument in arguments]
    environment = {**NOTHING, "SOCIALSHOP_DATA_DIR": str(data)}
    result = CliRunner(env=environment).invoke(cli.main, given, prog_name="socialshop")
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert words.replace("{folder}", str(tmp_path)) in result.stderr
    assert result.stderr.startswith("socialshop: ")
    assert len(result.stderr.splitlines()) == 1
    assert not data.exists()


@pytest.mark.parametrize("name", ["SOCIALSHOP_PORT", "SOCIALSHOP_DATA_DIR"])
def test_a_setting_that_an_option_reads_is_named_in_the_one_line(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file"
    file.touch()
    result = CliRunner(env={**NOTHING, name: str(file)}).invoke(cli.main, ["run"], prog_name="socialshop")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert name in result.stderr


def test_a_group_called_by_its_name_alone_shows_what_it_has() -> None:
    shown = CliRunner().invoke(cli.main, ["plan"], prog_name="socialshop")
    assert "publish" in shown.output
    assert len(shown.output.splitlines()) > 5


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InvalidValue("no such day"), "socialshop: no such day"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), "socialshop: x.csv: No such file or directory"),
        (
            KeyError("tea"),
            "socialshop: unexpected KeyError: 'tea' (SOCIALSHOP_LOG_LEVEL=DEBUG shows where)",
        ),
    ],
)
def test_what_stops_a_command_is_one_line(error: Exception, line: str) -> None:
    def stop() -> None:
        raise error

    result = _invoke(stop, environment=NOTHING)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", line + "\n")
    shown = _invoke(stop, environment={**NOTHING, "SOCIALSHOP_LOG_LEVEL": "DEBUG"})
    assert shown.exception is error


# --- finish_jobs


class TeaPoured(Event):
    """A fact without fields."""


class Guests:
    def __init__(self) -> None:
        self.served, self.fail, self.more = 0, False, 0

    def serve(self, uow: UnitOfWork, payloads: Sequence[Payload]) -> None:
        if self.fail:
            raise ValueError("the pot is empty")
        self.served += len(payloads)
        for _ in payloads:
            if self.more:
                self.more -= 1
                uow.emit(TeaPoured())


@pytest.fixture
def guests(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Guests:
    found = Guests()
    monkeypatch.setattr(handlers, "HANDLERS", (Handler("serve", "TeaPoured", found.serve),))
    app.extensions["socialshop_opened_at"] = datetime(2000, 1, 1, tzinfo=UTC)
    return found


def _pour() -> None:
    with unit_of_work() as uow:
        uow.emit(TeaPoured())


def test_a_command_drains_everything_itself_where_no_worker_listens(app: Flask, guests: Guests) -> None:
    guests.more = 3
    _pour()
    assert not presence.someone_listens()
    shop.finish_jobs(app)
    assert guests.served == 4


def test_a_command_does_not_wait_for_what_others_begin_meanwhile(
    app: Flask, guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given somebody who pours another cup after each one, when a command finishes its two, then it ends."""
    guests.more = 1
    poured = 0

    def work_off_and_pour() -> bool:
        nonlocal poured
        poured += 1
        assert poured < 10
        work_off()
        _pour()
        return True

    work_off = shop._work_off
    monkeypatch.setattr(shop, "_work_off", work_off_and_pour)
    _pour()
    shop.finish_jobs(app)
    assert guests.served >= 2
    with unit_of_work() as uow:
        roots = uow.session.execute(text("SELECT coalesce(root_id, id) FROM outbox_events ORDER BY id")).scalars().all()
    # The cup that followed from the first belongs to it; the others are on their own.
    assert roots.count(roots[0]) == 2
    assert len(set(roots)) == len(roots) - 1


def test_books_that_another_is_sealing_are_waited_for(app: Flask, guests: Guests) -> None:
    """Given a sealer who holds the lock, when a command ends, then it ends after the seal and not before."""
    entry = Entry("tea:1", "sale", [Posting("provider:import:clearing", -5, "CNY"), Posting("shop:sales", 5, "CNY")])
    with unit_of_work() as uow:
        ledger.post(uow, [entry])
    # A transaction of another test's database may be older: then there is nothing to seal yet.
    while not in_unit_of_work(lambda uow: ledger.can_seal(uow, 2**62)):
        time.sleep(0.01)
    began, sealed = threading.Event(), threading.Event()

    def seal_slowly() -> None:
        with app.app_context(), unit_of_work() as uow:
            assert advisory_lock(uow, "ledger.seal", wait=False)
            began.set()
            time.sleep(0.5)
            sealed.set()

    other = threading.Thread(target=seal_slowly)
    other.start()
    assert began.wait(PATIENCE)
    shop.finish_jobs(app)
    waited = sealed.is_set()
    other.join()
    assert waited
    with unit_of_work() as uow:
        assert ledger.count_unsealed(uow) == 0


def test_what_a_command_gives_up_is_one_line_and_exit_1(app: Flask, guests: Guests) -> None:
    app.extensions["socialshop_settings"] = app.extensions["socialshop_settings"].model_copy(
        update={"delivery_attempts": 2}
    )
    guests.fail = True
    _pour()
    with pytest.raises(cli.Stopped) as stopped:
        shop.finish_jobs(app)
    assert stopped.value.exit_code == 1
    assert stopped.value.message == (
        "1 jobs were given up, the last in serve: ValueError: the pot is empty (docs/runbooks/dead-deliveries.md)"
    )


def test_what_was_given_up_before_this_command_is_not_held_against_it(app: Flask, guests: Guests) -> None:
    app.extensions["socialshop_settings"] = app.extensions["socialshop_settings"].model_copy(
        update={"delivery_attempts": 1}
    )
    guests.fail = True
    _pour()
    with pytest.raises(cli.Stopped):
        shop.finish_jobs(app)
    app.extensions["socialshop_opened_at"] = datetime.now(UTC)
    guests.fail = False
    _pour()
    shop.finish_jobs(app)
    assert guests.served == 1


def test_a_listening_worker_is_waited_for_and_replaced_when_it_vanishes(
    app: Flask, guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pour()
    waits: list[float] = []
    with app.app_context():
        listening = presence.Presence()
        assert listening.hold()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        assert guests.served == 0
        if len(waits) == 2:
            listening.__exit__(None, None, None)

    monkeypatch.setattr("socialshop.cli.shop.time.sleep", wait)
    shop.finish_jobs(app)
    assert (len(waits), guests.served) == (2, 1)


def test_a_lock_lost_with_its_connection_is_taken_again(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_LOOK_SECONDS", 0.0)
    with presence.Presence() as listening:
        _outside(
            database_url,
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND d.datname = current_database()",
        )
        assert not listening.hold()
        assert not presence.someone_listens()
        assert listening.hold()
        assert presence.someone_listens()


def test_two_may_listen_at_once_and_the_shop_is_watched_until_both_are_gone(app: Flask) -> None:
    with presence.Presence(), presence.Presence():
        assert presence.someone_listens()
    # The lock goes with its connection, whose end the server notices a moment later.
    wait_until(lambda: not presence.someone_listens(), lambda: "somebody still listens")
