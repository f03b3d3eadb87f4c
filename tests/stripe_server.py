"""Stripe's API as Stripe documents it, on this machine: what the shop asks for, with its shapes, errors and keys.

Form-encoded bodies, bearer key, `Idempotency-Key` (the same body gets the same answer, another one 400
`idempotency_error`), lists newest first with `has_more`, refusals with type and code. A buyer's part is played by hand.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "sk_test_local"
WEBHOOK_SECRET = "whsec_local"

Object = dict[str, Any]


class Refusal(Exception):
    def __init__(self, status: int, type_: str, code: str | None = None, **more: Any) -> None:
        super().__init__(code)
        self.status, self.error = status, {"type": type_, "code": code, "message": code or type_, **more}


class Books:
    """What Stripe would hold of the account."""

    def __init__(self) -> None:
        self.things: dict[str, Object] = {}
        self.entries: list[Object] = []
        self.keys: dict[str, tuple[object, tuple[int, Object]]] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        self.count = itertools.count(1)
        self.url = ""
        # (end of the path, status, whether it is done all the same): what breaks next.
        self.breaks: tuple[str, int, bool] | None = None

    def new(self, prefix: str, **fields: Any) -> Object:
        thing = {"id": f"{prefix}_{next(self.count):06}", "created": int(time.time()), **fields}
        self.things[thing["id"]] = thing
        return thing

    def find(self, id_: str) -> Object:
        if id_ not in self.things:
            raise Refusal(404, "invalid_request_error", "resource_missing", param="intent")
        return self.things[id_]

    def all_of(self, kind: str, **wanted: Any) -> list[Object]:
        found = [t for t in self.things.values() if t.get("object") == kind]
        return [t for t in found[::-1] if all(t.get(name) == value for name, value in wanted.items())]

    # What the buyer and the buyer's bank do.
    def pay(self, id_: str, fingerprint: str = "fp_red") -> None:
        """The buyer confirms at Stripe with a card."""
        intent = self.find(id_)
        method = self.new("pm", object="payment_method", customer=intent["customer"])["id"]
        self._authorize(intent, method, fingerprint)

    def decline(self, id_: str) -> None:
        intent = self.find(id_)
        intent["last_payment_error"] = {"type": "card_error", "code": "card_declined"}

    def dispute(self, id_: str, amount: int) -> Object:
        intent = self.find(id_)
        self.find(intent["latest_charge"])["disputed"] = True
        opened = self.new(
            "dp",
            object="dispute",
            payment_intent=id_,
            amount=amount,
            currency=intent["currency"],
            reason="fraudulent",
            status="needs_response",
            evidence_details={"due_by": int(time.time()) + 864_000},
        )
        self._move("dispute", opened, -amount, 1_500)
        return opened

    def close(self, dispute: Object, status: str) -> None:
        dispute["status"] = status
        if status == "won":
            self._move("dispute_reversal", dispute, dispute["amount"], 0)

    def _authorize(self, intent: Object, method: str, fingerprint: str) -> None:
        card = {"brand": "visa", "fingerprint": fingerprint, "capture_before": int(time.time()) + 7 * 86_400}
        charge = self.new(
            "ch",
            object="charge",
            payment_intent=intent["id"],
            amount=intent["amount"],
            amount_captured=0,
            amount_refunded=0,
            currency=intent["currency"],
            disputed=False,
            payment_method_details={"type": "card", "card": card},
        )
        intent |= {
            "status": "requires_capture",
            "latest_charge": charge["id"],
            "payment_method": method,
            "amount_capturable": intent["amount"],
            "last_payment_error": None,
        }

    def _move(self, category: str, source: Object, amount: int, fee: int) -> None:
        entry = {"reporting_category": category, "amount": amount, "fee": fee, "currency": source["currency"]}
        self.entries.insert(0, {**self.new("txn", object="balance_transaction"), **entry, "source": source["id"]})

    # What the shop asks.
    def serve(self, method: str, path: str, said: Object) -> Object:
        parts = path.removeprefix("/v1/").split("/")
        if method == "GET":
            return self._read(parts, said)
        if len(parts) == 1:
            made = {"customers": self._customer, "payment_intents": self._create, "refunds": self._refund}
            return made[parts[0]](said)
        acts = {"confirm": self._confirm, "capture": self._capture, "cancel": self._cancel, "detach": self._detach}
        act = acts[parts[2]] if len(parts) == 3 else self._update
        return act(self.find(parts[1]), said)

    def _customer(self, said: Object) -> Object:
        return self.new("cus", object="customer", **said)

    def _update(self, thing: Object, said: Object) -> Object:
        thing |= said
        return thing

    def _detach(self, method: Object, _said: Object) -> Object:
        method["customer"] = None
        return method

    def _read(self, parts: list[str], said: Object) -> Object:
        if parts == ["balance_transactions"]:
            gte, lt = (int(said["created"][name]) for name in ("gte", "lt"))
            found = [one for one in self.entries if gte <= one["created"] < lt]
            return self._page([{**one, "source": self.find(one["source"])} for one in found], said)
        if parts in (["refunds"], ["disputes"]):
            return self._page(self.all_of(parts[0][:-1], payment_intent=said["payment_intent"]), said)
        intent = dict(self.find(parts[1]))
        if "latest_charge" in said.get("expand", {}).values() and intent["latest_charge"]:
            intent["latest_charge"] = self.find(intent["latest_charge"])
        return intent

    def _page(self, found: list[Object], said: Object) -> Object:
        ids = [one["id"] for one in found]
        start = ids.index(said["starting_after"]) + 1 if "starting_after" in said else 0
        limit = min(int(said.get("limit", 10)), 2)  # short pages, so that reading on is seen
        return {"object": "list", "data": found[start : start + limit], "has_more": len(found) > start + limit}

    def _create(self, said: Object) -> Object:
        if int(said["amount"]) < 1:
            raise Refusal(400, "invalid_request_error", "parameter_invalid_integer", param="amount")
        assert said["capture_method"] == "manual"
        return self.new(
            "pi",
            object="payment_intent",
            amount=int(said["amount"]),
            currency=said["currency"],
            metadata=said["metadata"],
            status="requires_payment_method",
            amount_received=0,
            amount_capturable=0,
            latest_charge=None,
            last_payment_error=None,
            customer=None,
            payment_method=None,
            setup_future_usage=None,
            client_secret=f"secret_{next(self.count)}",
        )

    def _confirm(self, intent: Object, said: Object) -> Object:
        method = self.find(said["payment_method"])
        if method["customer"] != intent["customer"]:
            raise Refusal(400, "invalid_request_error", "payment_method_not_available")
        if method.get("empty"):
            self.decline(intent["id"])
            raise Refusal(402, "card_error", "card_declined", payment_intent=intent)
        self._authorize(intent, method["id"], "fp_red")
        return intent

    def _capture(self, intent: Object, said: Object) -> Object:
        self._must_be(intent, "requires_capture")
        amount = int(said["amount_to_capture"])
        if amount > intent["amount_capturable"]:
            raise Refusal(400, "invalid_request_error", "amount_too_large", param="amount_to_capture")
        charge = self.find(intent["latest_charge"])
        charge["amount_captured"] = amount
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self._move("charge", charge, amount, amount * 29 // 1000)
        return intent

    def _cancel(self, intent: Object, _said: Object) -> Object:
        if intent["status"] in ("succeeded", "canceled"):
            raise Refusal(400, "invalid_request_error", "payment_intent_unexpected_state")
        intent |= {"status": "canceled", "amount_capturable": 0}
        return intent

    def _refund(self, said: Object) -> Object:
        intent = self.find(said["payment_intent"])
        self._must_be(intent, "succeeded")
        charge, amount = self.find(intent["latest_charge"]), int(said["amount"])
        if any(one["status"] == "needs_response" for one in self.all_of("dispute", payment_intent=intent["id"])):
            raise Refusal(400, "invalid_request_error", "charge_disputed")
        if charge["amount_refunded"] + amount > charge["amount_captured"]:
            raise Refusal(400, "invalid_request_error", "charge_already_refunded")
        charge["amount_refunded"] += amount
        fields = {"payment_intent": intent["id"], "amount": amount, "currency": intent["currency"]}
        made = self.new("re", object="refund", status="succeeded", metadata=said.get("metadata", {}), **fields)
        self._move("refund", made, -amount, 0)
        return made

    def _must_be(self, intent: Object, status: str) -> None:
        if intent["status"] != status:
            raise Refusal(400, "invalid_request_error", "payment_intent_unexpected_state")


class _Handler(BaseHTTPRequestHandler):
    books: Books

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        split = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        said = _nested(parse_qsl(raw if self.command == "POST" else split.query))
        status, body = self._once(split.path, said)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Request-Id", "req_1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _once(self, path: str, said: Object) -> tuple[int, Object]:
        books, key = self.books, self.headers.get("Idempotency-Key")
        books.asked.append((self.command, path, key))
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        broken = books.breaks if books.breaks and path.endswith(books.breaks[0]) else None
        if broken is not None:
            books.breaks = None
            if not broken[2]:
                return broken[1], {"error": {"type": "api_error", "message": "broken"}}
        content = (path, json.dumps(said, sort_keys=True))
        if self.command == "POST" and key in books.keys:
            before, answer = books.keys[key]
            if before != content:
                return 400, {"error": {"type": "idempotency_error", "message": "Keys for idempotent requests …"}}
            return answer
        try:
            answer = 200, json.loads(json.dumps(books.serve(self.command, path, said)))
        except Refusal as refusal:
            answer = refusal.status, {"error": refusal.error}
        if self.command == "POST" and key is not None:
            books.keys[key] = (content, answer)
        return answer if broken is None else (broken[1], {"error": {"type": "api_error", "message": "broken"}})


def _nested(pairs: list[tuple[str, str]]) -> Object:
    """`metadata[payment]=x` as Stripe reads it."""
    found: Object = {}
    for name, value in pairs:
        first, *rest = name.replace("]", "").split("[")
        at = found
        for part, below in zip((first, *rest), (*rest, None), strict=True):
            at = at.setdefault(part, {}) if below is not None else at
            if below is None:
                at[part] = value
    return found


@contextmanager
def stripe_server() -> Iterator[Books]:
    """What stands behind the address `url`."""
    books = Books()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"books": books}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    books.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield books
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
