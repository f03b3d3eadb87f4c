"""What holds for every operation, by walking the table: a new one is taken up by itself."""

from __future__ import annotations

import json
import re
import secrets

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from socialshop.identity.service import open_session
from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.roles import Role
from socialshop.pages import assets, site
from socialshop.web import auth, openapi, problems
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Operation, table_of
from socialshop.web.schemas import Nothing
from tests.someone_elses import Belongings, belongings
from tests.web_client import Person, refusal, sign_up

# api.md, "Without a token": whatever is public beyond this is a mistake.
PUBLIC = {
    "GET /api/v1/commission-plans/schema",
    "GET /api/v1/storefronts/<storefront_id>",
    "GET /api/v1/goods-pictures/<digest>/<size>",
    "GET /api/v1/flash-sessions",
    "GET /api/v1/flash-sessions/<session_id>",
    "GET /api/v1/flash-sessions/<session_id>/live",
    "GET /api/v1/bargain-offers",
    "GET /api/v1/bargain-offers/<deal_id>",
    "GET /api/v1/bargains/<bargain_id>",
    "POST /api/v1/members",
    "POST /api/v1/members/claims",
    "POST /api/v1/sessions",
    "POST /api/v1/sessions/phone-codes",
    "POST /api/v1/sessions/phone",
    "POST /api/v1/sessions/passkey-challenges",
    "POST /api/v1/sessions/passkey",
    # Who has forgotten the password has no token, and whoever opens a mail may be signed out.
    "POST /api/v1/members/password-resets",
    "POST /api/v1/members/password-resets/completion",
    "POST /api/v1/members/email-verifications",
    "POST /api/v1/members/email-changes",
    "POST /api/v1/webhooks/payments/<provider>",
    "GET /api/v1/products",
    "GET /api/v1/products/<product_id>",
    "GET /api/v1/tiers",
    "GET /api/v1/membership-plans",
    "GET /api/v1/products/<product_id>/reviews",
    "GET /api/v1/notes",
    "GET /api/v1/behaviour-rules",
    "GET /api/v1/notes/<note_id>",
    "GET /api/v1/pictures/<picture_id>",
    "GET /api/v1/deals",
    "GET /api/v1/deals/<deal_id>",
    "GET /api/v1/rooms/<room_id>",
    "GET /api/v1/rooms/<room_id>/events",
    "GET /i/<code>",
    "GET /i/<code>/qr.svg",
    "GET /i/<code>/qr.png",
    "GET /i/<code>/poster.png",
    "GET /i/<code>/kit.zip",
    "GET /i/<code>/banner/<key>.png",
    "GET /feeds/<key>/goods.json",
    "GET /feeds/<key>/goods.xml",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/v1/openapi.json",
    "GET /api/v1/docs",
    "GET /api/v1/docs/style.css",
    "GET /problems",
    "GET /problems/<code>",
}
# Sent where a body must not be read: reading it would be 400.
BROKEN = {"data": b'{"broken', "content_type": "application/json"}


@pytest.fixture
def people(app: Flask) -> dict[Role, Person]:
    return {role: sign_up(app, role=role) for role in Role}


def _rows(app: Flask) -> list[Operation]:
    return list(table_of(app).values())


def _guarded(app: Flask) -> list[Operation]:
    return [row for row in _rows(app) if row.access.roles]


def _path(row: Operation) -> str:
    return re.sub(r"<(?:\w+:)?\w+>", "xyz", row.path)


def test_every_rule_of_the_url_map_is_a_declared_operation(app: Flask) -> None:
    found = {rule.endpoint for rule in app.url_map.iter_rules()} - set(site.table_of(app))
    assert found - {assets.ENDPOINT, assets.MARK_ENDPOINT} == set(table_of(app))


