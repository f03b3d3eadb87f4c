"""Who may call what: every operation of the API by five callers, against the contract and not against itself.

What is expected is spelled here once more, from the contract's rules (finance reads all and moves nothing; what stands
under /admin is the admins'), so that an access declared too widely is seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from flask import Flask

from socialshop.kernel.roles import Role
from socialshop.web import operations
from socialshop.web.auth import PUBLIC, SIGNED_IN, Access
from socialshop.web.operations import Operation, table_of
from tests.integration.test_web_every_operation import BROKEN, _path
from tests.integration.test_web_every_operation import PUBLIC as OPEN_TO_ALL
from tests.web_client import Person, sign_up

API = "/api/v1"
EVERYBODY = frozenset(Role)
BUYERS = EVERYBODY - {Role.FINANCE}
# Of one's own account, which finance has too.
OWN_ACCOUNT = {
    "DELETE /sessions/current",
    "PATCH /me",
    "DELETE /me",
    "POST /me/consents",
    "POST /me/addresses",
    "POST /me/addresses/<address_id>",
    "DELETE /me/addresses/<address_id>",
    "POST /me/birthday",
    "POST /me/passkeys",
    "POST /me/passkeys/challenges",
    "PATCH /me/passkeys/<passkey_id>",
    "DELETE /me/passkeys/<passkey_id>",
    "POST /me/phone",
    "POST /me/phone/confirmation",
    "POST /me/phone/removal",
    "POST /me/password",
    "POST /me/email",
    "DELETE /me/sessions",
    "DELETE /me/sessions/<session_id>",
    "POST /me/notices/read",
    "POST /me/email-verifications",
}
DEALS = {
    "POST /deals",
    "POST /bargain-offers",
    *(f"POST /deals/<deal_id>/{step}" for step in ("publish", "pause", "resume", "end")),
}
# Of who leads.
LEADS = {
    "GET /me/storefront",
    "POST /me/storefront",
    "POST /me/storefront/banner",
    "DELETE /me/storefront/banner",
    "POST /flash-sessions",
    "PATCH /flash-sessions/<session_id>",
    "POST /flash-sessions/<session_id>/cancel",
    "POST /flash-sessions/<session_id>/pin",
    "GET /flash-sessions/<session_id>/results",
    "GET /me/circle",
    "POST /me/circle/notices",
    "GET /me/first-steps",
}
# Whose codes approve and release payouts.
SIGNS = {
    "GET /me/totp",
    "POST /me/totp",
    "POST /me/totp/confirmation",
    "POST /me/totp/recovery-codes",
    "DELETE /me/totp",
    "POST /sessions/current/step-up",
}
# Who earns nothing has no money to ask for.
EARNERS_READ = {
    "GET /me/payee",
    "GET /me/tax-certificates",
    "GET /me/payout-destinations",
    "GET /payout-requests",
    "GET /payout-requests/<request_id>",
    "GET /payout-requests/<request_id>/statement",
}


def _name(row: Operation) -> str:
    return f"{row.method} {row.path}"


def _expected(row: Operation) -> frozenset[Role]:
    """Who of the signed-in may call an operation that is not open to all."""
    name = f"{row.method} {row.path.removeprefix(API)}"
    if row.path.startswith(f"{API}/admin/"):
        return frozenset({Role.ADMIN, Role.FINANCE} if row.method == "GET" else {Role.ADMIN})
    if name in SIGNS:
        return frozenset({Role.ADMIN})
    if name in DEALS | LEADS:
        return frozenset({Role.LEADER, Role.ADMIN})
    reads_or_own = row.method == "GET" or name in OWN_ACCOUNT
    return EVERYBODY if reads_or_own and name not in EARNERS_READ else BUYERS


def _status(row: Operation, caller: Role | None) -> int | None:
    """What keeps this caller out; None where the call is let in, whatever is wrong with it then."""
    if _name(row) in OPEN_TO_ALL:
        return None
    if caller is None:
        return 401
    return None if caller in _expected(row) else 403


def _wrong_cells(
    app: Flask, people: Mapping[Role, Person], rows: Sequence[Operation]
) -> tuple[int, list[tuple[str, Role | None, int]]]:
    """How many cells these rows of the table have, and those that are not as expected: operation, caller, status.

    Every call has an unknown parameter and a broken body, so that nothing happens where it is let in.
    """
    cells, wrong = 0, []
    for row in rows:
        for caller in (None, *Role):
            header = {} if caller is None else {"Authorization": f"Bearer {people[caller].token}"}
            answer = app.test_client().open(_path(row) + "?unknown=1", method=row.method, headers=header, **BROKEN)
            kept_out = answer.status_code if answer.status_code in (401, 403) else None
            cells += 1
            # A webhook without a signature is 401 of its own.
            if kept_out != _status(row, caller) and "/webhooks/" not in row.path:
                wrong.append((_name(row), caller, answer.status_code))
    return cells, wrong


@pytest.fixture
def people(app: Flask) -> dict[Role, Person]:
    return {role: sign_up(app, role=role) for role in Role}


def test_every_operation_keeps_out_and_lets_in_whom_the_contract_says(app: Flask, people: dict[Role, Person]) -> None:
    cells, wrong = _wrong_cells(app, people, [row for row in table_of(app).values() if row.path.startswith(API)])
    assert wrong == []
    assert cells >= 5 * 70


@pytest.mark.parametrize(
    ("name", "access", "seen"),
    [
        ("release_payout_batch", SIGNED_IN, {Role.MEMBER, Role.LEADER, Role.FINANCE}),
        ("attach_email", PUBLIC, {None, Role.MEMBER, Role.LEADER, Role.FINANCE}),
        ("prove", SIGNED_IN, {Role.MEMBER, Role.LEADER}),
        ("receive_order", SIGNED_IN, {Role.FINANCE}),
        ("show_me", PUBLIC, {None}),
    ],
)
def test_an_access_declared_too_widely_is_seen_in_the_table(
    app: Flask, people: dict[Role, Person], name: str, access: Access, seen: set[Role | None]
) -> None:
    """The planted fault: one operation's access is loosened, and its row shows each caller who now comes in."""
    endpoint = next(endpoint for endpoint, row in table_of(app).items() if row.name == name)
    loosened = replace(table_of(app)[endpoint], access=access)
    app.extensions["socialshop_operations"] = {**table_of(app), endpoint: loosened}
    app.view_functions[endpoint] = operations._view_of(loosened)
    _, wrong = _wrong_cells(app, people, [loosened])
    assert {(operation, caller) for operation, caller, _ in wrong} == {(_name(loosened), caller) for caller in seen}
