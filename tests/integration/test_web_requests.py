"""Reading, refusing and logging, on operations planted for it: ids, keys, faults."""

from __future__ import annotations

import json
import uuid
from io import BytesIO

import pytest
from flask import Flask, request
from structlog.testing import capture_logs

from socialshop.infra.settings import Settings
from socialshop.kernel.ids import to_public
from socialshop.web import operations, requests
from socialshop.web.auth import PUBLIC, SIGNED_IN
from socialshop.web.bodies import read_body
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing, Wire
from tests.web_client import Person, refusal, registration, sign_up


class Tea(Wire):
    cups: int
    kind: str = "green"


@pytest.fixture
def planted(new_shop: Flask) -> Flask:
    room = Room("planted", __name__, tag="Planted")

    @room.operation("POST", "/teas", access=PUBLIC, body=Tea, replies=Reply(200, Tea))
    def pour(call: Call[Tea, Nothing]) -> Answer:
        """Pour."""
        return Answer(call.body)

    @room.operation(
        "POST",
        "/teas/<tea_id>",
        access=SIGNED_IN,
        body=Tea,
        ids={"tea_id": "tea"},
        idempotency=Idempotency.REQUIRED,
        replies=Reply(200, Tea),
    )
    def refill(call: Call[Tea, Nothing]) -> Answer:
        """Refill."""
        return Answer(json.dumps(str(call.ids["tea_id"])).encode())

    @room.operation("GET", "/broken", access=PUBLIC, replies=Reply(200, None))
    def break_down(call: Call[Nothing, Nothing]) -> Answer:
        """Break down."""
        raise RuntimeError("the kettle fell: secret-detail")

    operations.attach(new_shop, [room])
    return new_shop


@pytest.fixture
def person(planted: Flask) -> Person:
    return sign_up(planted)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ('{"cups": "1"}', "cups"),
        ('{"cups": true}', "cups"),
        ('{"cups": 1.0}', "cups"),
        ('{"cups": 1e2}', "cups"),
        ('{"cups": null}', "cups"),
        ('{"cups": [1]}', "cups"),
        ('{"cups": 1, "kind": 5}', "kind"),
        ('{"cups": 1, "kind": null}', "kind"),
        ('{"cups": 1, "milk": true}', "milk"),
        ('{"cups": 1, "kind": "\\u0000"}', "kind"),
        ('{"cups": 1, "kind": "\\udfff"}', "kind"),
        ('{"cups": 1, "a": {"b": ["\\u0000"]}}', "a.b.0"),
        ('{"\\u0000": 1}', "body"),
        ("{}", "cups"),
        ("[]", "body"),
        ("null", "body"),
    ],
)
def test_types_are_strict_and_the_field_is_named(planted: Flask, sent: str, field: str) -> None:
    answer = planted.test_client().post("/api/v1/teas", data=sent, content_type="application/json")
    assert refusal(answer) == (422, "invalid_value", field)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b'{"cups": 1} x',
        b"{'cups': 1}",
        b'{"cups": NaN}',
        b'{"cups": Infinity}',
        b'{"cups": 1, "cups": 2}',
        b'\xef\xbb\xbf{"cups": 1}',
        b'{"cups": 1, "kind": "\xff"}',
        b'{"cups": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_is_400_and_not_echoed(planted: Flask, sent: bytes) -> None:
    answer = planted.test_client().post("/api/v1/teas", data=sent, content_type="application/json")
    assert refusal(answer)[:2] == (400, "malformed_json")


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        ("[]", "body: should be a JSON object"),
        ('{"cups": 1, "cups": 2}', "the body has the name 'cups' twice in one object"),
        ('{"cups": NaN}', "the body has NaN, which is no number in JSON"),
        ('{"cups": ' + "9" * 5000 + "}", "the body has a whole number of 5,000 digits; 100 are the most"),
        ("{", "the body is not well-formed JSON in UTF-8"),
        ("[" * 10_000, "nested more than 64 deep"),
    ],
)
def test_what_is_wrong_with_a_body_is_said_in_plain_words(planted: Flask, sent: str, detail: str) -> None:
    answer = planted.test_client().post("/api/v1/teas", data=sent, content_type="application/json")
    assert answer.get_json()["detail"] == detail


def test_nesting_of_64_is_read_and_of_65_or_ten_thousand_is_not(planted: Flask) -> None:
    def post(depth: int) -> tuple[int, str, str | None]:
        sent = "[" * depth + "]" * depth
        return refusal(planted.test_client().post("/api/v1/teas", data=sent, content_type="application/json"))

    assert post(64) == (422, "invalid_value", "body")
    assert post(65) == (400, "nested_too_deeply", None)
    assert post(10_000) == (400, "nested_too_deeply", None)


def test_a_body_of_a_million_bytes_is_read_and_one_more_is_not(planted: Flask) -> None:
    def post(size: int) -> tuple[int, str]:
        sent = b'{"cups": 1, "kind": "' + b"x" * (size - 23) + b'"}'
        assert len(sent) == size
        answer = planted.test_client().post("/api/v1/teas", data=sent, content_type="application/json")
        return answer.status_code, answer.content_type

    assert post(1_000_000) == (200, "application/json")
    assert post(1_000_001) == (413, "application/problem+json")


