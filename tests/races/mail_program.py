"""All that is due in mails, sent by one process that a test kills.

`python mail_program.py [early]`; `early` plants a fault: a mail counts as sent once it is claimed, before it leaves.
`python mail_program.py nursery` forks a sender for a line on stdin, prints its number, and buries it for the next.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Mapping
from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session

from socialshop.app import create_app
from socialshop.notifications.store import mails
from tests.due_work import work

leave = mails.leave


def leave_for_good(session: Session, leaving: Mapping[uuid.UUID, bool], now: datetime, until: datetime) -> None:
    """The planted fault."""
    leave(session, leaving, now, until)
    mails.end(session, [(mail_id, "sent", None) for mail_id in leaving], now)


def send(app: Flask) -> None:
    """Send what is due."""
    with app.app_context():
        work(["send_mails"])


def nurse(app: Flask) -> None:
    """Senders that have started already: of a hundred kills none is spent on the start of a process."""
    while sys.stdin.readline():
        sender = os.fork()
        if sender == 0:
            send(app)
            os._exit(0)
        print(sender, flush=True)  # noqa: T201 - the pipe to the test
        sys.stdin.readline()
        os.waitpid(sender, 0)
        print("buried", flush=True)  # noqa: T201


def main() -> None:
    if "early" in sys.argv:
        mails.leave = leave_for_good
    (nurse if "nursery" in sys.argv else send)(create_app())


if __name__ == "__main__":
    main()
