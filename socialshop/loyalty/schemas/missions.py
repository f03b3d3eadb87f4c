"""Wire shapes of missions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.loyalty.rules import MOST_POINTS, MissionKind, Repeats
from socialshop.loyalty.service.missions import MISSION_PREFIX, MissionRow, NewMission, Own, Reach, Terms
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, Wire, with_example

MOST_TIMES = 1_000
Kind = Literal["order", "friend", "check_in", "share", "survey", "review", "note"]
RepeatsWire = Literal["once", "day", "week", "month"]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

_TERMS = {"title_zh": "本月三单", "title_en": "Three orders this month", "times": 3, "points": 50}
_PLAIN = {
    "id": "msn_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "kind": "order",
    "repeats": "month",
    "opens_at": "2026-03-01T00:00:00Z",
    "closes_at": "2026-06-01T00:00:00Z",
    **_TERMS,
}
_OWN = {
    **_PLAIN,
    "begins_at": "2026-03-01T00:00:00Z",
    "ends_at": "2026-04-01T00:00:00Z",
    "done": 1,
    "rewarded": False,
}
_ADMIN = {**_PLAIN, "version": 1, "withdrawn_at": None, "begun": 12, "finished": 3}


class MissionTerms(Wire):
    """What a version of a mission says: to be done `times` times within a period, for `points`."""

    model_config = with_example(_TERMS)

    title_zh: Title
    title_en: Title
    times: int = Field(ge=1, le=MOST_TIMES)
    points: int = Field(ge=1, le=MOST_POINTS)

    def terms(self) -> Terms:
        """The command."""
        return Terms(self.title_zh, self.title_en, self.times, self.points)


class MissionDraft(MissionTerms):
    """A mission to publish.

    It counts the member's own sales (`order`), friends brought who bought (`friend`), days of check-in, sales that a
    shared link led to (`share`), surveys answered; from `opens_at` (at once where null) until `closes_at`, anew with
    each day, week or month by the shop's clock.
    """

    model_config = with_example({**_TERMS, "kind": "order", "repeats": "month", "closes_at": "2036-06-01T00:00:00Z"})

    kind: Kind
    repeats: RepeatsWire
    opens_at: GivenInstant | None = None
    closes_at: GivenInstant

    def new(self) -> NewMission:
        """The command."""
        return NewMission(MissionKind(self.kind), Repeats(self.repeats), self.opens_at, self.closes_at, self.terms())


class _Mission(Wire):
    id: str
    kind: str
    repeats: str
    opens_at: Instant
    closes_at: Instant
    title_zh: str
    title_en: str
    times: int
    points: int


class OwnMissionWire(_Mission):
    """A mission that goes on: `done` of `times` in the period from `begins_at` until `ends_at`."""

    model_config = with_example(_OWN)

    begins_at: Instant
    ends_at: Instant
    done: int
    rewarded: bool

    @classmethod
    def of(cls, own: Own) -> OwnMissionWire:
        """The wire form of a mission as its member sees it."""
        return cls(
            **_plain(own.mission), begins_at=own.begins_at, ends_at=own.ends_at, done=own.done, rewarded=own.rewarded
        )


class OwnMissionPage(Page[OwnMissionWire]):
    """Missions that go on, in the order they were made."""

    model_config = with_example({"data": [_OWN], "next_cursor": None})


class MissionWire(_Mission):
    """A mission by its newest version; how many periods members began and finished."""

    model_config = with_example(_ADMIN)

    version: int
    withdrawn_at: Instant | None
    begun: int
    finished: int

    @classmethod
    def of(cls, row: MissionRow, reach: Reach) -> MissionWire:
        """The wire form of a mission as the shop sees it."""
        return cls(
            **_plain(row),
            version=row.version,
            withdrawn_at=row.withdrawn_at,
            begun=reach.begun,
            finished=reach.finished,
        )


class MissionPage(Page[MissionWire]):
    """Missions, the newest first."""

    model_config = with_example({"data": [_ADMIN], "next_cursor": None})


def _plain(row: MissionRow) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in _Mission.model_fields if name != "id"}
    return {**found, "id": to_public(MISSION_PREFIX, row.id), "kind": row.kind.value, "repeats": row.repeats.value}
