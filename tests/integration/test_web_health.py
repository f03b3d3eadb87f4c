"""Alive, ready, and what waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import text

from socialshop.app import create_app
from socialshop.cli import main
from socialshop.infra import redis
from socialshop.infra.db import db
from socialshop.infra.settings import Settings
from socialshop.infra.uow import unit_of_work
from tests.web_client import sign_up
from workers.presence import Presence


def _missing(app: Flask) -> tuple[int, list[str]]:
    answer = app.test_client().get("/readyz")
    body = answer.get_json()
    assert (answer.status_code == 200) == (body["status"] == "ready")
    return answer.status_code, [one["name"] for one in body["missing"]]


def _shop(app: Flask, **changed: object) -> Iterator[Flask]:
    settings: Settings = app.extensions["socialshop_settings"]
    made = create_app(settings.model_copy(update=changed))
    yield made
    with made.app_context():
        db.engine.dispose()
        redis.client().close()


@pytest.fixture
def without_redis(app: Flask) -> Iterator[Flask]:
    yield from _shop(app, redis_url=SecretStr("unix:///nowhere/valkey.sock"))


@pytest.fixture
def without_database(app: Flask) -> Iterator[Flask]:
    yield from _shop(app, database_url=SecretStr("postgresql+psycopg://nobody@/none?host=/nowhere"))


def test_alive_is_said_without_asking_anybody(without_database: Flask) -> None:
    answer = without_database.test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_without_a_worker_the_shop_is_ready_and_says_that_one_is_missing(app: Flask) -> None:
    assert _missing(app) == (200, ["worker"])


def test_with_workers_nothing_is_missing(app: Flask) -> None:
    with Presence():
        assert _missing(app) == (200, [])
    assert _missing(app) == (200, ["worker"])


def test_without_redis_the_shop_is_ready_as_its_requests_are_and_says_what_waits(without_redis: Flask) -> None:
    assert _missing(without_redis) == (200, ["redis", "worker"])


def _set_revision(revision: str) -> None:
    """The application itself may not touch this table: another hand does."""
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    db.engine.dispose()


def test_a_pending_migration_is_named(app: Flask) -> None:
    _set_revision("0007")
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    fault = next(one for one in answer.get_json()["missing"] if one["name"] == "schema")
    assert "0008" in fault["detail"]


def test_a_schema_newer_than_the_program_is_named(app: Flask) -> None:
    _set_revision("9999")
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    fault = next(one for one in answer.get_json()["missing"] if one["name"] == "schema")
    assert fault["detail"].startswith("the schema is newer than this program: it is at 9999")


@pytest.mark.parametrize("command", [["settle"], ["migrate"], ["prove"]])
def test_the_console_says_so_too_in_one_line(
    app: Flask, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    _set_revision("9999")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    ran = CliRunner().invoke(main, command)
    assert ran.exit_code == 1
    assert ran.stderr.startswith("socialshop: the schema is newer than this program: it is at 9999")
    assert ran.stderr.count("\n") == 1


def test_connections_that_act_as_the_owner_are_named(app: Flask) -> None:
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
    assert _missing(app)[1] == ["application_role", "worker"]
    db.engine.dispose()


def test_without_a_database_every_call_is_503_and_nothing_private_is_told(without_database: Flask) -> None:
    client = without_database.test_client()
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.get_json()["missing"][0] == {
        "name": "database",
        "detail": "PostgreSQL does not answer",
        "required": True,
    }
    answer = client.get("/api/v1/me", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "database_unavailable")
    assert "nowhere" not in answer.text + ready.text


def _value(metrics: str, name: str) -> float:
    return next(float(line.rpartition(" ")[2]) for line in metrics.splitlines() if line.startswith(name))


def test_metrics_count_requests_by_route_and_never_by_path(app: Flask) -> None:
    client = app.test_client()
    counted = 'socialshop_http_requests_total{method="GET",route="/problems/<code>",status="404"}'
    client.get("/problems/no_such_code")
    before = _value(client.get("/metrics").text, counted)
    client.get("/problems/no_such_code")
    client.open("/secret-path-XYZ", method="BREW")
    said = client.get("/metrics").text
    assert _value(said, counted) == before + 1
    assert "secret-path" not in said
    assert "BREW" not in said


def test_metrics_say_what_waits(app: Flask) -> None:
    sign_up(app)
    with unit_of_work() as uow:
        uow.session.execute(text("INSERT INTO outbox_events (name, payload, occurred_at) VALUES ('X', '{}', now())"))
        event = uow.session.execute(text("SELECT max(id) FROM outbox_events")).scalar_one()
        for handler, state in (("a", "pending"), ("b", "pending"), ("c", "dead")):
            uow.session.execute(
                text("INSERT INTO outbox_deliveries (event_id, handler, state, due_at) VALUES (:e, :h, :s, now())"),
                {"e": event, "h": handler, "s": state},
            )
    said = app.test_client().get("/metrics").text
    assert _value(said, "socialshop_outbox_unrelayed_events") == 1
    assert _value(said, "socialshop_outbox_pending_deliveries") == 2
    assert _value(said, "socialshop_outbox_dead_deliveries") == 1
    assert _value(said, "socialshop_ledger_unsealed_entries") == 0
