"""What the log tells of a failure: where, of what kind, and nothing that a person entrusted to the shop."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from flask import Flask
from sqlalchemy import text

from socialshop.infra.db import db
from socialshop.infra.uow import unit_of_work

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
