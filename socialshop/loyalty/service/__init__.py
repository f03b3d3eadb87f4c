"""The door of loyalty."""

from __future__ import annotations

from socialshop.loyalty.coupons import Choice, Terms, Unused
from socialshop.loyalty.rules import Rules, worth_minor
from socialshop.loyalty.service.adjusting import adjust
from socialshop.loyalty.service.boosting import is_member_day
from socialshop.loyalty.service.checking_in import CheckIn, CheckInState, check_in, check_in_state
from socialshop.loyalty.service.couponing import (
    Cart,
    choose_coupons,
    give_back_coupons,
    release_coupons,
    return_coupons,
    settle_coupons,
    take_coupons,
)
from socialshop.loyalty.service.dealing import (
    DealOffered,
    deals_offered,
    offer_deal,
    offer_due,
    offered_to,
    why_offered,
)
from socialshop.loyalty.service.earning import Earned, earn, on_orders_completed, on_orders_confirmed, would_earn
from socialshop.loyalty.service.expiring import expire_due, warn_expiring
from socialshop.loyalty.service.handing_out import (
    Codes,
    claim_code,
    codes_of,
    hand_out_due,
    issue_coupon,
    make_codes,
    on_member_registered,
)
from socialshop.loyalty.service.noting_sales import note_refunds, note_sales
from socialshop.loyalty.service.offering import (
    CouponView,
    Holding,
    NewCoupon,
    coupon,
    coupons,
    coupons_of,
    make_coupon,
    pause_coupon,
)
from socialshop.loyalty.service.paying import (
    PartPaid,
    PointsBounds,
    give_back_refunded,
    give_back_unsold,
    part_of_price,
    points_bounds,
    set_aside_for_order,
    settle_orders,
)
from socialshop.loyalty.service.publishing import RulesVersion, publish_rules, rule_versions, rules_at
from socialshop.loyalty.service.reading import Liability, PointsView, liability, movements, points_of
from socialshop.loyalty.service.rewarding import (
    NewReward,
    add_reward,
    change_reward,
    finish_redemption,
    move_reward,
    reconcile_rewards,
    redeem,
    redemption,
    redemptions,
    refuse_redemption,
    reward,
    reward_differences,
    reward_moves,
    rewards,
)
from socialshop.loyalty.service.segmenting import offers_naming_tiers
from socialshop.loyalty.service.taking_back import on_order_refunded
from socialshop.loyalty.store.coupon_uses import HOLDS_COUPONS
from socialshop.loyalty.store.coupon_ways import CodeCounts
from socialshop.loyalty.store.personal import PERSONAL
from socialshop.loyalty.store.reading import Expiring, Flow, MovementRow
from socialshop.loyalty.store.rewards import RedemptionRow, RewardRow
from socialshop.loyalty.store.segments import TierNamed

__all__ = [
    "HOLDS_COUPONS",
    "PERSONAL",
    "Cart",
    "CheckIn",
    "CheckInState",
    "Choice",
    "CodeCounts",
    "Codes",
    "CouponView",
    "DealOffered",
    "Earned",
    "Expiring",
    "Flow",
    "Holding",
    "Liability",
    "MovementRow",
    "NewCoupon",
    "NewReward",
    "PartPaid",
    "PointsBounds",
    "PointsView",
    "RedemptionRow",
    "RewardRow",
    "Rules",
    "RulesVersion",
    "Terms",
    "TierNamed",
    "Unused",
    "add_reward",
    "adjust",
    "change_reward",
    "check_in",
    "check_in_state",
    "choose_coupons",
    "claim_code",
    "codes_of",
    "coupon",
    "coupons",
    "coupons_of",
    "deals_offered",
    "earn",
    "expire_due",
    "finish_redemption",
    "give_back_coupons",
    "give_back_refunded",
    "give_back_unsold",
    "hand_out_due",
    "is_member_day",
    "issue_coupon",
    "liability",
    "make_codes",
    "make_coupon",
    "move_reward",
    "movements",
    "note_refunds",
    "note_sales",
    "offer_deal",
    "offer_due",
    "offered_to",
    "offers_naming_tiers",
    "on_member_registered",
    "on_order_refunded",
    "on_orders_completed",
    "on_orders_confirmed",
    "part_of_price",
    "pause_coupon",
    "points_bounds",
    "points_of",
    "publish_rules",
    "reconcile_rewards",
    "redeem",
    "redemption",
    "redemptions",
    "refuse_redemption",
    "release_coupons",
    "return_coupons",
    "reward",
    "reward_differences",
    "reward_moves",
    "rewards",
    "rule_versions",
    "rules_at",
    "set_aside_for_order",
    "settle_coupons",
    "settle_orders",
    "take_coupons",
    "warn_expiring",
    "why_offered",
    "worth_minor",
    "would_earn",
]
