"""What the log tells of a failure: where, of what kind, and nothing that a person entrusted to the shop."""

from __future__ import annotations

import io
import json
import logging as stdlib_logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import text

from socialshop.infra import logging, redis
from socialshop.infra.db import db
from socialshop.infra.uow import UnitOfWork, unit_of_work
from workers import queue, schedule, worker
from workers.schedule import Periodic

# A process of its own: logging is set up once a process.
_REGISTERS = """
from socialshop.app import create_app
from socialshop.infra import logging
from socialshop.infra.settings import Settings

logging.configure()
body = {
    "email": "mei@example.com", "password": "correct horse battery", "display_name": "Mei Lin", "accept_terms": True
}
answer = create_app(Settings()).test_client().post("/api/v1/members", json=body)
print(answer.status_code, answer.get_json()["code"])
"""


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("query_canceled", "503 database_unavailable"), ("raise_exception", "500 internal_error")],
)
def test_a_failed_statement_leaves_neither_hash_nor_e_mail_in_the_log(
    app: Flask, database_url: str, redis_url: str, state: str, outcome: str
) -> None:
    """Given a database that refuses the password's hash and quotes it, when a member registers, the log has neither."""
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(
            text(
                f"""
                CREATE FUNCTION refuse_hash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION 'the tea is cold'
                        USING DETAIL = NEW.password_hash || ' of mei@example.com', ERRCODE = '{state}';
                END $$;
                CREATE TRIGGER refuse_hash BEFORE INSERT ON member_credentials
                FOR EACH ROW EXECUTE FUNCTION refuse_hash()
                """
            )
        )
    db.engine.dispose()
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "SOCIALSHOP_ENVIRONMENT": "test"}
    ran = subprocess.run(
        [sys.executable, "-c", _REGISTERS], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == outcome
    failure = next(line for line in map(json.loads, ran.stderr.splitlines()) if "exception" in line)
    # It can be found: the place in the code, and PostgreSQL's own first line.
    assert "add_credential" in failure["exception"]
    assert "the tea is cold" in failure["exception"]
    for private in ("argon2", "mei@example.com", "Mei Lin", "correct horse"):
        assert private not in ran.stderr


_QUOTES_A_ROW = """
DO $$ BEGIN RAISE EXCEPTION 'the tea is cold' USING DETAIL = 'poured for mei@example.com', ERRCODE = '{state}'; END $$
"""


def _fail_a_job(monkeypatch: pytest.MonkeyPatch, statement: str) -> list[str]:
    """Run a periodic job that executes `statement` as a worker would; what Valkey then keeps of the failure."""

    def fall(uow: UnitOfWork) -> bool:
        uow.session.execute(text(statement))
        return False

    monkeypatch.setattr(schedule, "PERIODIC", (Periodic("ring", timedelta(minutes=1), fall),))
    queue.wake_periodic(redis.client(), "ring", "2026-11-05T12:00:00+00:00")
    # Its first try and the three that RQ gives it.
    for _ in range(4):
        worker.work_off()
    failed = FailedJobRegistry(queue=queue.queue(redis.client()))
    jobs = Job.fetch_many(failed.get_job_ids(), connection=redis.client(), serializer=JSONSerializer)
    results = (job and job.latest_result() for job in jobs)
    return [result.exc_string or "" for result in results if result]


@pytest.fixture
def shop_log(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, str]]]:
    """The lines that the shop's log got since."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(stdlib_logging.getLogger(), "handlers", [])
    logging.configure()
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_failed_job_leaves_nobodys_data_in_the_log_and_in_valkey(
    app: Flask, shop_log: Callable[[], list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a job whose statement fails and is quoted, when a worker runs it, the place is told, the row is not."""
    kept = _fail_a_job(monkeypatch, _QUOTES_A_ROW.format(state="raise_exception"))
    lines = shop_log()
    failure = next(line for line in lines if line["event"] == "job failed")
    assert failure["level"] == "error"
    assert "in fall" in failure["exception"]
    assert "the tea is cold" in failure["exception"]
    assert kept == ["RaiseException: the tea is cold"]
    assert "mei@example.com" not in json.dumps(lines)


def test_a_job_that_lost_its_database_says_so_in_one_line(
    app: Flask, shop_log: Callable[[], list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a server that ends the connection, when a worker runs a job, its log has one line of it."""
    _fail_a_job(monkeypatch, "RESET ROLE; SELECT pg_terminate_backend(pg_backend_pid())")
    lost = [line for line in shop_log() if line["event"] == "job lost its database"]
    assert {line["level"] for line in lost} == {"warning"}
    assert not any("exception" in line for line in lost)