def test_only_what_the_contract_names_is_public(app: Flask) -> None:
    assert {f"{row.method} {row.path}" for row in _rows(app) if not row.access.roles} == PUBLIC


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
def test_without_a_good_token_every_guarded_operation_is_401_whatever_else_is_wrong(
    app: Flask, header: dict[str, str]
) -> None:
    client = app.test_client()
    for row in _guarded(app):
        answer = client.open(_path(row) + "?unknown=1", method=row.method, headers=header, **BROKEN)
        assert refusal(answer) == (401, "unauthenticated", None), row.path
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_wrong_role_is_403_before_the_key_the_body_the_query_and_the_id_are_looked_at(
    app: Flask, people: dict[Role, Person]
) -> None:
    for row in _guarded(app):
        for role in set(Role) - row.access.roles:
            header = {"Authorization": f"Bearer {people[role].token}"}
            answer = app.test_client().open(_path(row) + "?unknown=1", method=row.method, headers=header, **BROKEN)
            assert refusal(answer) == (403, "forbidden", None), (row.path, role)


def test_a_missing_key_is_400_before_the_body_is_looked_at(app: Flask, people: dict[Role, Person]) -> None:
    for row in [row for row in _guarded(app) if row.idempotency is Idempotency.REQUIRED]:
        header = {"Authorization": f"Bearer {people[min(row.access.roles)].token}"}
        answer = app.test_client().open(_path(row), method=row.method, headers=header, **BROKEN)
        assert refusal(answer) == (400, "idempotency_key_missing", None), row.path


def _as_allowed(app: Flask, people: dict[Role, Person], row: Operation) -> dict[str, str]:
    header = {"Idempotency-Key": "k"}
    if row.access.roles:
        header["Authorization"] = f"Bearer {people[min(row.access.roles)].token}"
    return header


def test_an_unknown_field_and_an_unknown_parameter_are_422_and_named(app: Flask, people: dict[Role, Person]) -> None:
    client = app.test_client()
    for row in _rows(app):
        header = _as_allowed(app, people, row)
        if row.body.model_config.get("extra") == "allow":
            # Another system's own object, whose fields are not ours to name: its signature is what is checked.
            answer = client.open(_path(row), method=row.method, headers=header, json={"surprise": 1})
            assert refusal(answer)[0] in (401, 404), row.path
        elif row.takes_body:
            answer = client.open(_path(row), method=row.method, headers=header, json={"surprise": 1})
            status, code, _ = refusal(answer)
            assert (status, code) == (422, "invalid_value"), row.path
            unknown = {e["field"] for e in answer.get_json()["errors"] if e["reason"] == "unknown_field"}
            assert unknown == {"surprise"}, row.path
        elif row.query.model_config.get("extra") == "ignore":
            # A link that is handed on: messengers and campaigns hang on what they like.
            answer = client.open(_path(row) + "?surprise=1", method=row.method, headers=header)
            assert answer.status_code in (200, 404), row.path
        else:
            answer = client.open(_path(row) + "?surprise=1", method=row.method, headers=header)
            assert refusal(answer) == (422, "invalid_value", "surprise"), row.path


def test_a_body_that_is_no_json_within_bounds_is_4xx(app: Flask, people: dict[Role, Person]) -> None:
    app.extensions["socialshop_limiter"].enabled = False  # some of these may be asked only a few times a minute
    client = app.test_client()
    for row in [row for row in _rows(app) if row.takes_body]:
        for sent, kind, status, code in (
            (b"{", "application/json", 400, "malformed_json"),
            (b"{}", "text/plain", 415, "wrong_media_type"),
            (b'"' + b"x" * 1_000_000 + b'"', "application/json", 413, "body_too_large"),
            (b"[" * 65 + b"]" * 65, "application/json", 400, "nested_too_deeply"),
            (b'{"display_name": "\\u0000"}', "application/json", 422, "invalid_value"),
            (b'{"display_name": "\\ud800"}', "application/json", 422, "invalid_value"),
        ):
            header = _as_allowed(app, people, row)
            answer = client.open(_path(row), method=row.method, headers=header, data=sent, content_type=kind)
            assert refusal(answer)[:2] == (status, code), (row.path, sent[:40])


def test_a_malformed_id_or_one_of_another_kind_is_404(app: Flask, people: dict[Role, Person]) -> None:
    for row in [row for row in _guarded(app) if row.ids and row.body is Nothing]:
        answer = app.test_client().open(_path(row), method=row.method, headers=_as_allowed(app, people, row))
        assert refusal(answer)[0] == 404, row.path


