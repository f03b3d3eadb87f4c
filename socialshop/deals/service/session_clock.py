"""The clock of flash sessions: what the schedule does at their start and end, and telling who asked to be told.

Whether a session is live, and whether its deals can be joined, is read from the clock itself and waits for nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.deals import session_store
from socialshop.deals.errors import SessionBegun
from socialshop.deals.events import SessionBegan, SessionEnded
from socialshop.deals.flash import SessionStatus
from socialshop.deals.service.sessions import face_of, known_session
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import to_text
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

# A step takes so many, each of start and end, in one statement; the schedule comes again at once while there are more.
_AT_ONCE = 1_000


def turn_sessions(uow: UnitOfWork) -> bool:
    """Begin the sessions whose start has come and end those whose end has; returns whether there may be more."""
    begun = session_store.begin_due(uow.session, uow.now, _AT_ONCE)
    ended = session_store.end_due(uow.session, uow.now, _AT_ONCE)
    uow.emit_all([SessionBegan(session_id=session_id) for session_id in begun])
    uow.emit_all([SessionEnded(session_id=session_id) for session_id in ended])
    return _AT_ONCE in (len(begun), len(ended))


def ask_to_be_told(uow: UnitOfWork, number: int, session_id: uuid.UUID) -> None:
    """A member wants to be told when the session begins; asked twice, told once.

    Raises NotFound, SessionBegun for one that is not announced any more.
    """
    # The lock of who begins it: nobody is noted who would never be told.
    session_store.lock(uow.session, session_id)
    face = face_of(known_session(uow, session_id), uow.now)
    if face.status is not SessionStatus.ANNOUNCED:
        raise SessionBegun("the session has begun, or is over")
    session_store.ask(uow.session, session_id, number, uow.now)


def ask_no_more(uow: UnitOfWork, number: int, session_id: uuid.UUID) -> None:
    """A member does not want to be told after all. Raises NotFound."""
    known_session(uow, session_id)
    session_store.ask_no_more(uow.session, session_id, number)


def has_asked(uow: UnitOfWork, number: int, session_id: uuid.UUID) -> bool:
    """Whether the member waits to be told."""
    return session_store.has_asked(uow.session, session_id, number)


def on_session_began(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow SessionBegan: whoever asked hears of it once, if it is not over by now. Three statements."""
    ids = sorted({uuid.UUID(payload["session_id"]) for payload in payloads})
    notifications.tell(
        uow,
        [
            Told(
                asked.member,
                "session_begun",
                str(asked.session_id),
                None,
                asked.session_id,
                {"brand": asked.brand, "title": asked.title, "until": to_text(asked.ends_at)},
            )
            for asked in session_store.take_asked(uow.session, ids, uow.now)
        ],
    )
