"""Wire shapes of sessions and passwords."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from socialshop.identity.service import LONGEST_PASSWORD, SHORTEST_PASSWORD, LiveSession
from socialshop.kernel.ids import to_public
from socialshop.web.schemas import Instant, Wire, with_example

PREFIX = "ses"
_SESSION = {
    "id": "ses_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "created_at": "2026-01-31T12:00:00Z",
    "expires_at": "2026-03-02T12:00:00Z",
    "current": True,
}


class SessionWire(Wire):
    """A device that is signed in; `current` is the one that asks."""

    model_config = with_example(_SESSION)

    id: str
    created_at: Instant
    expires_at: Instant
    current: bool

    @classmethod
    def of(cls, session: LiveSession) -> SessionWire:
        """The wire form of a session."""
        return cls(
            id=to_public(PREFIX, session.id),
            created_at=session.created_at,
            expires_at=session.expires_at,
            current=session.current,
        )


class Sessions(Wire):
    """Where you are signed in, the newest first."""

    model_config = with_example({"data": [_SESSION]})

    data: list[SessionWire]


class PasswordChange(Wire):
    """The password that you sign in with, and the one from now on."""

    model_config = with_example({"current_password": "correct horse battery", "password": "staple my horse again"})

    current_password: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PASSWORD)] = Field(repr=False)
    password: Annotated[str, StringConstraints(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)] = Field(
        repr=False
    )