def test_a_malformed_id_in_a_query_is_404_and_the_operation_says_so(app: Flask, people: dict[Role, Person]) -> None:
    tried = [(row, name) for row in _rows(app) for name in row.query.model_fields if name.endswith("_id")]
    for row, name in tried:
        header = _as_allowed(app, people, row)
        answer = app.test_client().open(f"{_path(row)}?{name}=xyz", method=row.method, headers=header)
        assert refusal(answer)[0] == 404, row.path
        assert 404 in _promised(row), row.path
    assert tried


def test_every_listed_operation_is_in_the_openapi_with_its_problems(app: Flask) -> None:
    document = openapi.document(app)
    assert document["openapi"] == "3.1.0"
    for row in [row for row in _rows(app) if row.listed]:
        said = document["paths"][openapi._template(row.path)][row.method.lower()]
        assert said["operationId"] == row.name
        assert said["summary"], row.path
        assert bool(said["security"]) == bool(row.access.roles)
        declared = {str(reply.status) for reply in row.replies}
        assert declared | {"500"} <= set(said["responses"])
        if row.access.roles:
            assert {"401", "403"} <= set(said["responses"])
        for status, answer in said["responses"].items():
            if status not in declared:
                assert set(answer["content"]) == {"application/problem+json"}
        if row.takes_body and row.body is not Nothing:
            assert "example" in said["requestBody"]["content"]["application/json"], row.path


def test_operation_names_are_unique_and_every_reference_leads_somewhere(app: Flask) -> None:
    document = openapi.document(app)
    names = [row.name for row in _rows(app)]
    assert len(names) == len(set(names))
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])


def test_every_example_is_what_its_model_takes(app: Flask) -> None:
    for row in _rows(app):
        for model in [row.body, *(reply.model for reply in row.replies if reply.model)]:
            extra = model.model_config.get("json_schema_extra")
            if isinstance(extra, dict):
                model.model_validate_json(json.dumps(extra["examples"][0]))  # type: ignore[index]


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_an_address_lacks_is_405_and_names_those_it_has(app: Flask, method: str) -> None:
    answer = app.test_client().open("/api/v1/members", method=method)
    assert refusal(answer) == (405, "method_not_allowed", None)
    assert answer.headers["Allow"] == "POST"


def test_an_address_that_is_not_there_is_a_problem_too(app: Flask) -> None:
    assert refusal(app.test_client().get("/api/v1/nowhere")) == (404, "not_found", None)
    assert refusal(app.test_client().get("/api/v1/members/")) == (404, "not_found", None)


# --- roles × operations × someone else's object ---------------------------------------------------------------------

