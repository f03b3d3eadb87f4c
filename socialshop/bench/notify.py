"""The bench of notices: 100,000 mails queued and handed to a mail server, with every member's cap kept."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import text

from socialshop.bench import market
from socialshop.bench.mailbox import mailbox
from socialshop.infra.clock import SystemClock
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.notifications import service as notifications
from socialshop.notifications.gateway import SmtpPostman
from socialshop.notifications.letters import Sender
from socialshop.notifications.rules import QuietHours
from socialshop.notifications.service import PostOffice, Told

MEMBERS = 20_000
# The cap is five a day: one of each member's has to wait.
EACH = 6
_TOLD_AT_ONCE = 5_000


def notify(app: Flask) -> dict[str, Any]:
    """Tell `MEMBERS` members of `EACH` things, in the shop and by mail, and send all that may leave today.

    One process sends; a shop has as many as it has workers.
    """
    with app.app_context():
        in_unit_of_work(_plant)
        began = time.perf_counter()
        for start in range(0, MEMBERS * EACH, _TOLD_AT_ONCE):
            places = range(start, min(start + _TOLD_AT_ONCE, MEMBERS * EACH))
            in_unit_of_work(partial(_tell, places=places))
        queued = time.perf_counter() - began
        market.analyze()
        with mailbox() as came:
            office = PostOffice(
                SmtpPostman(f"smtp://127.0.0.1:{came.port}"),
                Sender("shop@example.com", "https://shop.example"),
                attempts=3,
                quiet=QuietHours(0, 0, "UTC"),
                digest_hour=9,
                connections=8,
            )
            began = time.perf_counter()
            while in_unit_of_work(_waiting):
                notifications.send_due(SystemClock(), office)
            sent = time.perf_counter() - began
        states = in_unit_of_work(_states)
    return {
        "members": MEMBERS,
        "notices": MEMBERS * EACH,
        "queue_seconds": round(queued, 2),
        "send_seconds": round(sent, 2),
        "mails_per_second": round(came.mails / sent),
        "taken": came.mails,
        "taken_twice": came.mails - came.different,
        "most_to_one_member": came.most_to_one,
        "states": states,
        "aim": "most_to_one_member = 5, taken_twice = 0",
    }


def _plant(uow: UnitOfWork) -> None:
    """The members and their addresses, straight into the tables."""
    for statement in (
        "INSERT INTO members (id, number, joined_at)"
        " SELECT gen_random_uuid(), n, '2020-01-01Z' FROM generate_series(1, :members) n",
        "INSERT INTO member_profiles (member_id, display_name, email)"
        " SELECT id, 'Member ' || number, 'm' || number || '@example.com' FROM members",
    ):
        uow.session.execute(text(statement), {"members": MEMBERS})


def _tell(uow: UnitOfWork, places: range) -> None:
    """Each member hears of one thing after the other, as many rooms fill in a day."""
    facts = {"title": "Spring tea, 250 g"}
    notifications.tell(
        uow, [Told(place % MEMBERS + 1, "room_filled", f"r{place}", None, None, facts) for place in places]
    )


def _waiting(uow: UnitOfWork) -> bool:
    waiting = uow.session.execute(text("SELECT EXISTS (SELECT FROM mails WHERE status = 'queued')"))
    return bool(waiting.scalar_one())


def _states(uow: UnitOfWork) -> dict[str, int]:
    rows = uow.session.execute(text("SELECT status, count(*) FROM mails GROUP BY status ORDER BY status"))
    return {status: int(count) for status, count in rows}
