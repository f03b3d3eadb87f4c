"""Wire shapes of applications to lead."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.onboarding.application_store import ApplicationRow
from socialshop.onboarding.applying import APPLICATION_PREFIX, LONGEST_CHANNELS, LONGEST_REASON, LONGEST_WORDS
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, Wire, with_example

_APPLICATION: dict[str, Any] = {
    "id": "lap_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "display_name": "林小满",
    "reason": "My neighbours ask me for tea.",
    "channels": "WeChat group, 200 people",
    "status": "open",
    "decision_reason": None,
    "made_at": "2026-01-31T12:00:00Z",
    "decided_at": None,
}


class Application(Wire):
    """Why somebody would lead, and where their people are reached."""

    model_config = with_example({"reason": _APPLICATION["reason"], "channels": _APPLICATION["channels"]})

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WORDS)]
    channels: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_CHANNELS)]


class ApplicationDecision(Wire):
    """Why the shop decides so: the member reads it."""

    model_config = with_example({"reason": "Welcome."})

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]


class ApplicationQuery(PageQuery):
    """Which applications: those that wait, by default."""

    status: Literal["open", "approved", "rejected"] = "open"


class ApplicationWire(Wire):
    """An application to lead."""

    model_config = with_example(_APPLICATION)

    id: str
    member_id: str
    display_name: str
    reason: str
    channels: str
    status: Literal["open", "approved", "rejected"]
    decision_reason: str | None
    made_at: Instant
    decided_at: Instant | None

    @classmethod
    def of(cls, row: ApplicationRow) -> Self:
        """The wire form of an application."""
        return cls.model_validate(
            {
                "id": to_public(APPLICATION_PREFIX, row.id),
                "member_id": to_public("mbr", row.member_id),
                "display_name": row.display_name or "",
                "reason": row.words,
                "channels": row.channels,
                "status": row.status,
                "decision_reason": row.reason,
                "made_at": row.made_at,
                "decided_at": row.decided_at,
            }
        )


class ApplicationPage(Page[ApplicationWire]):
    """Applications to lead."""

    model_config = with_example({"data": [_APPLICATION], "next_cursor": None})