NOBODY: frozenset[Role] = frozenset()
EVERYBODY = frozenset(Role)
# Who else, of those who may call the operation at all, may read or move the object that it names.
# An operation under /admin is for its declared roles. One that names an object and is neither must be added.
WHO_ELSE = {
    "show_order": auth.READS_ALL.roles,
    "buy_bargain": NOBODY,
    "show_statement": NOBODY,
    "list_order_refunds": auth.READS_ALL.roles,
    "receive_order": NOBODY,
    "change_address": NOBODY,
    "remove_address": NOBODY,
    "show_own_order_address": NOBODY,
    "choose_address": NOBODY,
    "request_refund": NOBODY,
    "pay": NOBODY,
    "prepare_payment": NOBODY,
    "show_hand_over": NOBODY,
    "leave_room": NOBODY,
    "remind_members": NOBODY,
    "write_review": NOBODY,
    "write_note": NOBODY,
    "revise_post": NOBODY,
    "withdraw_post": NOBODY,
    "appeal": NOBODY,
    "ask": NOBODY,
    "show_own_question": NOBODY,
    "write_more": NOBODY,
    "close_question": NOBODY,
    "show_stats": NOBODY,
    "show_branch_of": NOBODY,
    "edit_link": NOBODY,
    "name_link": NOBODY,
    "explain_commission": NOBODY,
    "request_payout": NOBODY,
    "quote_payout": NOBODY,
    "show_own_payout_request": NOBODY,
    "show_payout_statement": NOBODY,
    "cancel_payout_request": NOBODY,
    "revoke_session": NOBODY,
    "cancel_plan": NOBODY,
    "resume_plan": NOBODY,
    "list_upgrades": NOBODY,
    "upgrade_plan": NOBODY,
    "list_downgrades": NOBODY,
    "downgrade_plan": NOBODY,
    "keep_plan": NOBODY,
    "quote_refund": NOBODY,
    "refund_plan": NOBODY,
    "make_gift_link": NOBODY,
    "return_gift": NOBODY,
    "make_family_link": NOBODY,
    "unseat_relative": NOBODY,
    "take_voucher": NOBODY,
    "rename_passkey": NOBODY,
    "remove_passkey": NOBODY,
    "publish_deal": auth.ADMINS.roles,
    "pause_deal": auth.ADMINS.roles,
    "resume_deal": auth.ADMINS.roles,
    "end_deal": auth.ADMINS.roles,
    "announce_flash_session": auth.ADMINS.roles,
    "change_flash_session": auth.ADMINS.roles,
    "cancel_flash_session": auth.ADMINS.roles,
    "pin_in_flash_session": auth.ADMINS.roles,
    "show_session_results": auth.ADMINS.roles,
    # On sale, or shared so that others come.
    "show_product": EVERYBODY,
    "answer_survey": EVERYBODY,
    "show_deal": EVERYBODY,
    "open_deal": EVERYBODY,
    "offer_bargain": EVERYBODY,
    "show_bargain_offer": EVERYBODY,
    "start_bargain": EVERYBODY,
    "show_bargain": EVERYBODY,
    "chop_bargain": EVERYBODY,
    "show_storefront": EVERYBODY,
    "show_flash_session": EVERYBODY,
    "follow_flash_session": EVERYBODY,
    "ask_for_reminder": EVERYBODY,
    "withdraw_reminder": EVERYBODY,
    "keep_storefront": EVERYBODY,
    "show_goods_picture": EVERYBODY,
    "open_room": EVERYBODY,
    "join_any_room": EVERYBODY,
    "quote_deal": EVERYBODY,
    "quote_room": EVERYBODY,
    "join_room": EVERYBODY,
    "redeem_reward": EVERYBODY,
    "show_room": EVERYBODY,
    "list_reviews": EVERYBODY,
    "show_note": EVERYBODY,
    "report": EVERYBODY,
    "show_circle": EVERYBODY,
    "join_circle": EVERYBODY,
    "leave_circle": EVERYBODY,
    "show_picture": EVERYBODY,
    "follow_room": EVERYBODY,
    "open_link": EVERYBODY,
    "show_qr_svg": EVERYBODY,
    "show_qr_png": EVERYBODY,
    "show_poster": EVERYBODY,
    "show_kit": EVERYBODY,
    "show_banner": EVERYBODY,
    "show_feed": EVERYBODY,
    "show_feed_as_rss": EVERYBODY,
    # Nobody's object: a page about an error, a provider's own notice.
    "show_problem": EVERYBODY,
    "take_notice": EVERYBODY,
}
_SHOP_WIDE = "/api/v1/admin/"


@pytest.fixture
def theirs(app: Flask) -> Belongings:
    return belongings(app)


def _who_else(theirs: Belongings, row: Operation) -> frozenset[Role]:
    """Raises LookupError for an operation that names an object and does not say whose business it is."""
    if row.path.startswith(_SHOP_WIDE) or not theirs.names_an_object(row):
        return EVERYBODY
    return WHO_ELSE[row.name]


def _call(app: Flask, theirs: Belongings, row: Operation, caller: Person | None) -> TestResponse:
    header = {"Idempotency-Key": secrets.token_hex(8)}
    if caller is not None:
        # A session of its own: one of the operations ends the one that it is called with.
        session = in_unit_of_work(lambda uow: open_session(uow, caller.card.member_id, days=1))
        header["Authorization"] = f"Bearer {session.token}"
    sent = {"json": theirs.body(row)} if row.takes_body else {}
    return app.test_client().open(theirs.path(row), method=row.method, headers=header, **sent)


