"""`socialshop bench NAME`: a benchmark on a database of its own, its figures and the machine's as JSON."""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import NullPool, create_engine, make_url, text

from socialshop.cli.shop import configure_logging, data_dir_option, open_servers_of, read_settings, shop_on
from socialshop.infra.db import db, normalized_url
from socialshop.infra.settings import Settings

# name -> the function that measures: it takes an app on an empty, migrated database and returns its figures.
BENCHES = {
    "accrue": "socialshop.bench.commissions:accrue",
    "settle": "socialshop.bench.commissions:settle",
    "simulate": "socialshop.bench.commissions:simulate",
    "team": "socialshop.bench.tree:team",
    "upline": "socialshop.bench.tree:upline",
    "landing": "socialshop.bench.landing:landing",
    "seat": "socialshop.bench.seat:seat",
    "last_seat": "socialshop.bench.seat:last_seat",
    "join": "socialshop.bench.seat:join",
    "watch": "socialshop.bench.watch:watch",
    "due": "socialshop.bench.due:due",
    "prove": "socialshop.bench.ledger:prove",
    "seal": "socialshop.bench.ledger:seal",
    "points": "socialshop.bench.points:expire",
    "tiers": "socialshop.bench.tiers:tiers",
    "notify": "socialshop.bench.notify:notify",
    "plans": "socialshop.bench.plans:plans",
    "coupons": "socialshop.bench.coupons:coupons",
    "recommendations": "socialshop.bench.recommendations:night",
    "risk": "socialshop.bench.rings:rings",
}


@click.command()
@click.argument("name", type=click.Choice([*BENCHES, "all"]), metavar="NAME")
@data_dir_option
def bench(name: str) -> None:
    """Measure, and print JSON with both sides of each ratio and the machine.

    NAME is one of accrue, settle, simulate, team, upline, landing, seat, last_seat, join, watch, due, prove, seal,
    points, tiers, notify, plans, coupons, recommendations, risk, or all.

    Uses a database of its own on the shop's servers and drops it afterwards. `all` runs each in a process of its own,
    so that one's memory is not counted for the next.
    """
    if name == "all":
        click.echo(json.dumps({each: _in_own_process(each) for each in BENCHES}, indent=2))
        return
    settings = read_settings()
    configure_logging(settings, quiet=True)
    with (
        open_servers_of(settings) as reached,
        _scratch_database(reached) as scratch,
        shop_on(scratch, owned=True) as app,
    ):
        figures = _measure(app, BENCHES[name])
    click.echo(json.dumps({"bench": name, **figures}, indent=2))


def _measure(app: Flask, place: str) -> dict[str, Any]:
    module, _, function = place.partition(":")
    measure: Callable[[Flask], dict[str, Any]] = getattr(import_module(module), function)
    return {**measure(app), "peak_rss_mb": _peak_rss_mb(), "machine": machine()}


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    with db.engine.connect() as connection:
        postgres = connection.execute(text("SHOW server_version")).scalar_one()
    return {
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": postgres,
    }


def _peak_rss_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes on Linux, bytes on macOS.
    return round(peak / (1_000_000 if sys.platform == "darwin" else 1_000))


@contextmanager
def _scratch_database(settings: Settings) -> Iterator[Settings]:
    """The settings with an empty database beside the shop's; dropped at the end, whoever is still connected."""
    assert settings.database_url is not None
    url = make_url(normalized_url(settings.database_url.get_secret_value()))
    name = f"socialshop_bench_{uuid.uuid4().hex[:8]}"
    own = url.set(database=name).render_as_string(hide_password=False)
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield settings.model_copy(update={"database_url": SecretStr(own)})
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _in_own_process(name: str) -> Any:
    import subprocess

    click.echo(f"{name} …", err=True)
    settings = read_settings()
    command = [sys.executable, "-m", "socialshop", "bench", name, "--data-dir", str(settings.data_dir)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603  (this program itself)
    if done.returncode != 0:
        raise click.ClickException(f"bench {name} ended with {done.returncode}")
    return json.loads(done.stdout)
