"""What every command stands on: an open shop, and an end to the work that it began.

@click.command()
@data_dir_option
def settle() -> None:
    with open_shop() as app:
        ...
        finish_jobs(app)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask
from pydantic import SecretStr

from socialshop.infra.settings import Settings

_META_KEY = "socialshop.data_dir"
_POLL_SECONDS = 0.2
_SEAL_POLL_SECONDS = 0.05
_SLOW_SECONDS = 1.0

F = TypeVar("F", bound=Callable[..., Any])


def data_dir_option(command: F) -> F:
    """Add `--data-dir`; its value reaches `open_shop` by itself and is no parameter of the command."""
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="SOCIALSHOP_DATA_DIR",
        show_envvar=True,
        expose_value=False,
        callback=_remember_data_dir,
        help="Folder of the embedded servers; not used where DATABASE_URL and REDIS_URL are set.",
    )(command)


def _remember_data_dir(ctx: click.Context, _option: click.Parameter, value: Path | None) -> Path | None:
    if value is not None:
        ctx.meta[_META_KEY] = value
    return value


def read_settings() -> Settings:
    """The settings of this command: the environment's, with `--data-dir` if it was given.

    Raises StartupError if only one of the two servers is named: half of a shop's state would live elsewhere.
    """
    from socialshop.infra.servers import StartupError, check_database_url

    settings = Settings()
    ctx = click.get_current_context(silent=True)
    if ctx is not None and _META_KEY in ctx.meta:
        settings = settings.model_copy(update={"data_dir": ctx.meta[_META_KEY]})
    if settings.database_url is not None and settings.redis_url is None:
        # What is there and wrong is told before what is missing.
        check_database_url(settings.database_url.get_secret_value())
    if (settings.database_url is None) != (settings.redis_url is None):
        given, missing = ("DATABASE_URL", "REDIS_URL") if settings.database_url else ("REDIS_URL", "DATABASE_URL")
        raise StartupError(f"{given} is set and {missing} is not: set both for your own servers, or neither")
    return settings


@contextmanager
def open_servers_of(settings: Settings) -> Iterator[Settings]:
    """The settings with the addresses of servers that serve: one's own, checked, or the data folder's, started."""
    from socialshop.infra import servers

    if settings.database_url is not None and settings.redis_url is not None:
        servers.check_own_servers(settings.database_url.get_secret_value(), settings.redis_url.get_secret_value())
        yield settings
        return
    with servers.open_servers(settings.data_dir) as found:
        yield settings.model_copy(
            update={"database_url": SecretStr(found.database_url), "redis_url": SecretStr(found.redis_url)}
        )


@contextmanager
def open_shop(*, existing: bool = False) -> Iterator[Flask]:
    """A wired shop with its servers running, its schema at head and an application context pushed.

    With `existing`, for commands that only read, a folder without a shop is refused: books of nothing would prove.
    Raises StartupError: the servers cannot be had, or one's own database is not migrated.
    """
    settings = read_settings()
    if existing and settings.database_url is None:
        from socialshop.infra import servers

        servers.check_holds_a_shop(settings.data_dir)
    configure_logging(settings, quiet=True)
    owned = settings.database_url is None
    with ExitStack() as opened:
        with said_if_slow(f"starting PostgreSQL and Valkey in {settings.data_dir}") if owned else nullcontext():
            reached = opened.enter_context(open_servers_of(settings))
        yield opened.enter_context(shop_on(reached, owned=owned))


def tell(step: str) -> None:
    """What is being made, on stderr, for those who wait for it."""
    click.echo(f"{step} …", err=True)


@contextmanager
def said_if_slow(step: str) -> Iterator[None]:
    """Say what is being made once it takes longer than a second: who waits at a silent command thinks that it hangs."""
    slow = threading.Timer(_SLOW_SECONDS, tell, [step])
    slow.daemon = True
    slow.start()
    try:
        yield
    finally:
        slow.cancel()


@contextmanager
def wired_shop(settings: Settings) -> Iterator[Flask]:
    """The shop on servers that serve, whatever their schema; its connections are closed at the end."""
    from socialshop.app import create_app
    from socialshop.infra import redis
    from socialshop.infra.db import db

    app = create_app(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
            redis.client().close()


@contextmanager
def shop_on(settings: Settings, *, owned: bool, say: Callable[[str], None] | None = None) -> Iterator[Flask]:
    """As `wired_shop`, with the schema at head: an `owned` database is brought there, of a user's own it is asked.

    `say` hears of steps that take long at once; without it they are told on stderr once they do.
    """
    with wired_shop(settings) as app:
        app.extensions["socialshop_owns_servers"] = owned
        app.extensions["socialshop_opened_at"] = datetime.now(UTC)
        _at_head(app, migrate=owned, say=say)
        yield app


def _at_head(app: Flask, *, migrate: bool, say: Callable[[str], None] | None) -> None:
    from socialshop.infra import schema
    from socialshop.infra.db import db
    from socialshop.infra.servers import StartupError

    missing = schema.pending()
    if not missing:
        return
    if not migrate:
        raise StartupError(f"the database lacks {len(missing)} migrations of this program: run `socialshop migrate`")
    step = f"making the database's tables: {len(missing)} migrations"
    if say is not None:
        say(step)
    with nullcontext() if say is not None else said_if_slow(step):
        schema.migrate(app)
    # Connections from before the migration could not drop to the application role, which it has made.
    db.engine.dispose()


def configure_logging(settings: Settings, *, quiet: bool = False) -> None:
    """JSON lines on stderr. A `quiet` command speaks from WARNING on, unless a level was asked for."""
    from socialshop.infra import logging

    logging.configure("WARNING" if quiet and "log_level" not in settings.model_fields_set else settings.log_level)


def finish_jobs(app: Flask) -> None:
    """Return when everything that follows from this command is done and its entries are sealed.

    That is: from the events so far, and from what these lead to; what others begin meanwhile is not waited for. An
    entry stays unsealed as long as a transaction older than it runs. Workers that listen are waited for; where none
    does, relay and queue are drained here. Raises Stopped when something of this command's was given up (exit 1):
    docs/runbooks/dead-deliveries.md says what then.
    """
    from socialshop.infra import deliveries
    from socialshop.infra.uow import in_unit_of_work

    with app.app_context():
        up_to = in_unit_of_work(deliveries.newest_event)
        _drain_or_wait(up_to)
        _seal()
        _refuse_dead(app.extensions["socialshop_opened_at"], up_to)


def _drain_or_wait(up_to: int) -> None:
    from socialshop.cli.progress import progress
    from socialshop.infra import deliveries
    from socialshop.infra.uow import in_unit_of_work
    from workers import handlers, presence

    names = handlers.names()
    with progress("jobs") as shown:
        while not (left := in_unit_of_work(lambda uow: deliveries.backlog(uow, names, up_to=up_to))).is_empty:
            shown.left(left.unrelayed + left.pending)
            # Asked each time: workers may come and go while we wait.
            if presence.someone_listens() or not _work_off():
                time.sleep(_POLL_SECONDS)


def _work_off() -> bool:
    """Relay and drain here; False when all that is left waits for a later attempt."""
    from workers import relay, worker

    moved = relay.relay() + relay.wake()
    worker.work_off()
    return moved > 0


def _seal() -> None:
    from socialshop.audit import service as audit
    from socialshop.infra.uow import in_unit_of_work
    from socialshop.ledger import service as ledger

    for book in (ledger, audit):
        up_to = in_unit_of_work(book.last_unsealed)
        while in_unit_of_work(partial(book.can_seal, up_to=up_to)):
            if not in_unit_of_work(book.seal):
                # Another is at it, or just was.
                time.sleep(_SEAL_POLL_SECONDS)


def _refuse_dead(since: datetime, up_to: int) -> None:
    from socialshop.cli import Stopped
    from socialshop.infra import deliveries
    from socialshop.infra.uow import in_unit_of_work

    dead = in_unit_of_work(lambda uow: deliveries.dead_since(uow, since, up_to=up_to))
    if dead.number:
        raise Stopped(
            f"{dead.number} jobs were given up, the last in {dead.handler}: {dead.error}"
            " (docs/runbooks/dead-deliveries.md)"
        )
