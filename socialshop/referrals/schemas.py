"""Wire shapes of the team below a member."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from socialshop.kernel.ids import to_public
from socialshop.referrals.service import DirectRow, Level, Team
from socialshop.web.paging import PageQuery
from socialshop.web.schemas import Instant, Wire, with_example

DEEPEST = 8
_DIRECT = {"id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz", "display_name": "小满", "joined_at": "2026-01-31T12:00:00Z"}
_LEVELS = [{"level": 2, "members": 12}, {"level": 3, "members": None}]


class TeamQuery(PageQuery):
    """How far down, and which page of those brought in directly."""

    depth: int = Field(2, ge=1, le=DEEPEST, description="levels; those below the first are counts")


class DirectWire(Wire):
    """Somebody whom you brought in; the name is null for one who never signed up here."""

    id: str
    display_name: str | None
    joined_at: Instant

    @classmethod
    def of(cls, row: DirectRow) -> DirectWire:
        """The wire form of a member brought in."""
        return cls(id=to_public("mbr", row.id), display_name=row.display_name, joined_at=row.joined_at)


class LevelWire(Wire):
    """How many stand so many levels below you; null for one to four, which would tell who they are."""

    level: int
    members: int | None


class TeamPage(Wire):
    """Whom you brought in, by name, and deeper levels as counts."""

    model_config = with_example({"data": [_DIRECT], "next_cursor": None, "deeper": _LEVELS})

    data: list[DirectWire]
    next_cursor: str | None
    deeper: list[LevelWire]


class TeamSummary(Wire):
    """Your team in figures; `team` is null where a level is not told."""

    model_config = with_example({"direct": 7, "team": None, "deeper": _LEVELS})

    direct: int
    team: int | None
    deeper: list[LevelWire]

    @classmethod
    def of(cls, team: Team) -> TeamSummary:
        """The wire form of a team."""
        return cls(direct=team.direct, team=team.total, deeper=levels(team.deeper))


def levels(found: Sequence[Level]) -> list[LevelWire]:
    """The wire form of levels."""
    return [LevelWire(level=each.level, members=each.members) for each in found]
