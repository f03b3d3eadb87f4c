"""A member with a client: what most tests over HTTP begin with."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from socialshop.identity.service import NewMember, open_session
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.roles import Role
from socialshop.onboarding import service

API = "/api/v1"
PASSWORD = "correct horse battery"
# An admin at work shows codes all day; what asks for one has tests of its own (test_step_up).
_STAYS_STEPPED_UP = "UPDATE member_sessions SET stepped_up_at = '2200-01-01' WHERE member_id = :id"


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    client: FlaskClient
    card: service.Card
    token: str

    def call(self, method: str, path: str, *, key: str | None = None, **more: Any) -> TestResponse:
        """Call an operation as this person."""
        headers = {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}
        return self.client.open(API + path, method=method, headers=headers | more.pop("headers", {}), **more)


def sign_up(app: Flask, *, role: Role = Role.MEMBER, email: str | None = None, name: str = "Lin") -> Person:
    """Make a member straight through the door of onboarding."""
    person = NewMember(email or f"m{secrets.token_hex(6)}@example.com", PASSWORD, name, role)
    clock = app.extensions["socialshop_clock"]
    card = in_unit_of_work(lambda uow: service.create(uow, person), clock)
    opened = in_unit_of_work(lambda uow: open_session(uow, card.member_id, days=30), clock)
    if role is Role.ADMIN:
        in_unit_of_work(lambda uow: uow.session.execute(text(_STAYS_STEPPED_UP), {"id": card.member_id}))
    return Person(app.test_client(), card, opened.token)


def registration(**changed: object) -> dict[str, object]:
    """A body for POST /members."""
    body: dict[str, object] = {
        "email": f"m{secrets.token_hex(6)}@example.com",
        "password": PASSWORD,
        "display_name": "Lin",
        "accept_terms": True,
    }
    return body | changed


def counts(*tables: str) -> Mapping[str, int]:
    """Rows of each table: what a refused request must leave as it was."""
    return in_unit_of_work(
        lambda uow: {t: uow.session.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in tables}
    )


def refusal(answer: TestResponse) -> tuple[int, str, str | None]:
    """Status, code and field of a problem; fails where the answer is none."""
    assert answer.content_type == "application/problem+json", answer.text
    body = answer.get_json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(body)
    assert body["status"] == answer.status_code
    assert body["type"].endswith(f"/problems/{body['code']}")
    assert body["request_id"] == answer.headers["X-Request-Id"]
    return answer.status_code, body["code"], body.get("field")
