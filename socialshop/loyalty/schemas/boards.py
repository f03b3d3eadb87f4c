"""Wire shapes of the boards."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from socialshop.loyalty.service.boards import Board, Line, Metric
from socialshop.web.schemas import Wire, with_example

_LINE = {"place": 1, "own": False, "name": None, "figure": 7}
_OWN = {"place": 3, "figure": 4, "members": 52}
_BOARD = {"month": "2026-03", "metric": "friends", "lines": [_LINE], "own": _OWN, "named": False}


class BoardQuery(Wire):
    """Which board: of friends brought, or of what they bought; of a month, this one where it is left out."""

    metric: Literal["friends", "volume"] = "friends"
    month: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None = Field(
        None, description="such as 2026-03"
    )

    def which(self) -> tuple[Metric, date | None]:
        """The metric, and the month's first day."""
        return Metric(self.metric), None if self.month is None else date.fromisoformat(f"{self.month}-01")


class BoardLineWire(Wire):
    """A place; `name` is null for a member who is not named, `figure` where it is not yours and would tell earnings."""

    model_config = with_example(_LINE)

    place: int
    own: bool
    name: str | None
    figure: int | None

    @classmethod
    def of(cls, line: Line) -> BoardLineWire:
        """The wire form of a line."""
        return cls(place=line.place, own=line.own, name=line.name, figure=line.figure)


class OwnPlaceWire(Wire):
    """Your own place among so many members who brought anything, and your figure."""

    place: int
    figure: int
    members: int


class BoardWire(Wire):
    """A board's first places and your own; friends are counted, volume is in minor units of the shop's currency."""

    model_config = with_example(_BOARD)

    month: str
    metric: str
    lines: list[BoardLineWire]
    own: OwnPlaceWire | None
    named: bool

    @classmethod
    def of(cls, board: Board) -> BoardWire:
        """The wire form of a board."""
        own = None if board.own is None else OwnPlaceWire(**board.own._asdict())
        return cls(
            month=board.month.strftime("%Y-%m"),
            metric=board.metric.value,
            lines=[BoardLineWire.of(line) for line in board.lines],
            own=own,
            named=board.named,
        )


class BoardNaming(Wire):
    """Whether boards name you; otherwise you are a member on them."""

    model_config = with_example({"named": True})

    named: bool
