"""Other systems are told of what happened: signed, once an event, again where it failed, until it fails for days."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from socialshop.infra import outside
from socialshop.infra.clock import ManualClock
from socialshop.infra.outbox import Event
from socialshop.infra.outside import OutcomeUnknown, Refused
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.notifications import service
from socialshop.notifications.catalogue import EVENT_TYPES
from socialshop.notifications.service.delivering import WAITS
from socialshop.orders.events import OrdersConfirmed
from socialshop.rooms.events import RoomExpired, RoomFilled
from tests.due_work import work
from tests.money_people import number_of
from tests.payment_shop import rows
from tests.unit.test_webhook_guard import verify
from tests.web_client import Person, counts, refusal, sign_up
from workers import handlers

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
URL = "https://hooks.example/shop"


@dataclass
class Receiver:
    """A courier to systems that never fail but by `answers`, one a message."""

    took: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    always: Exception | None = None

    def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.took.append((url, headers, body))
        failure = self.answers.pop(0) if self.answers else self.always
        if failure is not None:
            raise failure

    @property
    def told(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.took]


@pytest.fixture
def clock(app: Flask) -> ManualClock:
    found = ManualClock(NOON)
    app.extensions["socialshop_clock"] = found
    return found


@pytest.fixture
def receiver(app: Flask, clock: ManualClock) -> Receiver:
    found = Receiver()
    app.extensions["socialshop_courier"] = found
    return found


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN)


def add(admin: Person, *types: str, url: str = URL) -> tuple[str, str]:
    """A new endpoint: its id and its secret."""
    body = {"url": url, "label": "warehouse", "event_types": list(types) or ["room.filled"]}
    answer = admin.call("POST", "/admin/webhook-endpoints", json=body)
    assert answer.status_code == 201, answer.text
    return answer.get_json()["endpoint"]["id"], answer.get_json()["secret"]


def happen(clock: ManualClock, *events: Event) -> None:
    in_unit_of_work(lambda uow: uow.emit_all(list(events)), clock)
    work()


def fill(clock: ManualClock) -> str:
    """A room is full; its public id. (No such room: who else hears of it finds nobody to tell.)"""
    room = new_id()
    happen(clock, RoomFilled(room_id=room))
    return to_public("room", room)


def poll(clock: ManualClock, span: timedelta = timedelta(0)) -> None:
    clock.advance(span)
    in_unit_of_work(service.poll_webhooks, clock)
    work()


def deliveries() -> list[tuple[str, int, str | None]]:
    return rows("SELECT status, attempts, because FROM webhook_deliveries ORDER BY id")


def shown(admin: Person, endpoint: str) -> dict[str, Any]:
    found: dict[str, Any] = admin.call("GET", f"/admin/webhook-endpoints/{endpoint}").get_json()
    return found


# --- what is told -------------------------------------------------------------------------------------------------


def test_an_endpoint_is_told_of_its_types_alone_signed_and_without_anything_of_a_person(
    admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    _, secret = add(admin, "room.filled", "order.confirmed")
    room = fill(clock)
    orders = [new_id(), new_id()]
    happen(clock, RoomExpired(room_id=new_id()), OrdersConfirmed(order_ids=tuple(orders)))
    stamp = "2026-03-02T04:00:00Z"
    assert receiver.told[0] == {"type": "room.filled", "version": 1, "timestamp": stamp, "data": {"room_id": room}}
    assert [(each["type"], each["data"]) for each in sorted(receiver.told[1:], key=str)] == [
        ("order.confirmed", {"order_id": to_public("ord", order)}) for order in sorted(orders)
    ]
    assert {url for url, _, _ in receiver.took} == {URL}
    for _, headers, body in receiver.took:
        assert verify(secret, headers, body, NOON)
        assert not verify(secret, headers, body.replace(b"1", b"2", 1), NOON)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.took}) == 3
    assert deliveries() == [("delivered", 1, None)] * 3


def test_facts_that_are_handled_again_are_told_once(admin: Person, receiver: Receiver, clock: ManualClock) -> None:
    add(admin)
    payload = {"room_id": str(new_id())}
    for _ in range(3):
        in_unit_of_work(lambda uow: service.announce("room.filled", uow, [payload, payload]), clock)
        work()
    assert len(receiver.took) == 1
    assert counts("webhook_events", "webhook_deliveries") == {"webhook_events": 1, "webhook_deliveries": 1}


def test_nothing_is_told_of_what_did_not_come_about(admin: Person, receiver: Receiver, clock: ManualClock) -> None:
    add(admin)

    def come_to_nothing(uow: UnitOfWork) -> None:
        uow.emit(RoomFilled(room_id=new_id()))
        service.announce("room.filled", uow, [{"room_id": str(new_id())}])
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        in_unit_of_work(come_to_nothing, clock)
    poll(clock)
    assert receiver.took == []
    assert counts("webhook_events") == {"webhook_events": 0}


@pytest.mark.usefixtures("receiver")
def test_where_nobody_listens_no_event_costs_a_delivery(clock: ManualClock) -> None:
    fill(clock)
    assert rows("SELECT count(*) FROM outbox_deliveries WHERE handler LIKE 'announce%'") == [(0,)]
    with unit_of_work(clock) as uow:
        names = {name for _, name in handlers.routes(uow)}
    assert not {name for name in names if name.startswith("announce_")}


def test_every_type_names_the_ids_of_its_fact_and_the_page_of_types_lists_it() -> None:
    facts = {cls.__name__: cls for cls in Event.__subclasses__()}
    page = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    for name, row in EVENT_TYPES.items():
        fields = set(facts[row.fact].__annotations__)
        assert ({row.each} if row.each else set(row.ids)) | set(row.words) <= fields, name
        assert f"| `{name}` |" in page
        payload = {name: str(new_id()) for name in row.ids} | dict.fromkeys(row.words, "approved")
        (told,) = row.told({row.each: [str(new_id())]} if row.each else payload)
        assert set(told[1]) == {*row.ids, *row.words}


# --- what fails ---------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_later_each_time_under_the_same_id(
    admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint, secret = add(admin)
    receiver.answers = [OutcomeUnknown("http 500"), OutcomeUnknown("TimeoutError")]
    fill(clock)
    assert deliveries() == [("queued", 1, "http 500")]
    assert shown(admin, endpoint)["failing_since"] == "2026-03-02T04:00:00Z"
    poll(clock, timedelta(seconds=4))
    assert len(receiver.took) == 1
    poll(clock, timedelta(seconds=2))
    assert deliveries() == [("queued", 2, "TimeoutError")]
    poll(clock, timedelta(minutes=6))
    assert deliveries() == [("delivered", 3, None)]
    assert shown(admin, endpoint)["failing_since"] is None
    ids = {headers["webhook-id"] for _, headers, _ in receiver.took}
    stamps = [headers["webhook-timestamp"] for _, headers, _ in receiver.took]
    assert (len(ids), len(set(stamps))) == (1, 3)
    _, headers, body = receiver.took[2]
    assert verify(secret, headers, body, clock.now())


def test_an_endpoint_that_takes_nothing_for_days_is_switched_off_and_admins_are_told(
    app: Flask, admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    other = sign_up(app, role=Role.ADMIN)
    endpoint, _ = add(admin)
    receiver.always = OutcomeUnknown("http 503")
    fill(clock)
    for wait in WAITS:
        assert shown(admin, endpoint)["disabled_at"] is None
        poll(clock, wait * 1.1)
    assert deliveries() == [("given_up", len(WAITS) + 1, "http 503")]
    assert shown(admin, endpoint)["disabled_because"] == "it took nothing for days"
    for person in (admin, other):
        notices = rows("SELECT kind FROM notices WHERE member = :m", m=number_of(person))
        assert notices == [("webhook_disabled",)]
    assert rows("SELECT count(*) FROM mails WHERE kind = 'webhook_disabled'") == [(2,)]
    # Nothing more is told, and nothing is kept for it.
    before = len(receiver.took)
    fill(clock)
    poll(clock, timedelta(days=3))
    assert (len(receiver.took), len(deliveries())) == (before, 1)


def test_one_that_is_gone_is_switched_off_at_once_and_one_that_works_now_and_then_is_not(
    admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint, _ = add(admin)
    # One message never gets through while others do.
    receiver.answers = [OutcomeUnknown("http 500")]
    fill(clock)
    for wait in WAITS:
        clock.advance(wait * 1.1)
        receiver.answers = [OutcomeUnknown("http 500")]
        poll(clock)
        fill(clock)
    states = [status for status, _, _ in deliveries()]
    assert (states[0], set(states[1:])) == ("given_up", {"delivered"})
    assert shown(admin, endpoint)["disabled_at"] is None
    receiver.answers = [Refused("http 410")]
    fill(clock)
    assert shown(admin, endpoint)["disabled_because"] == "the endpoint said that it is gone"


def test_a_failing_endpoint_holds_up_no_other(admin: Person, receiver: Receiver, clock: ManualClock) -> None:
    add(admin, url="https://slow.example/")
    add(admin)
    for _ in range(9):
        in_unit_of_work(lambda uow: uow.emit(RoomFilled(room_id=new_id())), clock)
    failing = OutcomeUnknown("http 500")

    def deliver(url: str, headers: Mapping[str, str], body: bytes) -> None:
        receiver.took.append((url, headers, body))
        if "slow" in url:
            raise failing

    receiver.deliver = deliver  # type: ignore[method-assign]
    work()
    assert rows("SELECT status, count(*) FROM webhook_deliveries GROUP BY 1 ORDER BY 1") == [
        ("delivered", 9),
        ("queued", 9),
    ]


def test_a_teller_that_dies_leaves_the_message_to_the_next(
    app: Flask, admin: Person, receiver: Receiver, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(admin)
    in_unit_of_work(lambda uow: service.announce("room.filled", uow, [{"room_id": str(new_id())}]), clock)

    def die(name: str) -> None:
        if name == "webhooks.called":
            raise KeyboardInterrupt

    monkeypatch.setattr(outside, "crash_point", die)
    with pytest.raises(KeyboardInterrupt):
        service.deliver_due(clock, receiver)
    monkeypatch.undo()
    app.extensions["socialshop_courier"] = receiver
    assert deliveries() == [("queued", 1, None)]
    poll(clock, timedelta(minutes=1))
    assert len(receiver.took) == 1
    poll(clock, timedelta(minutes=1))
    assert deliveries() == [("delivered", 2, None)]
    assert len({headers["webhook-id"] for _, headers, _ in receiver.took}) == 1


# --- what admins do -----------------------------------------------------------------------------------------------


def test_a_new_secret_signs_beside_the_former_for_a_day(admin: Person, receiver: Receiver, clock: ManualClock) -> None:
    endpoint, former = add(admin)
    told = admin.call("POST", f"/admin/webhook-endpoints/{endpoint}/secret", json={}).get_json()
    assert told["endpoint"]["former_until"] == "2026-03-03T04:00:00Z"
    assert told["secret"] != former

    def known() -> tuple[bool, bool]:
        fill(clock)
        _, headers, body = receiver.took[-1]
        return verify(told["secret"], headers, body, clock.now()), verify(former, headers, body, clock.now())

    assert known() == (True, True)
    clock.advance(timedelta(days=1))
    assert known() == (True, False)


def test_a_secret_is_told_once_and_stands_nowhere(admin: Person, receiver: Receiver, clock: ManualClock) -> None:
    endpoint, secret = add(admin)
    fill(clock)
    raw = secret.removeprefix("whsec_")
    seen = admin.call("GET", f"/admin/webhook-endpoints/{endpoint}").text
    seen += admin.call("GET", "/admin/webhook-endpoints").text
    for table in ("webhook_endpoints", "audit_entries", "outbox_events", "idempotency_answers", "webhook_deliveries"):
        seen += str(rows(f"SELECT t::text FROM {table} t"))
    assert raw not in seen
    assert base64.b64decode(raw).hex() not in seen


def test_one_delivery_or_a_span_of_them_is_told_once_more(
    admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint, _ = add(admin)
    fill(clock)
    receiver.always = Refused("http 410")
    clock.advance(timedelta(hours=1))
    fill(clock)
    receiver.always = None
    admin.call("POST", f"/admin/webhook-endpoints/{endpoint}/enable", json={})
    clock.advance(timedelta(hours=1))
    fill(clock)
    assert [status for status, _, _ in deliveries()] == ["delivered", "given_up", "delivered"]
    first = admin.call("GET", f"/admin/webhook-deliveries?endpoint_id={endpoint}").get_json()["data"][-1]
    again = admin.call("POST", f"/admin/webhook-deliveries/{first['id']}/replay", json={})
    assert again.get_json()["status"] == "queued"
    work()
    assert len(receiver.took) == 4
    assert receiver.took[3][1]["webhook-id"] == receiver.took[0][1]["webhook-id"] == first["event_id"]
    replay = f"/admin/webhook-endpoints/{endpoint}/replay"
    span = {"since": "2026-03-02T04:00:00Z", "until": "2026-03-02T06:00:00Z"}
    assert admin.call("POST", replay, json=span | {"failed_only": True}).get_json() == {"queued": 1, "next_since": None}
    work()
    assert admin.call("POST", replay, json=span).get_json() == {"queued": 2, "next_since": None}
    work()
    assert len(receiver.took) == 7
    assert refusal(admin.call("POST", replay, json=span | {"until": span["since"]}))[:3] == (
        422,
        "invalid_value",
        "until",
    )
    assert [
        action for (action,) in rows("SELECT action FROM audit_entries WHERE action LIKE '%replayed' ORDER BY id")
    ] == [
        "webhook.replayed",
        "webhook_endpoint.replayed",
        "webhook_endpoint.replayed",
    ]


def test_an_endpoint_is_switched_off_and_on_and_hears_what_waited(
    admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint, _ = add(admin)
    receiver.answers = [OutcomeUnknown("http 500")]
    fill(clock)
    for _ in range(2):
        off = admin.call("POST", f"/admin/webhook-endpoints/{endpoint}/disable", json={}).get_json()
        assert off["disabled_because"] == "by an admin"
    poll(clock, timedelta(minutes=1))
    fill(clock)
    assert len(receiver.took) == 1
    on = admin.call("POST", f"/admin/webhook-endpoints/{endpoint}/enable", json={}).get_json()
    assert (on["disabled_at"], on["failing_since"], on["waiting"]) == (None, None, 1)
    work()
    assert len(receiver.took) == 2
    acts = rows("SELECT action FROM audit_entries WHERE action LIKE 'webhook_endpoint%' ORDER BY id")
    assert [act for (act,) in acts] == [f"webhook_endpoint.{deed}" for deed in ("added", "disabled", "enabled")]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "https://169.254.169.254/"}, "url"),
        ({"url": "http://hooks.example/"}, "url"),
        ({"event_types": ["room.exploded"]}, "event_types"),
        ({"event_types": []}, "event_types"),
    ],
)
def test_an_endpoint_that_may_not_be_is_not_added(admin: Person, wrong: dict[str, Any], field: str) -> None:
    body = {"url": URL, "event_types": ["room.filled"], **wrong}
    assert refusal(admin.call("POST", "/admin/webhook-endpoints", json=body))[:3] == (422, "invalid_value", field)
    assert counts("webhook_endpoints") == {"webhook_endpoints": 0}


def test_an_endpoint_moves_with_its_secret_and_what_waits_and_not_to_where_none_may_be(
    admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint, secret = add(admin)
    path = f"/admin/webhook-endpoints/{endpoint}/address"
    for wrong in ("https://10.0.0.1/", "http://hooks.example/", "nowhere"):
        assert refusal(admin.call("POST", path, json={"url": wrong}))[:3] == (422, "invalid_value", "url")
    assert shown(admin, endpoint)["url"] == URL
    receiver.answers = [OutcomeUnknown("http 500")]
    fill(clock)
    moved = admin.call("POST", path, json={"url": "https://new.example/hooks"}).get_json()
    assert (moved["url"], moved["failing_since"], moved["waiting"]) == ("https://new.example/hooks", None, 1)
    poll(clock, timedelta(minutes=1))
    (_, (url, headers, body)) = receiver.took
    assert url == "https://new.example/hooks"
    verify(secret, headers, body, clock.now())
    admin.call("POST", path, json={"url": "https://new.example/hooks"})
    acts = rows("SELECT facts ->> 'former', facts ->> 'url' FROM audit_entries WHERE action = 'webhook_endpoint.moved'")
    assert acts == [(URL, "https://new.example/hooks")]


def test_a_removed_endpoint_is_gone_with_all_that_it_was_told_and_no_other(
    admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint, _ = add(admin)
    other, _ = add(admin, url="https://other.example/")
    fill(clock)
    gone = f"/admin/webhook-endpoints/{endpoint}"
    assert admin.call("DELETE", gone).status_code == 204
    for method in ("DELETE", "GET"):
        assert admin.call(method, gone).status_code == 404
    assert rows("SELECT url FROM webhook_endpoints") == [("https://other.example/",)]
    assert deliveries() == [("delivered", 1, None)]
    fill(clock)
    assert [url for url, _, _ in receiver.took].count("https://other.example/") == 2
    assert len(receiver.took) == 3
    kept = rows("SELECT action, facts ->> 'url' FROM audit_entries WHERE action = 'webhook_endpoint.removed'")
    assert kept == [("webhook_endpoint.removed", URL)]
    assert shown(admin, other)["waiting"] == 0


def test_types_are_chosen_anew_from_now_on(admin: Person, receiver: Receiver, clock: ManualClock) -> None:
    endpoint, _ = add(admin)
    path = f"/admin/webhook-endpoints/{endpoint}/event-types"
    assert refusal(admin.call("POST", path, json={"event_types": ["nothing"]}))[2] == "event_types"
    changed = admin.call("POST", path, json={"event_types": ["room.expired", "room.cancelled"]}).get_json()
    assert changed["event_types"] == ["room.expired", "room.cancelled"]
    fill(clock)
    happen(clock, RoomExpired(room_id=new_id()))
    assert [each["type"] for each in receiver.told] == ["room.expired"]


def test_what_was_told_long_ago_is_forgotten_but_for_what_waits(
    admin: Person, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint, _ = add(admin)
    fill(clock)
    receiver.always = OutcomeUnknown("http 500")
    fill(clock)
    with unit_of_work(clock) as uow:
        assert service.forget_webhooks(uow, NOON) is False
    assert counts("webhook_events") == {"webhook_events": 2}
    in_unit_of_work(lambda uow: service.forget_webhooks(uow, NOON + timedelta(seconds=1)), clock)
    assert counts("webhook_events", "webhook_deliveries") == {"webhook_events": 1, "webhook_deliveries": 1}
    assert [status for status, _, _ in deliveries()] == ["queued"]
    # Nor for ever for an endpoint that is told nothing.
    admin.call("POST", f"/admin/webhook-endpoints/{endpoint}/disable", json={})
    in_unit_of_work(lambda uow: service.forget_webhooks(uow, NOON + timedelta(seconds=1)), clock)
    assert counts("webhook_events", "webhook_deliveries") == {"webhook_events": 0, "webhook_deliveries": 0}


def test_a_long_span_is_told_once_more_in_parts(
    admin: Person, receiver: Receiver, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socialshop.notifications.service.listening.REPLAYED_AT_ONCE", 2)
    endpoint, _ = add(admin)
    for count in (1, 2, 1):
        for _ in range(count):
            fill(clock)
        clock.advance(timedelta(hours=1))
    replay, span = f"/admin/webhook-endpoints/{endpoint}/replay", {"until": "2026-03-03T04:00:00Z"}
    since, queued = "2026-03-02T04:00:00Z", []
    while since:
        told = admin.call("POST", replay, json=span | {"since": since}).get_json()
        queued.append(told["queued"])
        since = told["next_since"]
        work()
    # The two of one instant go together.
    assert queued == [3, 1]
    assert len(receiver.took) == 8
