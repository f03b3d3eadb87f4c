"""Generated requests, good and bad, against the OpenAPI document: every answer is one that it declares."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.openapi import from_wsgi
from schemathesis.specs.openapi.checks import positive_data_acceptance

from socialshop.app import ROOMS
from socialshop.kernel.roles import Role
from socialshop.web import openapi
from socialshop.web.operations import Operation
from tests.web_client import sign_up

OPERATIONS = [row for room in ROOMS for row in room.operations if row.listed]
# What only the shop can know makes a request wrong that fits its shape: a code that nobody has, a zone that is nowhere.
KNOWS_MORE_THAN_ITS_SHAPE = [positive_data_acceptance]


def _try(app: Flask, row: Operation, mode: GenerationMode, examples: int) -> None:
    app.extensions["socialshop_limiter"].enabled = False
    schema = from_wsgi("/api/v1/openapi.json", app)
    generated = schema[openapi._template(row.path)][row.method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=generated)
    def every_answer_is_declared(case: Case) -> None:
        # Signed in anew each time: one of the operations signs out.
        token = sign_up(app, role=Role.ADMIN).token
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=KNOWS_MORE_THAN_ITS_SHAPE)

    every_answer_is_declared()


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_a_few_generated_requests_get_only_declared_answers(app: Flask, row: Operation) -> None:
    _try(app, row, GenerationMode.POSITIVE, 5)
    if row.takes_body or row.query.model_fields:
        _try(app, row, GenerationMode.NEGATIVE, 5)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_hundreds_of_generated_requests_get_only_declared_answers(app: Flask, row: Operation) -> None:
    _try(app, row, GenerationMode.POSITIVE, 300)
    if row.takes_body or row.query.model_fields:
        _try(app, row, GenerationMode.NEGATIVE, 300)
