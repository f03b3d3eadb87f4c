"""`bench NAME` measures on an empty migrated database of its own and leaves none behind."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import NullPool, create_engine, text

from socialshop import cli
from socialshop.cli import bench
from socialshop.infra.servers import Servers
from socialshop.infra.uow import unit_of_work


def count_members(_app: Flask) -> dict[str, Any]:
    """A bench of the test's: says which database it was given."""
    with unit_of_work() as uow:
        name = uow.session.execute(text("SELECT current_database()")).scalar_one()
        members = uow.session.execute(text("SELECT count(*) FROM members")).scalar_one()
    return {"ratio": 1.0, "database": name, "members": members}


def test_a_bench_prints_its_figures_and_the_machine(
    servers: Servers, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(bench.BENCHES, "upline", f"{__name__}:count_members")
    own = {"DATABASE_URL": servers.database_url, "REDIS_URL": redis_url}
    result = CliRunner(env=own).invoke(cli.main, ["bench", "upline"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["bench"], figures["ratio"], figures["members"]) == ("upline", 1.0, 0)
    assert figures["peak_rss_mb"] > 10
    assert set(figures["machine"]) == {"cores", "memory_mb", "system", "python", "postgresql"}
    engine = create_engine(servers.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        left = connection.execute(
            text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": figures["database"]}
        )
        assert left.scalar_one() == 0


@pytest.mark.parametrize("place", list(bench.BENCHES.values()))
def test_every_bench_of_the_table_exists(place: str) -> None:
    module, _, function = place.partition(":")
    assert callable(getattr(import_module(module), function))
