"""All that is due in mails, sent by one process that a test kills.

`python mail_program.py [early]`; `early` plants a fault: a mail counts as sent once it is claimed, before it leaves.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from socialshop.app import create_app
from socialshop.notifications.store import mails
from tests.due_work import work

leave = mails.leave


def leave_for_good(session: Session, leaving: Mapping[uuid.UUID, bool], now: datetime, until: datetime) -> None:
    """The planted fault."""
    leave(session, leaving, now, until)
    mails.end(session, [(mail_id, "sent", None) for mail_id in leaving], now)


def main() -> None:
    if "early" in sys.argv:
        mails.leave = leave_for_good
    with create_app().app_context():
        print("ready", flush=True)  # noqa: T201 - by this its killer knows where it stands
        work(["send_mails"])


if __name__ == "__main__":
    main()
