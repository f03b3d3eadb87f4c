"""Wire shapes of a member's team."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from socialshop.kernel.ids import to_public
from socialshop.referrals.service import FEWEST_SHOWN, LEVELS_COUNTED, BranchVolume, DirectRow, Level, Summary
from socialshop.web.paging import PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_DIRECT: dict[str, Any] = {"display_name": "林小满", "joined_at": "2026-01-31T12:00:00Z"}
_SHY = f"null where there are fewer than {FEWEST_SHOWN}: one of a few strangers could be guessed"


class TeamQuery(PageQuery):
    """Which page of the direct members, and how many levels are counted."""

    depth: int = Field(1, ge=1, le=LEVELS_COUNTED, description="levels that are counted")


class BranchQuery(Wire):
    """How far down to look."""

    depth: int = Field(2, ge=1, le=LEVELS_COUNTED, description="levels below the member")


class DirectWire(Wire):
    """Somebody you invited; the name is null for who has not agreed to be named, or has left the shop."""

    model_config = with_example(_DIRECT)

    display_name: str | None
    joined_at: Instant

    @classmethod
    def of(cls, row: DirectRow) -> DirectWire:
        """The wire form of a direct member."""
        return cls(display_name=row.display_name, joined_at=row.joined_at)


class LevelWire(Wire):
    """How many stand on a level below you, however they came there."""

    level: int
    members: int | None = Field(description=f"beyond level 1 {_SHY}")

    @classmethod
    def of(cls, level: Level) -> LevelWire:
        """The wire form of a level."""
        return cls(level=level.level, members=level.members)


class TeamWire(Wire):
    """Your direct members by name, and how many stand on each level."""

    model_config = with_example(
        {"data": [_DIRECT], "next_cursor": None, "levels": [{"level": 1, "members": 1}, {"level": 2, "members": None}]}
    )

    data: list[DirectWire]
    next_cursor: str | None
    levels: list[LevelWire]


class SummaryWire(Wire):
    """Your team in figures."""

    model_config = with_example({"direct": 12, "direct_last_30_days": 3, "deeper": 40})

    direct: int
    direct_last_30_days: int
    deeper: int | None = Field(description=f"on levels 2 to {LEVELS_COUNTED}; {_SHY}")

    @classmethod
    def of(cls, summary: Summary) -> SummaryWire:
        """The wire form of a summary."""
        return cls(direct=summary.direct, direct_last_30_days=summary.direct_recent, deeper=summary.deeper)


class NodeWire(Wire):
    """Somebody of a branch; `sponsor_id` is null for the member that was asked about."""

    member_id: str
    sponsor_id: str | None
    level: int
    directs: int
    volume: MoneyWire = Field(description="what the member bought, less what went back")
    team_volume: MoneyWire = Field(description="what was bought below, as far as it is shown")

    @classmethod
    def of(cls, node: BranchVolume) -> NodeWire:
        """The wire form of a node."""
        return cls(
            member_id=to_public("mbr", node.member_id),
            sponsor_id=to_public("mbr", node.sponsor_id) if node.sponsor_id else None,
            level=node.level,
            directs=node.directs,
            volume=MoneyWire.of(node.volume),
            team_volume=MoneyWire.of(node.team_volume),
        )


class BranchWire(Wire):
    """A branch of the sponsor tree, nearest first; `truncated` says that there is more of it."""

    nodes: list[NodeWire]
    truncated: bool
