"""Real relay and worker processes that tests kill, on a database and a Valkey of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis.exceptions import RedisError
from sqlalchemy import NullPool, create_engine, text
from tea_house import OwnValkey, TeaHouse

from socialshop.app import create_app
from socialshop.infra import redis
from socialshop.infra.db import db
from socialshop.infra.settings import Settings


@pytest.fixture
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnValkey]:
    # Not under the test's own folder: its name makes the socket's path too long.
    valkey = OwnValkey(tmp_path_factory.mktemp("v"))
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
def tea_house(database_url: str, own_valkey: OwnValkey, tmp_path: Path) -> Iterator[TeaHouse]:
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE drunk (cup bigint NOT NULL)"))
        connection.execute(text("CREATE TABLE rung (at timestamptz NOT NULL)"))
    settings = Settings(
        environment="test",
        database_url=database_url,
        redis_url=own_valkey.url,
        secret_key="test-only",
        data_dir=tmp_path,
    )
    app = create_app(settings)
    environment = {
        **os.environ,
        "SOCIALSHOP_ENVIRONMENT": "test",
        "SOCIALSHOP_LOG_LEVEL": "WARNING",
        "SOCIALSHOP_DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "REDIS_URL": own_valkey.url,
    }
    house = TeaHouse(app, environment)
    with app.app_context():
        yield house
        house.stop()
        with suppress(RedisError):
            redis.client().close()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def chaos() -> Callable[[int], int]:
    """How many rounds of a long run: all of them, or a tenth where SOCIALSHOP_CHAOS=tenth says so."""
    tenth = os.environ.get("SOCIALSHOP_CHAOS") == "tenth"
    return lambda rounds: max(1, rounds // 10) if tenth else rounds
