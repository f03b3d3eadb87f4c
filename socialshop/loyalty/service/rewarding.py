"""Rewards: what points buy, taking one, and what becomes of it."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass

from socialshop.audit import service as audit
from socialshop.deals import service as deals
from socialshop.deals.errors import StockShort
from socialshop.deals.rules import check_stock_move
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.loyalty.coupons import parse
from socialshop.loyalty.errors import CouponUnusable, RedemptionDecided, RewardGone, RewardLimitReached
from socialshop.loyalty.service import using
from socialshop.loyalty.service.handing_out import hand_out, hold_coupon, is_given
from socialshop.loyalty.store import lots
from socialshop.loyalty.store import rewards as store
from socialshop.loyalty.store.coupons import CouponRow
from socialshop.loyalty.store.rewards import MoveRow, RedemptionRow, RewardRow
from socialshop.loyalty.store.uses import Purpose
from socialshop.memberships import service as memberships

_DIFFERENCES_TOLD = 100


@dataclass(frozen=True, slots=True)
class NewReward:
    """What is to be offered for points; `stock` and `per_member` None: without end.

    Goods that somebody hands over, or `coupon_id`: a coupon that the member has at once.
    """

    title: str
    points: int
    stock: int | None
    per_member: int | None
    coupon_id: uuid.UUID | None = None


def add_reward(uow: UnitOfWork, actor: uuid.UUID, new: NewReward) -> RewardRow:
    """Offer a reward from now on. Raises InvalidValue: no such coupon, or one that reaches members otherwise."""
    if new.coupon_id is not None and not is_given(uow, new.coupon_id):
        raise InvalidValue("name a coupon that is given: no other way gives it", field="coupon_id")
    kind = "goods" if new.coupon_id is None else "coupon"
    row = RewardRow(
        new_id(), kind, new.title, new.points, new.stock, new.per_member, offered=True, coupon_id=new.coupon_id
    )
    store.add(uow.session, row, uow.now)
    _record(uow, actor, "reward.added", row.id, {"title": new.title, "points": new.points, "stock": new.stock})
    return row


def change_reward(
    uow: UnitOfWork,
    actor: uuid.UUID,
    reward_id: uuid.UUID,
    *,
    offered: bool,
    endless: bool,
    low_stock_at: int | None = None,
) -> RewardRow:
    """Say whether a reward is offered, whether there is an end of it, and from how few on it is low. Raises NotFound.

    One that had no end has nothing left at first: then some come in. `low_stock_at` None: as it was.
    """
    before = reward(uow, reward_id)
    store.offer(uow.session, reward_id, offered=offered)
    if endless:
        store.make_endless(uow.session, reward_id)
    elif before.left_stock is None:
        store.limit(uow.session, reward_id, new_id(), uow.now)
    low_at = before.low_stock_at if low_stock_at is None else low_stock_at
    if low_at != before.low_stock_at:
        store.set_low_at(uow.session, reward_id, low_at)
    facts: dict[str, object] = {"offered": offered, "endless": endless, "low_stock_at": low_at}
    _record(uow, actor, "reward.changed", reward_id, facts)
    return reward(uow, reward_id)


def move_reward(uow: UnitOfWork, actor: uuid.UUID, reward_id: uuid.UUID, new: deals.NewMove) -> RewardRow:
    """Change what is left of a reward by a delta, while members take it. Raises NotFound, InvalidValue, StockShort."""
    check_stock_move(new.reason, new.quantity)
    before = reward(uow, reward_id)
    if before.left_stock is None:
        raise InvalidValue("there is no end of it: nothing is counted", field="quantity")
    values = {"reward_id": reward_id, "move_id": new_id(), "at": uow.now, **asdict(new), "reason": new.reason.value}
    if not store.move(uow.session, values):
        raise StockShort("fewer are left than that", field="quantity", left=before.left_stock)
    facts: dict[str, object] = {"reason": new.reason.value, "quantity": new.quantity}
    _record(uow, actor, "reward.moved", reward_id, {**facts, **({"note": new.note} if new.note else {})})
    return reward(uow, reward_id)


def reward_moves(uow: UnitOfWork, reward_id: uuid.UUID, limit: int) -> list[MoveRow]:
    """The newest `limit` changes of what is left of a reward, redemptions among them. One statement."""
    return store.moves_of(uow.session, reward_id, limit)


def reward_differences(uow: UnitOfWork) -> list[deals.Difference]:
    """Rewards of which not so many are left as moves and redemptions come to. One statement."""
    return [deals.Difference("rwd", *row) for row in store.differences(uow.session, _DIFFERENCES_TOLD)]


def reconcile_rewards(uow: UnitOfWork) -> bool:
    """Recompute what is left of each reward; what differs is a finding, told to the admins once. A periodic step."""
    deals.report_differences(uow, reward_differences(uow))
    return False


def reward(uow: UnitOfWork, reward_id: uuid.UUID) -> RewardRow:
    """One reward, offered or not. Raises NotFound."""
    row = store.find(uow.session, reward_id)
    if row is None:
        raise NotFound("no such reward")
    return row


def redemption(uow: UnitOfWork, redemption_id: uuid.UUID, *, lock: bool = False) -> RedemptionRow:
    """Anybody's redemption; with `lock` for this transaction alone to decide. Raises NotFound."""
    row = store.find_redemption(uow.session, redemption_id, lock=lock)
    if row is None:
        raise NotFound("no such redemption")
    return row


