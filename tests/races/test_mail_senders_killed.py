"""A sender of mails killed wherever it stands: no mail is lost, and one comes twice only where SMTP cannot help it.

A server that took a mail says so, and the sender records it. Killed between the two, nobody can know: the mail is
handed over again, under the same Message-ID. What the server had not taken, and what was recorded, comes once.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from mail_server import MailServer, mail_server
from patience import PATIENCE
from payment_shop import rows
from sqlalchemy import text
from tea_house import KILLED, until

from socialshop.infra.settings import Settings
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

PROGRAM = Path(__file__).with_name("mail_program.py")
CONNECTIONS, MAILS_A_CONNECTION = 4, 10
_MEMBERS = 20


@dataclass(slots=True)
class MailRoom:
    """Mails that are queued, a sender that is killed, the server that takes them, and what may come twice."""

    environment: dict[str, str]
    server: MailServer
    told: int = 0
    # How often each mail was claimed and not recorded when its sender was killed: so often more may it come.
    caught: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        with unit_of_work() as uow:
            for statement in (
                "INSERT INTO members (id, number, joined_at)"
                " SELECT gen_random_uuid(), n, now() FROM generate_series(1, :members) n",
                "INSERT INTO member_profiles (member_id, display_name, email)"
                " SELECT id, 'Lin', 'm' || number || '@example.com' FROM members",
            ):
                uow.session.execute(text(statement), {"members": _MEMBERS})

    def tell(self, count: int) -> None:
        """So many mails of a kind that no cap and no hour holds back."""
        first, self.told = self.told, self.told + count
        facts = {"title": "Tea", "amount_minor": 100, "currency": "CNY"}
        places = range(first, self.told)
        mails = [Told(place % _MEMBERS + 1, "refund_paid", f"r{place}", None, None, facts) for place in places]
        with unit_of_work() as uow:
            notifications.tell(uow, mails)

    def start(self, *words: str, crash_at: str = "", stdin: int | None = None) -> subprocess.Popen[bytes]:
        environment = {**self.environment, "SOCIALSHOP_CRASH_AT": crash_at}
        command = [sys.executable, str(PROGRAM), *words]
        return subprocess.Popen(command, env=environment, stdin=stdin, stdout=subprocess.PIPE)

    def send(self, *faults: str, crash_at: str = "") -> int:
        """Send all that is due in a process of its own; returns its exit code."""
        with self.start(*faults, crash_at=crash_at) as sender:
            return sender.wait(PATIENCE)

    def bury(self) -> None:
        """Note what the dead sender held, no more than one claim, and end its leases: a shop waits for that."""
        held = rows("SELECT id::text FROM mails WHERE status = 'queued' AND due_at > now()")
        assert len(held) <= CONNECTIONS * MAILS_A_CONNECTION
        self.caught.update(mail for (mail,) in held)
        with unit_of_work() as uow:
            uow.session.execute(text("UPDATE mails SET due_at = now() WHERE status = 'queued'"))
        with unit_of_work() as uow:
            notifications.poll_mails(uow)

    def is_done(self) -> bool:
        """Whether nothing is left to send."""
        return rows("SELECT EXISTS (SELECT FROM mails WHERE status = 'queued')") == [(False,)]

    def statuses(self) -> list[tuple[str, int]]:
        return rows("SELECT status, count(*) FROM mails GROUP BY 1")

    def wrong(self) -> tuple[list[str], list[str]]:
        """Mails that never came, and those that came more often than kills between taking and recording explain."""
        came = Counter(str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in list(self.server.took))
        ids = {to_public("mail", mail): str(mail) for (mail,) in rows("SELECT id FROM mails")}
        assert set(came) <= set(ids)
        lost = [name for name in ids if not came[name]]
        return lost, [name for name, mail in ids.items() if came[name] > 1 + self.caught[mail]]


@pytest.fixture
def room(app: Flask) -> Iterator[MailRoom]:
    config: Settings = app.extensions["socialshop_settings"]
    assert config.database_url is not None
    assert config.redis_url is not None
    with mail_server() as server:
        environment = {
            **os.environ,
            "SOCIALSHOP_ENVIRONMENT": "test",
            "SOCIALSHOP_LOG_LEVEL": "ERROR",
            "SOCIALSHOP_DATA_DIR": str(config.data_dir),
            "SOCIALSHOP_SMTP_URL": server.url,
            "SOCIALSHOP_SMTP_CONNECTIONS": str(CONNECTIONS),
            "SOCIALSHOP_MAIL_FROM": "shop@example.com",
            "DATABASE_URL": config.database_url.get_secret_value(),
            "REDIS_URL": config.redis_url.get_secret_value(),
            "PYTHONPATH": str(PROGRAM.parents[2]),
        }
        found = MailRoom(environment, server)
        found.begin()
        yield found


@pytest.mark.parametrize(
    "point",
    [
        "mails.called:7",
        # Each starts two processes: the suite has no time for all.
        *(pytest.param(point, marks=pytest.mark.long) for point in ("mails.call_intended:3", "mails.called")),
        pytest.param("mails.recorded:2", marks=pytest.mark.long),
    ],
)
def test_a_sender_killed_at_a_named_point_loses_no_mail_and_repeats_only_what_was_not_recorded(
    room: MailRoom, point: str
) -> None:
    room.tell(60)
    assert room.send(crash_at=point) == KILLED
    room.bury()
    assert room.send() == 0
    assert (room.statuses(), room.wrong()) == ([("sent", 60)], ([], []))


@pytest.mark.long
def test_the_audit_sees_mails_that_counted_as_sent_before_they_left(room: MailRoom) -> None:
    room.tell(60)
    assert room.send("early", crash_at="mails.called") == KILLED
    room.bury()
    assert room.send("early") == 0
    assert room.statuses() == [("sent", 60)]
    lost, _ = room.wrong()
    assert lost != []


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_senders_killed_at_random_lose_no_mail(room: MailRoom, chaos: Callable[[int], int]) -> None:
    dice = random.Random(20261130)
    with room.start("nursery", stdin=subprocess.PIPE) as nursery:
        for _ in range(chaos(100)):
            room.tell(dice.randrange(5, 40))
            # From before its first claim to well into its work, by what it has done: by the clock a busy machine would
            # kill them all at their start.
            enough = len(room.server.took) + dice.randrange(0, 45)
            sender = int(ask(nursery))
            until(lambda enough=enough: len(room.server.took) >= enough or room.is_done(), "mails leave")
            time.sleep(dice.uniform(0, 0.02))
            os.kill(sender, signal.SIGKILL)
            assert ask(nursery) == "buried"
            room.bury()
    assert sum(room.caught.values()) > 0
    assert room.send() == 0
    assert (room.statuses(), room.wrong()) == ([("sent", room.told)], ([], []))


def ask(nursery: subprocess.Popen[bytes]) -> str:
    """The next step of a nursery, and what it says of it."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(b"\n")
    nursery.stdin.flush()
    return nursery.stdout.readline().decode().strip()
