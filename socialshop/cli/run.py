"""`run`, `serve`, `watch`, `work`, `migrate`: the processes of a shop, on one machine or on several."""

from __future__ import annotations

import errno
import http.client
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import TextIO
from urllib.parse import urlsplit

import click
from flask import Flask
from pydantic import SecretStr

from socialshop.cli.demo_provider import books_of
from socialshop.cli.processes import Family
from socialshop.cli.shop import (
    configure_logging,
    data_dir_option,
    open_servers_of,
    read_settings,
    shop_on,
    tell,
    wired_shop,
)
from socialshop.infra import schema, servers, wired
from socialshop.infra.servers import StartupError
from socialshop.infra.settings import Settings

_LOOK_SECONDS = 0.2
# On a machine that does ten other things its processes take minutes to come up.
_READY_SECONDS = 300.0


class _Port(click.IntRange):
    name = "port number"


def port_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--port`, which outdoes SOCIALSHOP_PORT."""
    return click.option(
        "--port", type=_Port(1, 65535), envvar="SOCIALSHOP_PORT", show_envvar=True, help="Port to listen on."
    )(command)


@click.command()
@port_option
@click.option("--no-demo", is_flag=True, help="Leave an empty shop empty.")
@data_dir_option
def run(port: int | None, no_demo: bool) -> None:
    """Everything for one machine: servers, migrations, demo data if empty, web, live rooms, workers, relay, schedule.

    Ctrl-C or SIGTERM stops it all in order.
    """
    settings = _on_port(port)
    if _names_watch_port(settings):
        _refuse_taken(settings.host, settings.watch_port)
    with _asked_to_stop() as stopping, servers.run_alone(settings.data_dir), _shop_for_processes(settings) as app:
        logins = [] if no_demo else _demo(app)
        with (
            _logs_beside(settings) as log,
            _family(app, log, {**_own_sandbox(settings), **_own_watch(settings)}) as family,
        ):
            tell("starting web server, job workers and the sandbox provider of payments")
            _add_web(family)
            _add_watch(family)
            _add_workers(family, app)
            # Stopped last, for the workers call it until they stop.
            _add_sandbox(family, settings)
            _live(app, family, stopping, web=True, works=True, say=lambda: _greet(_settings(app), logins, log))


@click.command()
@port_option
@data_dir_option
def serve(port: int | None) -> None:
    """The web server alone, without job workers. Ctrl-C or SIGTERM stops it."""
    settings = _on_port(port)
    with _asked_to_stop() as stopping, _shop_for_processes(settings) as app, _family(app) as family:
        _add_web(family)
        _live(app, family, stopping, web=True, works=False, say=lambda: _greet(_settings(app), []))


@click.command()
@data_dir_option
def watch() -> None:
    """The watch process alone: live rooms for members' browsers. Ctrl-C or SIGTERM stops it."""
    settings = read_settings()
    _refuse_taken(settings.host, settings.watch_port)
    with _asked_to_stop() as stopping, _shop_for_processes(settings) as app, _family(app) as family:
        _add_watch(family)
        where = _address(settings.host, settings.watch_port)
        _live(app, family, stopping, web=False, works=False, say=lambda: click.echo(f"rooms are watched at {where}"))


@click.command()
@data_dir_option
def work() -> None:
    """Job workers, relay and schedule, without the web server. Ctrl-C or SIGTERM stops them."""
    settings = read_settings()
    with _asked_to_stop() as stopping, _shop_for_processes(settings) as app, _family(app) as family:
        _add_workers(family, app)
        _live(
            app,
            family,
            stopping,
            web=False,
            works=True,
            say=lambda: click.echo("workers, relay and schedule are running"),
        )


@click.command()
@data_dir_option
def migrate() -> None:
    """Bring the database's schema to this program's version; safe to run again and at once."""
    settings = read_settings()
    configure_logging(settings, quiet=True)
    with open_servers_of(settings) as reached, wired_shop(reached) as app:
        missing = schema.pending()
        schema.migrate(app)
    click.echo(f"applied {', '.join(missing)}" if missing else "the schema is at head already")


def _on_port(port: int | None) -> Settings:
    settings = read_settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    _refuse_taken(settings.host, settings.port)
    return settings


def _refuse_taken(host: str, port: int) -> None:
    """Raise StartupError where nothing can listen there, before anything else is started."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # What a server that has just ended leaves behind (TIME_WAIT) is no one listening.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartupError(f"port {port} of {host} is in use: choose another with --port") from None
        raise StartupError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from None


@contextmanager
def _shop_for_processes(settings: Settings) -> Iterator[Flask]:
    configure_logging(settings)
    owned = settings.database_url is None
    if owned:
        servers.prepare(settings.data_dir)
        tell(f"starting PostgreSQL and Valkey in {settings.data_dir}")
    with open_servers_of(settings) as reached, shop_on(reached, owned=owned, say=tell) as app:
        yield app


def _demo(app: Flask) -> list[str]:
    """Fill the shop if it is empty; returns the demo logins, each with what to look at."""
    from socialshop.cli.demo import fill_and_follow

    tell("looking after the demo data: members, past orders, rooms, memberships, payouts")
    return fill_and_follow(app)


def _settings(app: Flask) -> Settings:
    with app.app_context():
        return wired.settings()


@contextmanager
def _logs_beside(settings: Settings) -> Iterator[TextIO | None]:
    """The file that the children's logs go to where somebody watches; None, and to stderr, where nobody does.

    At a terminal a line for each request would push away where the shop is and how to sign in.
    """
    if not sys.stderr.isatty():
        yield None
        return
    path = settings.data_dir / "logs" / "shop.log"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        yield log


@contextmanager
def _family(app: Flask, log: TextIO | None = None, more: Mapping[str, str] | None = None) -> Iterator[Family]:
    """The children's parent; they are stopped when the block ends, before the servers are."""
    said = (log or sys.stderr).fileno()
    family = Family({**os.environ, **_environment(_settings(app)), **(more or {})}, said)
    try:
        yield family
    finally:
        family.stop()


def _environment(settings: Settings) -> dict[str, str]:
    """This command's settings as a child process reads them."""
    given = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SOCIALSHOP_DATA_DIR": settings.data_dir.absolute(),
        "SOCIALSHOP_HOST": settings.host,
        "SOCIALSHOP_PORT": settings.port,
    }
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in given.items()
        if value is not None
    }


def _own_sandbox(settings: Settings) -> dict[str, str]:
    """Where the children find the sandbox provider that `run` starts; nothing where there is to be none."""
    if not _starts_sandbox(settings):
        return {}
    url = f"http://127.0.0.1:{_free_port('127.0.0.1')}"
    return {"SOCIALSHOP_SANDBOX_URL": url, "SOCIALSHOP_SANDBOX_SECRET": secrets.token_hex(32)}


def _own_watch(settings: Settings) -> dict[str, str]:
    """Where the watch process that `run` starts listens, and where browsers find it; behind a proxy you say it."""
    port = settings.watch_port if _names_watch_port(settings) else _free_port(settings.host)
    told = {"SOCIALSHOP_WATCH_PORT": str(port)}
    if settings.watch_url is None and settings.public_url is None:
        told["SOCIALSHOP_WATCH_URL"] = _address(settings.host, port)
    return told


def _names_watch_port(settings: Settings) -> bool:
    return "watch_port" in settings.model_fields_set


def _free_port(host: str) -> int:
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return int(probe.getsockname()[1])


def _address(host: str, port: int) -> str:
    """The address at which this machine reaches a server that listens there."""
    reached = _reachable(host)
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}"


def _starts_sandbox(settings: Settings) -> bool:
    return settings.environment != "production" and settings.sandbox_url is None


def _add_sandbox(family: Family, settings: Settings) -> None:
    if not _starts_sandbox(settings):
        return
    port = urlsplit(family.environment["SOCIALSHOP_SANDBOX_URL"]).port
    books = books_of(settings)
    webhooks = f"{_address(settings.host, settings.port)}/api/v1/webhooks/payments/sandbox"
    family.add(
        "sandbox", "socialshop.payments.sandbox", "--port", str(port), "--books", str(books), "--webhooks", webhooks
    )


def _add_web(family: Family) -> None:
    family.add("web", "socialshop.cli.web")


def _add_watch(family: Family) -> None:
    family.add("watch", "socialshop.watch")


def _add_workers(family: Family, app: Flask) -> None:
    for _ in range(_settings(app).job_workers):
        family.add("worker", "workers", "worker")
    family.add("relay", "workers", "relay")


def _live(
    app: Flask, family: Family, stopping: Callable[[], bool], *, web: bool, works: bool, say: Callable[[], None]
) -> None:
    """Look after the children until asked to stop; say so once the shop is ready. `works`: jobs are done here."""
    from workers.presence import Presence

    said, late_at = False, time.monotonic() + _READY_SECONDS
    with Presence() if works else nullcontext() as presence:
        while not stopping():
            _refuse_lost(app)
            family.look_after()
            if presence is not None:
                presence.hold()
            if not said and (not web or _is_ready(_settings(app))):
                said = True
                say()
            if not said and time.monotonic() > late_at:
                raise StartupError(f"the web server is not ready after {_READY_SECONDS:.0f} s: see the lines above")
            time.sleep(_LOOK_SECONDS)


def _refuse_lost(app: Flask) -> None:
    """Raise StartupError where the embedded servers are gone for good: without them nothing here can go on."""
    data_dir = _settings(app).data_dir
    if app.extensions["socialshop_owns_servers"] and not servers.are_kept(data_dir):
        raise StartupError(f"the servers of {data_dir} have ended and do not come back: see {data_dir / 'logs'}")


def _is_ready(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(_reachable(settings.host), settings.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    """A server that listens everywhere is asked here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _greet(settings: Settings, logins: list[str], log: TextIO | None = None) -> None:
    from socialshop.cli.demo import hints

    address = settings.public_address
    click.echo(f"socialshop is running at {address}")
    click.echo(f"  the shop: {address}/")
    click.echo(f"  the API and its pages: {address}/api/v1/docs")
    for login in logins:
        click.echo(f"  log in: {login}".replace("\n", "\n      "))
    if logins:
        click.echo("  try:")
        for hint in hints(address):
            click.echo(f"    {hint}")
    if log is not None:
        click.echo(f"  what it does, line by line: {log.name}")
    click.echo("Ctrl-C stops everything.")


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came; a second one ends the wait for an orderly stop."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, action in before.items():
            signal.signal(number, action)
