"""Benches of the seat: claims against pgbench with the same statements, the last seat, and a whole paid join."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from statistics import median
from typing import Any

from flask import Flask
from pydantic import SecretStr
from sqlalchemy import text

from socialshop.bench import clients, landing, market, pgbench, processor
from socialshop.bench.clients import PAYMENT, request
from socialshop.infra import wired
from socialshop.infra.db import db
from socialshop.infra.settings import Settings
from socialshop.infra.uow import unit_of_work
from socialshop.invites import service as invites
from socialshop.invites.rules import Kind
from socialshop.invites.service import NewLink
from socialshop.kernel.ids import to_public
from socialshop.payments import service as payments
from socialshop.payments.gateway import SandboxGateway
from socialshop.payments.rules import Outcome
from socialshop.rooms import service as rooms

SEAT_CLIENTS = 16
CLAIMS_EACH = 100
ROUNDS = 4
LAST_SEAT_JOINS = 10_000
LAST_SEAT_CLIENTS = 64
JOIN_CLIENTS = (1, 16)
JOINS = 160
_ROOM_SIZE = 50

_PATIENCE_SECONDS = 120.0


def seat(app: Flask) -> dict[str, Any]:
    """Claims a second over HTTP and by pgbench, in alternate rounds, each client in rooms and a deal of its own.

    A claim is authentication, idempotency, seat, stock, order, payment and outbox. Both sides run what one request
    was recorded to run; a hot room would slow both to the pace of its row. The ratio is the median over
    the pairs of rounds that follow each other, which saw the same load.
    """
    settings = _settings(app)
    rooms_each = -(-CLAIMS_EACH // _ROOM_SIZE)
    claims = 2 * ROUNDS * SEAT_CLIENTS * CLAIMS_EACH
    with app.app_context():
        people = market.signed_in(claims + 1)
        offers = [market.a_room(people[0], _ROOM_SIZE) for _ in range(SEAT_CLIENTS)]
        for chunk in range(2 * ROUNDS * SEAT_CLIENTS):
            market.copy_rooms(offers[chunk % SEAT_CLIENTS], range(chunk * rooms_each, (chunk + 1) * rooms_each))
        script, statements = _recorded_claim(app, people[-1], offers[0])
        db.engine.dispose()
    script = _VARIABLES.format(each=CLAIMS_EACH, rooms=rooms_each, size=_ROOM_SIZE, first=people[0].number) + script
    rates: dict[str, list[float]] = {"http": [], "pgbench": []}
    with landing.server("shop", settings, **_UNLIMITED) as port:
        for turn in range(2 * ROUNDS):
            if turn % 2:
                run = pgbench.run(
                    settings,
                    script,
                    clients=SEAT_CLIENTS,
                    each=CLAIMS_EACH,
                    variables={"i": -1, "chunk": turn * SEAT_CLIENTS},
                )
                rates["pgbench"].append(run)
                continue
            asked = [_claims(people, turn * SEAT_CLIENTS + client, rooms_each) for client in range(SEAT_CLIENTS)]
            with processor.milliseconds_each(app, SEAT_CLIENTS * CLAIMS_EACH) as used:
                answers = clients.ask(port, asked)
            if set(answers.statuses) != {HTTPStatus.CREATED}:
                raise RuntimeError(f"claims were answered {dict(answers.statuses)}")
            rates["http"].append(answers.per_second)
    with app.app_context():
        seats = _count("SELECT count(*) FROM seats s JOIN orders o ON o.id = s.order_id JOIN payments USING (order_id)")
    if seats != claims + 1 + SEAT_CLIENTS:
        raise RuntimeError(f"{seats} seats of {claims} claims: one side did not do all that it was asked")
    http, bare = (median(found) for found in rates.values())
    return {
        "clients": SEAT_CLIENTS,
        "claims_a_side": claims // 2,
        "statements_a_claim": statements,
        "processor_ms_a_claim": used,
        "http_per_s": round(http, 1),
        "pgbench_per_s": round(bare, 1),
        "load_average": round(os.getloadavg()[0], 1),
        "rounds_per_s": {name: [round(rate) for rate in found] for name, found in rates.items()},
        "ratio": round(landing.median_ratio(rates["http"], rates["pgbench"]), 3),
        "ratio_of_best": round(max(rates["http"]) / max(rates["pgbench"]), 3),
        "aim": "ratio >= 0.35",
    }


# `i` counts a client's claims, `chunk` is the first client's share of the members.
_VARIABLES = """\\set i :i + 1
\\set share :chunk + :client_id
\\set place :share * {each} + :i + 1
\\set number {first} + :place - 1
\\set room :share * {rooms} + :i / {size}
"""


def _claims(people: list[market.Member], share: int, rooms_each: int) -> list[bytes]:
    chosen = people[share * CLAIMS_EACH : (share + 1) * CLAIMS_EACH]
    return [
        _join(member, market.named("room", share * rooms_each + turn // _ROOM_SIZE))
        for turn, member in enumerate(chosen)
    ]


def _recorded_claim(app: Flask, member: market.Member, room_id: uuid.UUID) -> tuple[str, int]:
    """One claim as a script, and how many statements it takes."""
    key = f"key-{member.place}"
    path = f"/api/v1/rooms/{to_public('room', room_id)}/seats"
    headers = {"Authorization": f"Bearer {member.token}", "Idempotency-Key": key}
    with pgbench.recorded(db.engine) as recorder:
        answer = app.test_client().post(path, json={}, headers=headers)
    if answer.status_code != HTTPStatus.CREATED:
        raise RuntimeError(answer.text)
    with unit_of_work() as uow:
        query = (
            "SELECT s.id, s.order_id, l.id AS line_id, p.id AS payment_id FROM seats s"
            " JOIN order_lines l USING (order_id) JOIN payments p USING (order_id) WHERE s.member = :number"
        )
        made = uow.session.execute(text(query), {"number": member.number}).one()
        ids = {value: f"md5('{name}' || (:place)::text)::uuid" for name, value in made._mapping.items()}
        ids |= {
            member.id: "md5('member' || (:place)::text)::uuid",
            room_id: "md5('room' || (:room)::text)::uuid",
        }
        texts = {
            # In a payload with dashes, as a parameter without.
            **{form: sql for value, sql in ids.items() for form in (str(value), value.hex)},
            "\\\\x" + hashlib.sha256(member.token.encode()).hexdigest(): "sha256(('token-' || (:place)::text)::bytea)",
            key: "'key-' || (:place)::text",
        }
        raw = uow.session.connection().connection.dbapi_connection
        assert raw is not None
        return recorder.script(raw, {member.number: "(:number)::bigint"}, texts), recorder.statements  # type: ignore[arg-type]


def last_seat(app: Flask) -> dict[str, Any]:
    """Joins of as many members at the last seat of one room: one wins, the others are told so in time."""
    settings = _settings(app)
    with app.app_context():
        people = market.signed_in(LAST_SEAT_JOINS + 1)
        room_id = market.a_room(people[0], 2)
        db.engine.dispose()
    joins = [_join(member, room_id) for member in people[1:]]
    with landing.server("shop", settings, **_UNLIMITED) as port:
        shares = [joins[place::LAST_SEAT_CLIENTS] for place in range(LAST_SEAT_CLIENTS)]
        with processor.milliseconds_each(app, LAST_SEAT_JOINS) as used:
            answers = clients.ask(port, shares)
    with app.app_context():
        seats = _count("SELECT count(*) FROM seats WHERE status = 'held'")
    return {
        "clients": LAST_SEAT_CLIENTS,
        "joins": LAST_SEAT_JOINS,
        "statuses": {str(status): count for status, count in sorted(answers.statuses.items())},
        "seats_taken": seats,
        "per_s": round(answers.per_second, 1),
        "p50_ms": answers.quantile_ms(0.5),
        "p99_ms": answers.quantile_ms(0.99),
        "processor_ms_a_join": used,
        "load_average": round(os.getloadavg()[0], 1),
        "aim": "one 201, all others 409, no 5xx, p99_ms <= 500",
    }


def join(app: Flask) -> dict[str, Any]:
    """Whole joins a second: the link's page, the seat, the payment; until the room is filled and the order confirmed.

    Each joins a room of two whose host has paid. Web server, provider, relay and workers are the shop's own processes.
    """
    figures: dict[str, Any] = {"joins": JOINS}
    with _paying_shop(app) as (port, settings):
        for count in JOIN_CLIENTS:
            codes, members = _rooms_one_seat_short(app, settings)
            waits = [_whole_join(code, room, member) for (code, room), member in zip(codes, members, strict=True)]
            before = _confirmed(app)
            began = time.monotonic()
            shares = [[step for whole in waits[place::count] for step in whole] for place in range(count)]
            with processor.milliseconds_each(app, JOINS) as used:
                answers = clients.ask(port, shares)
                if set(answers.statuses) != {200, 201, 202}:
                    raise RuntimeError(f"joins were answered {dict(answers.statuses)}")
                _wait_until(app, before + 2 * JOINS)
                took = time.monotonic() - began
            figures[f"{count}_clients"] = {
                "joins_per_s": round(JOINS / took, 1),
                "requests_per_s": round(answers.per_second, 1),
                "request_p99_ms": answers.quantile_ms(0.99),
                "processor_ms_a_join": used,
            }
    return {**figures, "requests_a_join": 3, "aim": "20 x CRMEB's 7 to 12 paid group orders a second"}


_PAYS = b'{"outcome": "succeeded"}'


def _whole_join(code: str, room_id: uuid.UUID, member: market.Member) -> list[bytes]:
    key = secrets.token_hex(8)
    body = json.dumps({"invite_code": code}).encode()
    return [
        request("GET", f"/i/{code}", member.token),
        request("POST", f"/api/v1/rooms/{to_public('room', room_id)}/seats", member.token, key, body),
        request("POST", f"/api/v1/sandbox/payments/{PAYMENT.decode()}/pay", member.token, f"{key}-pay", _PAYS),
    ]


def _rooms_one_seat_short(app: Flask, settings: Settings) -> tuple[list[tuple[str, uuid.UUID]], list[market.Member]]:
    """As many rooms as joins, each with a link to it and a host who has paid; and who will join."""
    assert settings.sandbox_url is not None
    assert settings.sandbox_secret is not None
    gateways = {"sandbox": SandboxGateway(settings.sandbox_url, settings.sandbox_secret.get_secret_value())}
    subjects = app.extensions["socialshop_share_subjects"]
    codes = []
    with app.app_context():
        start = _count("SELECT count(*) FROM members")
        people = market.signed_in(2 * JOINS, start=start)
        deal_id = market.a_deal(people[0], 2)
        for host in people[:JOINS]:
            with unit_of_work() as uow:
                opened = rooms.open_room(uow, host, deal_id)
                payments.pay(uow, gateways, opened.payment.id, host.number, Outcome.SUCCEEDED)
            with unit_of_work() as uow:
                new = NewLink(Kind.ROOM, opened.room.id)
                codes.append((invites.create_link(uow, host.id, new, subjects).link.code, opened.room.id))
        _wait_for_count("SELECT count(*) FROM rooms WHERE status = 'open' AND seats_paid = 1", JOINS)
        db.engine.dispose()
    return codes, people[JOINS:]


@contextmanager
def _paying_shop(app: Flask) -> Iterator[tuple[int, Settings]]:
    """Web server, sandbox provider, relay and workers; gives the web server's port and the settings of all."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            provider = int(probe.getsockname()[1])
        sandbox = {"sandbox_url": f"http://127.0.0.1:{provider}", "sandbox_secret": SecretStr(secrets.token_hex(16))}
        settings = _settings(app).model_copy(update=sandbox)
        more: dict[str, str] = {
            **_UNLIMITED,
            "SOCIALSHOP_SANDBOX_URL": str(settings.sandbox_url),
            "SOCIALSHOP_SANDBOX_SECRET": settings.sandbox_secret.get_secret_value(),  # type: ignore[union-attr]
        }
        port = stack.enter_context(landing.server("shop", settings, **more))
        environment = {**landing.environment(settings), **more}
        modules = [["socialshop.payments.sandbox", "--port", str(provider), "--books", f"{folder}/payments.jsonl"]]
        modules += [["workers", "relay"], *([["workers", "worker"]] * settings.job_workers)]
        for module in modules:
            stack.enter_context(market.process(module, environment))
        yield port, settings


def _confirmed(app: Flask) -> int:
    with app.app_context():
        return _count(_CONFIRMED)


def _wait_until(app: Flask, confirmed: int) -> None:
    with app.app_context():
        _wait_for_count(_CONFIRMED, confirmed)


_CONFIRMED = "SELECT count(*) FROM orders WHERE status = 'confirmed'"


def _wait_for_count(query: str, wanted: int) -> None:
    late = time.monotonic() + _PATIENCE_SECONDS
    while (found := _count(query)) < wanted:
        if time.monotonic() > late:
            raise TimeoutError(f"{found} of {wanted} after {_PATIENCE_SECONDS:.0f} s: {query}")
        time.sleep(0.05)


_UNLIMITED = {"SOCIALSHOP_REQUESTS_PER_MINUTE": "100000000"}


def _settings(app: Flask) -> Settings:
    with app.app_context():
        return wired.settings()


def _count(query: str) -> int:
    with unit_of_work() as uow:
        return int(uow.session.execute(text(query)).scalar_one())


def _join(member: market.Member, room_id: uuid.UUID) -> bytes:
    path = f"/api/v1/rooms/{to_public('room', room_id)}/seats"
    return request("POST", path, member.token, f"key-{member.place}")
