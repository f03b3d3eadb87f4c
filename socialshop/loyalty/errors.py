"""What loyalty refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class PointsShort(DomainError):
    """The member has fewer points than this takes. Points on their way, or set aside, do not count."""

    code = "points_short"
    kind = Kind.CONFLICT


class RewardGone(DomainError):
    """The reward is no longer offered, or none of it is left."""

    code = "reward_gone"
    kind = Kind.CONFLICT


class RewardLimitReached(DomainError):
    """The member has had as many of the reward as one member may have."""

    code = "reward_limit_reached"
    kind = Kind.CONFLICT


class RedemptionDecided(DomainError):
    """The redemption was decided the other way."""

    code = "redemption_decided"
    kind = Kind.CONFLICT


class CampaignDrawn(DomainError):
    """The campaign's groups are fixed: nothing of it changes any more, but that it may be cancelled."""

    code = "campaign_drawn"
    kind = Kind.CONFLICT


class CampaignTooLate(DomainError):
    """The campaign's groups were not fixed before its start, or it was cancelled."""

    code = "campaign_too_late"
    kind = Kind.CONFLICT


class SurveyAnswered(DomainError):
    """The member answered the survey before: each answers once."""

    code = "survey_answered"
    kind = Kind.CONFLICT


class SurveyClosed(DomainError):
    """The survey is over."""

    code = "survey_closed"
    kind = Kind.CONFLICT


class SelfAdjustment(DomainError):
    """Nobody gives themselves points or coupons by hand, or takes points from themselves."""

    code = "self_adjustment"
    kind = Kind.FORBIDDEN


class PointRulesTaken(DomainError):
    """Other rules of points come into force at that very instant."""

    code = "point_rules_taken"
    kind = Kind.CONFLICT


class CouponUnusable(DomainError):
    """The coupon is not the member's or not open, or it cannot act on this order; `reason` says which."""

    code = "coupon_unusable"
    kind = Kind.CONFLICT


class CouponCodeUnknown(DomainError):
    """No coupon is given for this code: there is none such, or another member has claimed it."""

    code = "coupon_code_unknown"
    kind = Kind.NOT_FOUND


class CouponGone(DomainError):
    """The coupon is over or paused, all of it is given, or the member had it before."""

    code = "coupon_gone"
    kind = Kind.CONFLICT