def _declared(row: Operation, theirs: Belongings, role: Role | None) -> int | None:
    """The status that the declared access alone decides; None where the call comes through to the object."""
    if not row.access.roles:
        return None
    if role is None:
        return 401
    if role not in row.access.roles:
        return 403
    return None if role in _who_else(theirs, row) else 404


def _promised(row: Operation) -> set[int]:
    """The statuses of the operation's replies and refusals, and of a value that only the shop can know is wrong."""
    return {reply.status for reply in row.replies} | {problems.STATUS[error.kind] for error in row.refuses} | {422}


def _leaks(theirs: Belongings, answer: TestResponse) -> set[str]:
    return {secret for secret in theirs.secrets if secret.encode() in answer.data}


def _as_the_owner_sees_it(app: Flask, theirs: Belongings, rows: list[Operation]) -> dict[str, object]:
    # Two of them tell of every session, this one too.
    moving = {"export_me", "list_sessions"}
    reads = [row for row in rows if row.method == "GET" and Role.LEADER in row.access.roles and row.name not in moving]
    return {row.name: _call(app, theirs, row, theirs.owner).get_json(silent=True) for row in reads}


def test_every_operation_that_names_an_object_says_who_else_may_have_it(app: Flask, theirs: Belongings) -> None:
    rows = list(table_of(app).values())
    named = {row.name for row in rows if theirs.names_an_object(row) and not row.path.startswith(_SHOP_WIDE)}
    assert named == set(WHO_ELSE)


def test_whom_the_declared_access_keeps_out_learns_nothing_and_moves_nothing(
    app: Flask, theirs: Belongings, people: dict[Role, Person]
) -> None:
    rows = list(table_of(app).values())
    before = _as_the_owner_sees_it(app, theirs, rows)
    cells, wrong = 0, []
    for row in rows:
        for role in (None, *Role):
            expected = _declared(row, theirs, role)
            if expected is None:
                continue
            answer = _call(app, theirs, row, people[role] if role else None)
            cells += 1
            if answer.status_code != expected or _leaks(theirs, answer):
                wrong.append((row.name, role, answer.status_code, expected, _leaks(theirs, answer)))
    assert wrong == []
    assert cells > 2 * len(WHO_ELSE)
    assert _as_the_owner_sees_it(app, theirs, rows) == before


def test_whom_it_lets_in_gets_a_declared_answer_and_only_the_shops_own_people_see_private_things(
    app: Flask, theirs: Belongings, people: dict[Role, Person]
) -> None:
    wrong = []
    order = ("GET", "DELETE", "PATCH", "POST")
    # What is gone answers nothing any more, and whoever has left may do nothing.
    last = ("discard_commission_plan", "remove_webhook_endpoint", "erase_me")
    rows = sorted(table_of(app).values(), key=lambda row: order.index(row.method))
    for row in sorted(rows, key=lambda row: row.name in last and 1 + last.index(row.name)):
        for role in (None, *Role):
            if _declared(row, theirs, role) is not None:
                continue
            answer = _call(app, theirs, row, people[role] if role else None)
            sees_all = role in auth.READS_ALL.roles and (row.path.startswith(_SHOP_WIDE) or row.name in WHO_ELSE)
            if answer.status_code not in _promised(row) or (_leaks(theirs, answer) and not sees_all):
                wrong.append((row.name, role, answer.status_code, answer.text, _leaks(theirs, answer)))
    assert wrong == []


def test_the_owner_reaches_every_object_of_the_table(app: Flask, theirs: Belongings) -> None:
    """Without this, a table of objects that are not there would pass as well."""
    rows = [row for row in table_of(app).values() if row.name in WHO_ELSE and row.name != "take_notice"]
    for row in sorted(rows, key=lambda row: ("GET", "PATCH", "POST", "DELETE").index(row.method)):
        answer = _call(app, theirs, row, theirs.owner)
        assert answer.status_code in _promised(row) - {404}, (row.name, answer.text)
