"""Wire shapes of a member's team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from socialshop.kernel.ids import to_public
from socialshop.referrals.service import (
    FEWEST_SHOWN,
    LEVELS_COUNTED,
    BranchLevel,
    BranchVolume,
    CorrectionRow,
    DirectRow,
    Level,
    PlaceThen,
    Summary,
)
from socialshop.web.paging import PageQuery
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

_MEMBER = "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"
_DIRECT: dict[str, Any] = {"member_id": _MEMBER, "display_name": "林小满", "joined_at": "2026-01-31T12:00:00Z"}
_SHY = f"null where there are fewer than {FEWEST_SHOWN}: one of a few strangers could be guessed"


class TeamQuery(PageQuery):
    """Which page of the direct members, and how many levels are counted."""

    depth: int = Field(1, ge=1, le=LEVELS_COUNTED, description="levels that are counted")


class BranchQuery(Wire):
    """How far down to look."""

    depth: int = Field(2, ge=1, le=LEVELS_COUNTED, description="levels below the member")


class InstantQuery(Wire):
    """Of which instant is asked."""

    at: GivenInstant | None = Field(None, description="RFC 3339; without it, now")


class DirectWire(Wire):
    """Somebody you invited; the name is null for who has not agreed to be named, or has left the shop."""

    model_config = with_example(_DIRECT)

    member_id: str
    display_name: str | None
    joined_at: Instant

    @classmethod
    def of(cls, row: DirectRow) -> DirectWire:
        """The wire form of a direct member."""
        return cls(member_id=to_public("mbr", row.id), display_name=row.display_name, joined_at=row.joined_at)


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


class BranchLevelWire(Wire):
    """How many stand on a level of a branch, counted from you."""

    level: int
    at_least: int | None = Field(description=f"a round figure that so many reach (5, 10, 20, 50, …); {_SHY}")


class BranchOfWire(DirectWire):
    """Somebody whom you invited, and the levels below that have anybody."""

    model_config = with_example({**_DIRECT, "levels": [{"level": 2, "at_least": 20}, {"level": 3, "at_least": None}]})

    levels: list[BranchLevelWire]

    @classmethod
    def branch(cls, row: DirectRow, levels: Iterable[BranchLevel]) -> BranchOfWire:
        """The wire form of a branch."""
        counted = [BranchLevelWire(level=one.level, at_least=one.at_least) for one in levels]
        return cls(**dict(DirectWire.of(row)), levels=counted)


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


_CORRECTION: dict[str, Any] = {
    "corrected_at": "2026-02-01T12:00:00Z",
    "from_sponsor_id": None,
    "to_sponsor_id": _MEMBER,
    "reason": "came by a flyer without a code",
    "corrected_by": "console:ada",
}


class CorrectionWire(Wire):
    """One audited change of a sponsor; null stands for the top of the tree."""

    model_config = with_example(_CORRECTION)

    corrected_at: Instant
    from_sponsor_id: str | None
    to_sponsor_id: str | None
    reason: str
    corrected_by: str

    @classmethod
    def of(cls, row: CorrectionRow) -> CorrectionWire:
        """The wire form of a correction."""
        return cls(
            corrected_at=row.corrected_at,
            from_sponsor_id=to_public("mbr", row.from_sponsor_id) if row.from_sponsor_id else None,
            to_sponsor_id=to_public("mbr", row.to_sponsor_id) if row.to_sponsor_id else None,
            reason=row.reason,
            corrected_by=row.corrected_by,
        )


class PlaceWire(Wire):
    """Where a member stood at an instant; nobody is above before the member had a place, and at the top."""

    model_config = with_example(
        {
            "at": "2026-03-01T00:00:00Z",
            "placed_at": "2026-01-31T12:00:00Z",
            "sponsor_id": _MEMBER,
            "above": [_MEMBER],
            "corrections": [_CORRECTION],
        }
    )

    at: Instant
    placed_at: Instant
    sponsor_id: str | None
    above: list[str] = Field(description="the sponsor first, at most 50")
    corrections: list[CorrectionWire] = Field(description="all there ever were, the first one first")

    @classmethod
    def of(cls, place: PlaceThen) -> PlaceWire:
        """The wire form of a place."""
        above = [to_public("mbr", member_id) for _, member_id in place.above]
        return cls(
            at=place.at,
            placed_at=place.placed_at,
            sponsor_id=above[0] if above else None,
            above=above,
            corrections=[CorrectionWire.of(row) for row in place.corrections],
        )
