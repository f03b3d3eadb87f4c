"""Wire shapes of circles, their notices, and a leader's first steps."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from socialshop.community.service import LONGEST_NOTICE, CircleNoticeRow, Step
from socialshop.kernel.ids import to_public
from socialshop.referrals.service import DirectRow, LeaderRow
from socialshop.web.paging import Page
from socialshop.web.schemas import Instant, Wire, with_example

_LEADER = "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"
_NOTICE: dict[str, Any] = {
    "id": "cnt_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "text": "The spring tea is in: fifty boxes for us.",
    "posted_at": "2026-03-20T09:00:00Z",
}
_MEMBER: dict[str, Any] = {
    "id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1h0",
    "display_name": None,
    "joined_at": "2026-02-01T09:00:00Z",
}


class CircleNoticeWire(Wire):
    """What a leader told the circle."""

    model_config = with_example(_NOTICE)

    id: str
    text: str
    posted_at: Instant

    @classmethod
    def of(cls, row: CircleNoticeRow) -> CircleNoticeWire:
        """The wire form of a notice."""
        return cls(id=to_public("cnt", row.id), text=row.body, posted_at=row.posted_at)


class CircleNoticeDraft(Wire):
    """What to tell the circle: at most three times in seven days."""

    model_config = with_example({"text": "The spring tea is in: fifty boxes for us."})

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTICE)]


class CircleWire(Wire):
    """A leader's circle, whether who asks belongs to it, and, if so, its newest notices."""

    model_config = with_example(
        {"leader_id": _LEADER, "leader_name": "林小满", "is_member": True, "notices": [_NOTICE]}
    )

    leader_id: str
    leader_name: str | None
    is_member: bool
    notices: list[CircleNoticeWire]

    @classmethod
    def of(cls, leader: LeaderRow, notices: list[CircleNoticeRow] | None) -> CircleWire:
        """The wire form of a circle; `notices` None: for who does not belong to it."""
        return cls(
            leader_id=to_public("mbr", leader.id),
            leader_name=leader.display_name,
            is_member=notices is not None,
            notices=[CircleNoticeWire.of(row) for row in notices or ()],
        )


class CircleMember(Wire):
    """Somebody of the circle; the name is null for who does not want to be named."""

    id: str
    display_name: str | None
    joined_at: Instant

    @classmethod
    def of(cls, row: DirectRow) -> CircleMember:
        """The wire form of a member."""
        return cls(id=to_public("mbr", row.id), display_name=row.display_name, joined_at=row.joined_at)


class CirclePage(Page[CircleMember]):
    """The own circle, the earliest members first."""

    model_config = with_example({"data": [_MEMBER], "next_cursor": None})


class StepWire(Wire):
    """A first step of a leader; `done_at` is null until it is taken."""

    step: str
    done_at: Instant | None


class StepsWire(Wire):
    """The first steps of a leader, in the order in which they are best taken."""

    model_config = with_example({"data": [{"step": "read_rules", "done_at": "2026-02-01T09:00:00Z"}]})

    data: list[StepWire]

    @classmethod
    def of(cls, steps: list[Step]) -> StepsWire:
        """The wire form of the steps."""
        return cls(data=[StepWire(step=step.name, done_at=step.done_at) for step in steps])
