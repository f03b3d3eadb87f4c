"""Clients that open, join and pay over HTTP and ask again until they are answered; then what they were told is audited.

Each intent has one idempotency key, and its client repeats it unchanged after a refusal by 5xx or a lost connection.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any

from flask import Flask
from payment_shop import a_member, rows
from room_shop import PRICE, faults_in_rows
from web_client import API, Person, sign_up

from socialshop.deals import service as deals
from socialshop.deals.service import NewDeal, NewProduct, NewSku
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public

CLIENTS = 8
INTENTS_EACH = 30
STOCK = 100_000
ROOM_SIZE = 3
_PATIENCE_SECONDS = 60.0
# What a join may meet when another took the last seat.
_TOO_LATE = {"room_full", "room_closed"}


@dataclass(frozen=True, slots=True)
class Answered:
    """One intent and the answer that ended it."""

    person: Person
    path: str
    key: str
    body: object
    status: int
    said: Any

    @property
    def is_acknowledged(self) -> bool:
        return 200 <= self.status < 300

    @property
    def claim(self) -> tuple[str, ...] | None:
        """Ids of seat, order, payment and room that an opening or a join was told."""
        if "seat" not in self.said:
            return None
        return tuple(str(self.said[part]["id"]) for part in ("seat", "order", "payment", "room"))


@dataclass(slots=True)
class Load:
    """The clients at work on one deal, and all that they were told."""

    app: Flask
    port: int
    sku_id: uuid.UUID = field(init=False)
    deal_id: str = field(init=False)
    answered: list[Answered] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    _people: list[Person] = field(init=False)
    _rooms: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        tea = NewProduct("Tea", "", 7, [NewSku(secrets.token_hex(4), "box", PRICE + 1000, STOCK)])
        with unit_of_work() as uow:
            self.sku_id = deals.add_product(uow, uuid.uuid4(), tea, "CNY").skus[0].id
            terms = NewDeal(self.sku_id, "Tea for three", ROOM_SIZE, PRICE, timedelta(hours=2))
            deal = deals.open_deal(uow, uuid.uuid4(), a_member(uow), terms)
        self._people = [sign_up(self.app) for _ in range(CLIENTS)]
        self.deal_id = to_public("deal", deal.id)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """All clients work while the block runs; it ends when every intent of theirs has its answer."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            working: list[Future[None]] = [pool.submit(self._work, person) for person in self._people]
            yield
        for one in working:
            one.result()

    def acknowledged(self) -> list[Answered]:
        return [one for one in self.answered if one.is_acknowledged]

    def _work(self, person: Person) -> None:
        with closing(_Client(self, person)) as client:
            self._buy(client)

    def _buy(self, client: _Client) -> None:
        tried: set[str] = set()
        for turn in range(INTENTS_EACH):
            open_to_me = [room for room in self._rooms if room not in tried]
            if turn % 3 == 0 or not open_to_me:
                answer = client.settle(f"/deals/{self.deal_id}/rooms", {})
            else:
                # The newest have seats left, and every client is after them.
                room = random.choice(open_to_me[-4:])
                tried.add(room)
                answer = client.settle(f"/rooms/{room}/seats", {})
            if answer.claim is None:
                continue
            _, _, payment, room = answer.claim
            tried.add(room)
            self._rooms.append(room)
            client.settle(f"/sandbox/payments/{payment}/pay", {"outcome": "succeeded"})

    def note(self, answer: Answered) -> None:
        with self._lock:
            self.answered.append(answer)

    def note_refusal(self, why: str) -> None:
        with self._lock:
            self.refused[why] += 1


@dataclass(slots=True)
class _Client:
    load: Load
    person: Person
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.load.port, timeout=10)

    def close(self) -> None:
        self.connection.close()

    def settle(self, path: str, body: object) -> Answered:
        """Send one intent, with one key, until it is answered for good."""
        answer = self.repeat(path, secrets.token_hex(8), body)
        self.load.note(answer)
        return answer

    def repeat(self, path: str, key: str, body: object) -> Answered:
        late = time.monotonic() + _PATIENCE_SECONDS
        while True:
            assert time.monotonic() < late, f"no answer: {path}"
            try:
                status, said = self._ask(path, key, body)
            except (OSError, HTTPException) as error:
                self.connection.close()
                self.load.note_refusal(type(error).__name__)
            else:
                code = str(said.get("code", ""))
                if status < 500 and code != "idempotency_in_progress":
                    return Answered(self.person, path, key, body, status, said)
                self.load.note_refusal(code)
            time.sleep(0.05)

    def _ask(self, path: str, key: str, body: object) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.person.token}", "Idempotency-Key": key}
        headers["Content-Type"] = "application/json"
        self.connection.request("POST", API + path, json.dumps(body), headers)
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


def findings(load: Load) -> list[object]:
    """Where what the clients were told is not what the shop has: none is the aim."""
    told = Counter(one.claim for one in load.acknowledged() if one.claim)
    there = Counter(
        (to_public("seat", seat), to_public("ord", order), to_public("pay", payment), to_public("room", room))
        for seat, order, payment, room in rows(
            "SELECT s.id, s.order_id, p.id, s.room_id FROM rooms r JOIN seats s ON s.room_id = r.id"
            " JOIN payments p ON p.order_id = s.order_id WHERE r.sku_id = :sku",
            sku=load.sku_id,
        )
    )
    return [
        *(("told, not there", claim) for claim in told - there),
        *(("there, told nobody", claim) for claim in there - told),
        *_payments_not_asked_once(load),
        *(("another answer", one.path) for one in load.acknowledged() if _again(load, one) != (one.status, one.said)),
        *(("unexpected", one.path, one.said) for one in load.answered if _is_strange(one)),
        *faults_in_rows(load.sku_id, STOCK),
    ]


def _payments_not_asked_once(load: Load) -> list[object]:
    told = {one.said["id"] for one in load.acknowledged() if one.claim is None}
    calls = rows(
        "SELECT c.payment_id, count(*) FROM payment_calls c JOIN payments p ON p.id = c.payment_id"
        " JOIN seats s ON s.order_id = p.order_id JOIN rooms r ON r.id = s.room_id"
        " WHERE c.kind = 'pay' AND r.sku_id = :sku GROUP BY c.payment_id",
        sku=load.sku_id,
    )
    asked = {to_public("pay", payment): count for payment, count in calls}
    return [("payment", one, asked.get(one, 0)) for one in told | asked.keys() if asked.get(one) != 1]


def _again(load: Load, one: Answered) -> tuple[int, Any]:
    with closing(_Client(load, one.person)) as client:
        repeated = client.repeat(one.path, one.key, one.body)
    return repeated.status, repeated.said


def _is_strange(one: Answered) -> bool:
    return not one.is_acknowledged and one.said["code"] not in _TOO_LATE
