"""Bench of the page behind an invite link: the shop's own server against a bare Flask "ok" under the same settings."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import text

from socialshop.deals import service as deals
from socialshop.deals.service import NewDeal, NewProduct, NewSku
from socialshop.identity.service import NewMember
from socialshop.infra import lifeline, wired
from socialshop.infra.db import db
from socialshop.infra.settings import Settings, current
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.invites import service as invites
from socialshop.invites.rules import Kind
from socialshop.invites.service import NewLink
from socialshop.onboarding import service as onboarding
from socialshop.rooms import service as rooms

CLIENTS = 8
CLIENT_PROCESSES = 2
ROUNDS = 6
ROUND_SECONDS = 2.0
_PATIENCE_SECONDS = 30.0
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"


def landing(app: Flask) -> dict[str, Any]:
    """Pages a second of a room's link, each with its click, and "ok"s a second, in alternate rounds.

    Every request comes from a new visitor, which costs most: two cookies are signed for each. The ratio is the
    median over the pairs of rounds that follow each other, which saw the same load.
    """
    with app.app_context():
        settings = wired.settings()
        code = _a_link_to_a_room(app)
        db.engine.dispose()
    rates: dict[str, list[float]] = {"bare": [], "shop": []}
    with server("bare", settings) as bare, server("shop", settings) as shop:
        paths = {"bare": (bare, "/ok"), "shop": (shop, f"/i/{code}")}
        for place in paths.values():
            _rate(*place, seconds=1.0)
        for turn in range(2 * ROUNDS):
            name = ("bare", "shop")[turn % 2]
            rates[name].append(_rate(*paths[name], seconds=ROUND_SECONDS))
    with app.app_context():
        while in_unit_of_work(invites.judge_clicks):
            pass
        with unit_of_work() as uow:
            clicks = uow.session.execute(text("SELECT sum(clicks + repeats) FROM invite_click_counts")).scalar_one()
    bare_rate, shop_rate = (median(rates[name]) for name in ("bare", "shop"))
    return {
        "clients": CLIENTS,
        "web_workers": settings.web_workers,
        "clicks": int(clicks),
        "bare_ok_per_s": round(bare_rate, 1),
        "landing_per_s": round(shop_rate, 1),
        "load_average": round(os.getloadavg()[0], 1),
        "rounds_per_s": {name: [round(rate) for rate in found] for name, found in rates.items()},
        "ratio": round(median_ratio(rates["shop"], rates["bare"]), 3),
        "ratio_of_best": round(max(rates["shop"]) / max(rates["bare"]), 3),
        "aim": "ratio >= 0.5",
    }


def median_ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    """The median of the ratios of rounds that were taken one after the other."""
    return median(our / other for our, other in zip(ours, others, strict=True))


def _a_link_to_a_room(app: Flask) -> str:
    """The code of a host's link to a room with a seat taken."""
    with unit_of_work() as uow:
        person = NewMember("host@example.com", secrets.token_hex(12), "Host")
        host = onboarding.create(uow, person)
        number = int(
            uow.session.execute(text("SELECT number FROM members WHERE id = :id"), {"id": host.member_id}).scalar_one()
        )
        tea = NewProduct("Spring tea", "", 7, [NewSku(secrets.token_hex(4), "box", 10_900, 1_000)])
        sku = deals.add_product(uow, host.member_id, tea, "CNY").skus[0]
        terms = NewDeal(sku.id, "Tea for five", 5, 9_900, timedelta(hours=2))
        deal = deals.open_deal(uow, host.member_id, number, terms)
    with unit_of_work() as uow:
        room_id = rooms.open_room(uow, _Buyer(number), deal.id).room.id
    subjects = app.extensions["socialshop_share_subjects"]
    with unit_of_work() as uow:
        return invites.create_link(uow, host.member_id, NewLink(Kind.ROOM, room_id), subjects).link.code


class _Buyer:
    def __init__(self, number: int) -> None:
        self.number = number


@contextmanager
def server(name: str, settings: Settings, **more: str) -> Iterator[int]:
    """A granian of the shop's own settings, and `more` variables, that serves `name` on the port that is given."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as metrics:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        command = [sys.executable, "-m", __name__, name, str(port)]
        variables = {**environment(settings), **more, "PROMETHEUS_MULTIPROC_DIR": metrics}
        with lifeline.tied(command, variables, _PATIENCE_SECONDS):
            wait_for(port)
            yield port


def environment(settings: Settings) -> Mapping[str, str]:
    """What a process of the shop needs to reach these servers."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    return {
        **os.environ,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "SOCIALSHOP_DATA_DIR": str(settings.data_dir),
        "SOCIALSHOP_SECRET_KEY": secrets.token_hex(16),
        "SOCIALSHOP_WEB_WORKERS": str(settings.web_workers),
    }


def wait_for(port: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("a server of the bench did not begin to listen")


def _rate(port: int, path: str, *, seconds: float) -> float:
    """Answers a second to clients that ask one request after another on connections that stay open."""
    spawn = get_context("spawn")
    barrier, counts = spawn.Barrier(CLIENT_PROCESSES), spawn.SimpleQueue()
    clients = [spawn.Process(target=_ask, args=(port, path, seconds, barrier, counts)) for _ in range(CLIENT_PROCESSES)]
    for client in clients:
        client.start()
    answered: int = sum(counts.get() for _ in clients)
    for client in clients:
        client.join()
    return answered / seconds


def _ask(port: int, path: str, seconds: float, barrier: Barrier, counts: SimpleQueue[int]) -> None:
    lifeline.follow_parent()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {_PHONE}\r\nAccept: text/html\r\n"
        "Accept-Language: zh-CN\r\n\r\n"
    ).encode()
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CLIENTS // CLIENT_PROCESSES)]
    barrier.wait()
    end, count = time.monotonic() + seconds, 0
    for connection in connections:
        connection.sendall(request)
    while time.monotonic() < end:
        for connection in connections:
            _read(connection)
            connection.sendall(request)
            count += 1
    for connection in connections:
        _read(connection)
        connection.close()
    counts.put(count)


def _read(connection: socket.socket) -> None:
    """One whole answer; anything but 200 ends the bench."""
    got = connection.recv(65_536)
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, body = got.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode("latin-1"))
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)


def shop() -> Any:
    """The shop as its own server serves it."""
    from socialshop.app import create_app
    from socialshop.infra import logging

    settings = current()
    logging.configure(settings.log_level)
    return create_app(settings)


def bare() -> Flask:
    """A Flask that says ok."""
    app = Flask("bare", static_folder=None)
    app.add_url_rule("/ok", view_func=lambda: "ok")
    return app


def serve(arguments: Sequence[str]) -> None:
    """Serve one side as socialshop/cli/web.py serves the shop."""
    lifeline.follow()
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    name, port = arguments
    Server(
        f"{__spec__.name}:{name}",
        factory=True,
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=int(port),
        workers=current().web_workers,
        blocking_threads=1,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    serve(sys.argv[1:])