def rewards(uow: UnitOfWork, after: uuid.UUID | None, limit: int, *, offered_only: bool = True) -> list[RewardRow]:
    """Up to `limit` rewards, in the order they were added."""
    return store.page(uow.session, after, limit, offered_only=offered_only)


def redeem(uow: UnitOfWork, member: int, reward_id: uuid.UUID) -> RedemptionRow:
    """Take a reward for points; a coupon is the member's at once, goods wait for somebody to hand them over.

    Raises NotFound, CouponUnusable (it is for other tiers), RewardLimitReached, RewardGone (nothing is left, also of
    its coupon), PointsShort; then the unit of work must end without a commit.
    """
    wanted = reward(uow, reward_id)
    coupon = None if wanted.coupon_id is None else hold_coupon(uow, wanted.coupon_id)
    if coupon is not None:
        _check_tier(uow, member, coupon)
    # The member's own redemptions queue up here, so each counts those before it.
    lots.lock_members(uow.session, [member])
    if wanted.per_member is not None and store.count_taken(uow.session, reward_id, member) >= wanted.per_member:
        raise RewardLimitReached("you had as many of it as one member may have", limit=wanted.per_member)
    taken = store.claim(uow.session, reward_id)
    if taken is None:
        raise RewardGone("nothing of it is left, or it is no longer offered")
    row = RedemptionRow(new_id(), reward_id, member, taken.title, taken.points, "placed", None, uow.now, None)
    if coupon is not None:
        if not hand_out(uow, coupon, [member], f"reward {to_public('rdm', row.id)}"):
            raise RewardGone("its coupon is over, paused, or all of it is given")
        row = row._replace(status="done", decided_at=uow.now)
    using.use(uow, member, Purpose(using.REWARD, row.id, {"title": taken.title}), taken.points)
    store.redeem(uow.session, row)
    return row


def _check_tier(uow: UnitOfWork, member: int, coupon: CouponRow) -> None:
    """Nobody pays points for a coupon that their tier cannot use."""
    tiers = parse(coupon.terms).tiers
    if tiers and memberships.benefits_of(uow, [member])[member].tier not in tiers:
        about = to_public("cpn", coupon.id)
        raise CouponUnusable("the coupon is for members of other tiers", reason="other_tier", coupon_id=about)


def redemptions(
    uow: UnitOfWork, *, member: int | None = None, status: str | None = None, before: uuid.UUID | None, limit: int
) -> list[RedemptionRow]:
    """Up to `limit` redemptions, the newest first; `member` None: anybody's."""
    return store.redemptions(uow.session, member=member, status=status, before=before, limit=limit)


def finish_redemption(uow: UnitOfWork, actor: uuid.UUID, redemption_id: uuid.UUID) -> RedemptionRow:
    """The member has the reward; said again, nothing changes. Raises NotFound, RedemptionDecided (it was refused)."""
    return _decide(uow, actor, redemption_id, "done", None)


def refuse_redemption(uow: UnitOfWork, actor: uuid.UUID, redemption_id: uuid.UUID, reason: str) -> RedemptionRow:
    """The member does not get it: points and stock come back. Said again, nothing changes.

    Raises NotFound, RedemptionDecided (the member has it).
    """
    return _decide(uow, actor, redemption_id, "refused", reason)


def _decide(
    uow: UnitOfWork, actor: uuid.UUID, redemption_id: uuid.UUID, status: str, reason: str | None
) -> RedemptionRow:
    row = redemption(uow, redemption_id, lock=True)
    if row.status == status:
        return row
    if row.status != "placed":
        raise RedemptionDecided(f"the redemption is {row.status}")
    store.decide(uow.session, redemption_id, status, reason, uow.now)
    if status == "refused":
        # The member before the reward, as who redeems takes them: the two must not wait for each other.
        using.give_back(uow, using.REWARD, redemption_id)
        store.put_back(uow.session, row.reward_id)
    facts = {"reward": to_public("rwd", row.reward_id), **({"reason": reason} if reason else {})}
    audit.record(uow, actor=actor, action=f"redemption.{status}", target=to_public("rdm", redemption_id), facts=facts)
    return row._replace(status=status, reason=reason, decided_at=uow.now)


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, reward_id: uuid.UUID, facts: dict[str, object]) -> None:
    audit.record(uow, actor=actor, action=action, target=to_public("rwd", reward_id), facts=facts)