def test_a_chunked_body_past_the_bound_is_refused_and_not_cut_to_what_fits(planted: Flask) -> None:
    def post(size: int) -> int:
        # Well-formed wherever it is cut: only its length is wrong.
        sent = BytesIO(b'{"cups": 1}'.ljust(size))
        chunked = {
            "wsgi.input_terminated": True,
            "HTTP_TRANSFER_ENCODING": "chunked",
            "CONTENT_TYPE": "application/json",
        }
        return planted.test_client().post("/api/v1/teas", input_stream=sent, environ_overrides=chunked).status_code

    assert [post(1_000_000), post(1_000_001), post(2_000_000)] == [200, 413, 413]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", ""]
)
def test_another_media_type_is_415(planted: Flask, kind: str) -> None:
    answer = planted.test_client().post("/api/v1/teas", data=b'{"cups": 1}', headers={"Content-Type": kind})
    assert refusal(answer) == (415, "wrong_media_type", None)


def test_the_order_is_key_then_body_then_id(person: Person) -> None:
    bad = {"data": b"{", "content_type": "application/json"}
    assert refusal(person.call("POST", "/teas/nonsense", **bad))[1] == "idempotency_key_missing"
    assert refusal(person.call("POST", "/teas/nonsense", key="two words", **bad))[1] == "idempotency_key_malformed"
    assert refusal(person.call("POST", "/teas/nonsense", key="k", **bad))[1] == "malformed_json"
    assert refusal(person.call("POST", "/teas/nonsense", key="k", json={"cups": "1"}))[0] == 422
    assert refusal(person.call("POST", "/teas/nonsense", key="k", json={"cups": 1})) == (404, "not_found", None)


def test_an_id_of_another_kind_is_404_and_one_of_its_own_is_read(person: Person) -> None:
    key = uuid.uuid4()
    other = person.call("POST", f"/teas/{to_public('mbr', key)}", key="k", json={"cups": 1})
    assert refusal(other) == (404, "not_found", None)
    own = person.call("POST", f"/teas/{to_public('tea', key)}", key="k", json={"cups": 1})
    assert own.get_json() == str(key)


def test_a_fault_of_ours_is_a_500_problem_with_its_request_id_and_no_detail(planted: Flask) -> None:
    with capture_logs() as logs:
        answer = planted.test_client().get("/api/v1/broken", headers={"X-Request-Id": "given-by-the-proxy"})
    assert refusal(answer) == (500, "internal_error", None)
    assert answer.get_json()["request_id"] == "given-by-the-proxy"
    assert "kettle" not in answer.text
    assert [log["error"] for log in logs if log["log_level"] == "error"] == ["RuntimeError"]


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space in it", "line\tbreak1", "ünïcödé-id"])
def test_a_request_id_that_could_deceive_a_log_is_replaced(app: Flask, given: str) -> None:
    answer = app.test_client().get("/healthz", headers={"X-Request-Id": given.encode().decode("latin-1")})
    assert answer.headers["X-Request-Id"] != given
    assert len(answer.headers["X-Request-Id"]) == 24


def test_a_request_is_one_line_with_method_route_status_time_and_member_and_nothing_secret(app: Flask) -> None:
    with capture_logs() as logs:
        body = registration()
        made = app.test_client().post("/api/v1/members", json=body).get_json()
        person = Person(app.test_client(), sign_up(app).card, made["token"])
        person.call("GET", "/me?secret=1")
    lines = [log for log in logs if log["event"] == "request"]
    assert [(log["method"], log["route"], log["status"]) for log in lines] == [
        ("POST", "/api/v1/members", 201),
        ("GET", "/api/v1/me", 422),
    ]
    assert lines[1]["member"] == made["member"]["id"]
    assert lines[0]["ms"] > 0
    said = json.dumps(logs)
    for secret in (body["email"], body["password"], made["token"], made["member"]["invite_code"], "secret"):
        assert str(secret) not in said


def test_every_answer_carries_headers_that_forbid_what_nobody_needs(app: Flask) -> None:
    for path in ("/healthz", "/api/v1/nowhere", "/api/v1/docs"):
        headers = app.test_client().get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers


def _bare(**changed: object) -> Flask:
    bare = Flask("bare", static_folder=None)
    requests.attach(bare, Settings(environment="test").model_copy(update=changed))
    bare.add_url_rule("/", view_func=lambda: request.remote_addr or "")
    return bare


def test_https_in_production_is_kept_by_the_browser_and_http_is_not() -> None:
    client = _bare(environment="production").test_client()
    assert "max-age=63072000" in client.get("/", base_url="https://shop.example").headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in client.get("/").headers


def test_a_forwarded_address_is_believed_only_from_as_many_proxies_as_the_setting_says() -> None:
    sent = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    assert _bare().test_client().get("/", headers=sent).text == "127.0.0.1"
    assert _bare(trusted_proxies=1).test_client().get("/", headers=sent).text == "198.51.100.7"
    assert _bare(trusted_proxies=2).test_client().get("/", headers=sent).text == "203.0.113.9"


def test_reading_a_body_twice_gives_the_same(app: Flask) -> None:
    with app.test_request_context("/", method="POST", json={"cups": 2}):
        assert read_body(Tea) == read_body(Tea) == Tea(cups=2)
