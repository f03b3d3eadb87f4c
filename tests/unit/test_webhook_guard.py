"""Where a webhook may go: the public internet, however an address is spelled; and signatures by the standard."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import ssl
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.exceptions import InvalidTag
from pydantic import ValidationError

from socialshop.infra.outside import OutcomeUnknown, Refused
from socialshop.infra.safe import Safe
from socialshop.infra.settings import Settings
from socialshop.kernel.errors import InvalidValue
from socialshop.notifications import signing
from socialshop.notifications.addresses import check_url, is_public
from socialshop.notifications.gateway import HttpsCourier, https


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",  # metadata of most clouds
        "168.63.129.16",  # metadata of one, by a public number
        "192.0.0.192",  # metadata of another
        "100.64.0.1",
        "100.100.100.200",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "4000::1",  # not given to the internet
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:7f00:1::",
        "not an address",
        "",
        "2130706433",
        "0x7f000001",
    ],
)
def test_no_address_of_the_shops_own_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com/a b",
        "https://exämple.com/",
        "https://example.com:99999/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://" + "a" * 500,
        "javascript:alert(1)",
    ],
)
def test_an_endpoint_is_an_https_address_of_the_internet(url: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        check_url(url, to_loopback=False)
    assert refused.value.field == "url"
    assert check_url("https://example.com:8443/hooks?x=1", to_loopback=False)


def test_production_refuses_webhooks_to_its_own_machine() -> None:
    assert Settings(environment="test", webhooks_to_loopback=True).webhooks_to_loopback
    with pytest.raises(ValidationError, match="webhooks_to_loopback"):
        Settings(environment="production", webhooks_to_loopback=True)


# --- the call -----------------------------------------------------------------------------------------------------


class Answers(BaseHTTPRequestHandler):
    """Answers as its server says, and remembers what it was asked."""

    def do_POST(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers["content-length"]))
        server.asked.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status, headers = server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def receiver(status: int = 204, headers: Mapping[str, str] | None = None) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.asked, server.answer = [], (status, headers or {})  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def url_of(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/hooks?of=shop"


def test_a_message_is_posted_once_and_every_2xx_is_good() -> None:
    with receiver() as server:
        HttpsCourier(to_loopback=True).deliver(url_of(server), {"webhook-id": "evt_1"}, b"{}")
        ((path, headers, body),) = server.asked  # type: ignore[attr-defined]
    assert (path, headers["webhook-id"], body) == ("/hooks?of=shop", "evt_1", b"{}")


@pytest.mark.parametrize(("status", "failure"), [(500, OutcomeUnknown), (404, OutcomeUnknown), (410, Refused)])
def test_what_is_no_2xx_failed_and_gone_is_for_good(status: int, failure: type[Exception]) -> None:
    with receiver(status) as server, pytest.raises(failure, match=f"http {status}"):
        HttpsCourier(to_loopback=True).deliver(url_of(server), {}, b"{}")


def test_no_redirect_is_followed() -> None:
    with receiver() as inside, receiver(302, {"Location": url_of(inside)}) as server:
        with pytest.raises(OutcomeUnknown, match="http 302"):
            HttpsCourier(to_loopback=True).deliver(url_of(server), {}, b"{}")
        assert inside.asked == []  # type: ignore[attr-defined]


def test_without_the_setting_nothing_reaches_the_own_machine() -> None:
    with receiver() as server:
        for url in (url_of(server), url_of(server).replace("http:", "https:"), "https://localhost/"):
            with pytest.raises(OutcomeUnknown, match="address not allowed"):
                HttpsCourier().deliver(url, {}, b"{}")
        assert server.asked == []  # type: ignore[attr-defined]


def test_a_name_with_one_private_address_among_its_own_is_refused() -> None:
    courier = HttpsCourier(resolver=lambda _host, _port: ["93.184.215.14", "10.0.0.7"])
    with pytest.raises(OutcomeUnknown, match="address not allowed"):
        courier.deliver("https://example.com/", {}, b"{}")


def test_the_address_that_was_checked_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means something else a moment later (DNS rebinding) is not asked a second time."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    called: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
        called.append(address)
        raise OSError("far away")

    monkeypatch.setattr(https.socket, "create_connection", connect)
    monkeypatch.setattr(https.socket, "getaddrinfo", lambda *_args, **_named: pytest.fail("asked again"))
    with pytest.raises(OutcomeUnknown, match="OSError"):
        HttpsCourier(resolver=lambda _host, _port: next(answers)).deliver("https://example.com/", {}, b"{}")
    assert called == [("93.184.215.14", 443)]


def test_the_certificate_is_asked_for_by_name_though_the_address_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []

    class Context(ssl.SSLContext):
        def wrap_socket(self, sock: socket.socket, **given: object) -> ssl.SSLSocket:  # type: ignore[override]
            named.append(str(given["server_hostname"]))
            sock.close()
            raise ssl.SSLError("enough")

    ours, theirs = socket.socketpair()
    theirs.close()
    monkeypatch.setattr(https.socket, "create_connection", lambda *_args: ours)
    monkeypatch.setattr(https.ssl, "create_default_context", lambda: Context(ssl.PROTOCOL_TLS_CLIENT))
    with pytest.raises(OutcomeUnknown, match="SSLError"):
        HttpsCourier(resolver=lambda _host, _port: ["93.184.215.14"]).deliver("https://example.com/", {}, b"{}")
    assert named == ["example.com"]


def test_who_answers_a_byte_at_a_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "_SECONDS_IN_ALL", 0.2)
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        line, _ = listening.accept()
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.02):
            try:
                line.sendall(b"X")
            except OSError:
                break
        line.close()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with pytest.raises(OutcomeUnknown, match="too slow"):
        HttpsCourier(to_loopback=True).deliver(f"http://127.0.0.1:{listening.getsockname()[1]}/", {}, b"{}")
    stop.set()
    thread.join()
    listening.close()


# --- signatures ---------------------------------------------------------------------------------------------------


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """The receiver's side, written from the text of the specification and not from the shop's code."""
    key = base64.b64decode(secret.split("_", 1)[1])
    if abs(now.timestamp() - int(headers["webhook-timestamp"])) > 300:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
    versions = (each.partition(",") for each in headers["webhook-signature"].split(" "))
    return any(version == "v1" and hmac.compare_digest(given, expected) for version, _, given in versions)


def test_the_specifications_own_example_comes_out_the_same() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    headers = signing.signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [key])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_receiver_knows_a_message_by_either_secret_and_no_other_message() -> None:
    old, new, other = (signing.new_secret() for _ in range(3))
    now, body = datetime(2026, 3, 2, 4, tzinfo=UTC), json.dumps({"type": "room.filled"}).encode()
    headers = signing.signed_headers("evt_1", now, body, [new, old])
    for secret in (old, new):
        assert verify(signing.secret_text(secret), headers, body, now)
        assert not verify(signing.secret_text(secret), headers, body + b" ", now)
        assert not verify(signing.secret_text(secret), {**headers, "webhook-id": "evt_2"}, body, now)
        assert not verify(signing.secret_text(secret), {**headers, "webhook-timestamp": "1"}, body, now)
    assert not verify(signing.secret_text(other), headers, body, now)
    assert signing.secret_text(new).startswith("whsec_")


def test_a_sealed_secret_opens_for_its_endpoint_and_key_alone() -> None:
    endpoint, other = uuid.UUID(int=1), uuid.UUID(int=2)
    safe, secret = Safe(bytes(32)), signing.new_secret()
    sealed = safe.seal(endpoint, secret)
    assert safe.open(endpoint, sealed) == secret
    assert secret not in sealed
    assert safe.seal(endpoint, secret) != sealed
    for keeper, whose, what in (
        (safe, other, sealed),
        (Safe(bytes([1]) * 32), endpoint, sealed),
        (safe, endpoint, sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ):
        with pytest.raises(InvalidTag):
            keeper.open(whose, what)
