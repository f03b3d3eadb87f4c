"""Generated requests, good and bad, against the OpenAPI document: every answer is one that it declares."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from cloned_databases import Template
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rewired_shop import RewiredShop, shop_settings
from schemathesis import Case, GenerationMode
from schemathesis.openapi import from_wsgi
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from socialshop.app import ROOMS
from socialshop.identity.service import open_session
from socialshop.infra.servers import Servers
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.roles import Role
from socialshop.payments.gateway import SandboxGateway
from socialshop.payments.routes import sandbox_room
from socialshop.web import openapi
from socialshop.web.operations import Operation
from socialshop.web.schemas import Nothing
from tests.someone_elses import Belongings
from tests.web_client import sign_up

OPERATIONS = [row for room in (*ROOMS, sandbox_room) for row in room.operations if row.listed]
# What only the shop can know makes a request wrong that fits its shape: a code that nobody has, a zone that is nowhere.
KNOWS_MORE_THAN_ITS_SHAPE = [positive_data_acceptance]
# As many a mode and a caller; `SOCIALSHOP_TEST_EXAMPLES=30 pytest …` tries harder.
FEW = int(os.environ.get("SOCIALSHOP_TEST_EXAMPLES", "2"))


@pytest.fixture(scope="session")
def with_callers(
    servers: Servers, lived_in: tuple[Template, Belongings], rewired_shop: RewiredShop, redis_url: str
) -> Iterator[tuple[Template, list[uuid.UUID]]]:
    """An object of every kind is there, and who calls: finance, the leader whose objects they are, and an admin.

    The last is an admin, for admins decide about the others.
    """
    with Template.opened(servers.database_url, lived_in[0].name) as found:
        with rewired_shop.on(shop_settings(found.url, redis_url)) as app:
            callers = (sign_up(app, role=Role.FINANCE), lived_in[1].owner, sign_up(app, role=Role.ADMIN))
        yield found, [caller.card.member_id for caller in callers]


@pytest.fixture(scope="session")
def template(with_callers: tuple[Template, list[uuid.UUID]]) -> Template:
    return with_callers[0]


@pytest.fixture
def callers(with_callers: tuple[Template, list[uuid.UUID]]) -> list[uuid.UUID]:
    return with_callers[1]


@pytest.fixture
def theirs(lived_in: tuple[Template, Belongings]) -> Belongings:
    return lived_in[1]


@cache
def _document(app: Flask) -> OpenApiSchema:
    """Read once a process: it takes longer than most tests here do."""
    schema = from_wsgi("/api/v1/openapi.json", app)
    # A text past its length may be past the largest body too, which is refused before it is read.
    schema.config.checks.negative_data_rejection.expected_statuses += ["413"]
    return schema


def _try(app: Flask, theirs: Belongings, callers: list[uuid.UUID], row: Operation, examples: int) -> None:
    app.extensions["socialshop_limiter"].enabled = False
    # Set up, never called: what is paid is decided here and done by a job.
    app.extensions["socialshop_payment_gateways"] = {"sandbox": SandboxGateway("http://127.0.0.1:9", "shared")}
    described = _document(app)[openapi._template(row.path)][row.method]
    modes = [GenerationMode.POSITIVE]
    if row.query.model_fields or (row.takes_body and any(described.iter_parameters())) or row.body is not Nothing:
        modes.append(GenerationMode.NEGATIVE)
    cases = [case for mode in modes for case in _drawn(described, mode, theirs.variables(row), examples)]
    for caller in callers:
        header = _signed_in(caller)
        for case in cases:
            case.call_and_validate(headers=header, excluded_checks=KNOWS_MORE_THAN_ITS_SHAPE)
            # Some operations end sessions; one that only reads does not.
            header = header if row.method == "GET" else _signed_in(caller)


def _signed_in(member_id: uuid.UUID) -> dict[str, str]:
    session = in_unit_of_work(lambda uow: open_session(uow, member_id, days=1))
    return {"Authorization": f"Bearer {session.token}"}


def _drawn(described: APIOperation, mode: GenerationMode, variables: Mapping[str, str], examples: int) -> list[Case]:
    """So many requests, the same whenever they are drawn. To draw one costs more than to answer it three times."""
    found: list[Case] = []

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    # A good request is about an object that is there as often as about one that is not.
    @given(
        case=described.as_strategy(generation_mode=mode),
        there=st.booleans() if mode is GenerationMode.POSITIVE else st.just(False),
    )
    def keep(case: Case, there: bool) -> None:
        if there:
            case.path_parameters.update(variables)
        found.append(case)

    keep()
    return found


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_a_few_generated_requests_get_only_declared_answers(
    app: Flask, theirs: Belongings, callers: list[uuid.UUID], row: Operation
) -> None:
    _try(app, theirs, callers, row, FEW)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_hundreds_of_generated_requests_get_only_declared_answers(
    app: Flask, theirs: Belongings, callers: list[uuid.UUID], row: Operation
) -> None:
    _try(app, theirs, callers, row, 100)
