"""Wire shapes of rewards and their redemptions."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.loyalty.rules import MOST_GIVEN, MOST_POINTS
from socialshop.loyalty.service import NewReward, RedemptionRow, RewardRow
from socialshop.web.paging import Page, PageQuery
from socialshop.web.problems import InvalidFields
from socialshop.web.schemas import Instant, Wire, with_example

_REWARD = {
    "id": "rwd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "kind": "goods",
    "title": "Tea cup",
    "points": 300,
    "left_stock": 40,
    "per_member": 1,
    "offered": True,
    "coupon_id": None,
}
_REDEMPTION = {
    "id": "rdm_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "reward_id": "rwd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "title": "Tea cup",
    "points": 300,
    "status": "placed",
    "reason": None,
    "placed_at": "2026-02-10T12:00:00Z",
}

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Status = Literal["placed", "done", "refused"]


class RewardWire(Wire):
    """What points buy; `left_stock` and `per_member` are null where there is no end of it.

    Of kind `goods`: somebody of the shop hands it over; of kind `coupon`: you have the coupon at once.
    """

    model_config = with_example(_REWARD)

    id: str
    kind: str
    title: str
    points: int
    left_stock: int | None
    per_member: int | None
    offered: bool
    coupon_id: str | None

    @classmethod
    def of(cls, row: RewardRow) -> RewardWire:
        """The wire form of a reward."""
        coupon = None if row.coupon_id is None else to_public("cpn", row.coupon_id)
        return cls(**{**row._asdict(), "id": to_public("rwd", row.id), "coupon_id": coupon})


class RewardPage(Page[RewardWire]):
    """Rewards, in the order they were added."""

    model_config = with_example({"data": [_REWARD], "next_cursor": None})


class RewardDraft(Wire):
    """A reward to offer: goods, or with `coupon_id` a coupon of the way `given`."""

    model_config = with_example({"title": "Tea cup", "points": 300, "stock": 40, "per_member": 1})

    title: Title
    points: int = Field(ge=1, le=MOST_POINTS)
    stock: int | None = Field(None, ge=0, le=MOST_GIVEN)
    per_member: int | None = Field(None, ge=1, le=MOST_GIVEN)
    coupon_id: str | None = None

    def new(self) -> NewReward:
        """The command. Raises InvalidFields."""
        return NewReward(self.title, self.points, self.stock, self.per_member, self._coupon())

    def _coupon(self) -> uuid.UUID | None:
        try:
            return None if self.coupon_id is None else from_public("cpn", self.coupon_id)
        except NotFound:
            said = {"field": "coupon_id", "reason": "not_allowed", "detail": "ids of coupons look like cpn_…"}
            raise InvalidFields([said]) from None


class RewardChange(Wire):
    """Whether a reward is offered, and whether there is an end of it.

    Of one that had none nothing is left at first: add to it by `stock-moves`.
    """

    model_config = with_example({"offered": True, "endless": False})

    offered: bool
    endless: bool


class RedemptionWire(Wire):
    """A reward that was taken: `placed`, then `done` or `refused`."""

    model_config = with_example(_REDEMPTION)

    id: str
    reward_id: str
    title: str
    points: int
    status: str
    reason: str | None
    placed_at: Instant

    @classmethod
    def of(cls, row: RedemptionRow) -> RedemptionWire:
        """The wire form of a redemption."""
        return cls(
            id=to_public("rdm", row.id),
            reward_id=to_public("rwd", row.reward_id),
            title=row.title,
            points=row.points,
            status=row.status,
            reason=row.reason,
            placed_at=row.placed_at,
        )


class RedemptionPage(Page[RedemptionWire]):
    """Redemptions, the newest first."""

    model_config = with_example({"data": [_REDEMPTION], "next_cursor": None})


class RedemptionQuery(PageQuery):
    """Which redemptions: in any status where none is named."""

    status: Status | None = None


class Refusal(Wire):
    """Why it is refused, as the member reads it."""

    model_config = with_example({"reason": "The last cup was broken."})

    reason: Reason
