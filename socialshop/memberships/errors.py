"""What memberships refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class TierRequired(DomainError):
    """The deal is for members of a tier or above, or whose tier opens every deal: this member is neither."""

    code = "tier_required"
    kind = Kind.FORBIDDEN


class EffectiveTooEarly(DomainError):
    """The programme would come into force in the past, or not after the one that was published last."""

    code = "effective_at_too_early"
    kind = Kind.INVALID


class PlanNotOffered(DomainError):
    """No plan of this code is on sale for this term."""

    code = "plan_not_offered"
    kind = Kind.CONFLICT


class PlanHeld(DomainError):
    """The member has a plan: it is upgraded or runs out, but none is bought beside it."""

    code = "plan_held"
    kind = Kind.CONFLICT


class TrialUsed(DomainError):
    """The plan has no trial, or the member had one: a trial is had once, of whichever plan."""

    code = "trial_used"
    kind = Kind.CONFLICT


class PlanNotActive(DomainError):
    """The subscription does not run, or is not in the state that this asks for."""

    code = "plan_not_active"
    kind = Kind.CONFLICT


class PlanNoUpgrade(DomainError):
    """This is what the member has, or what is left of the term is worth more than the other would cost."""

    code = "plan_no_upgrade"
    kind = Kind.CONFLICT


class PlanNoDowngrade(DomainError):
    """This costs no less than what the plan renews for, or is paid in other money."""

    code = "plan_no_downgrade"
    kind = Kind.CONFLICT


class PlanNotRefundable(DomainError):
    """Nothing of the term can be refunded: it was free or a gift, or its last day has begun."""

    code = "plan_not_refundable"
    kind = Kind.CONFLICT


class GiftNotReady(DomainError):
    """The gift is not paid yet, or somebody has redeemed it, or it was given back."""

    code = "gift_not_ready"
    kind = Kind.CONFLICT


class GiftGone(DomainError):
    """The link of a gift or family was never made, was used, was replaced, or its plan has ended."""

    code = "plan_link_gone"
    kind = Kind.GONE


class FamilyFull(DomainError):
    """The plan has no seats for others, or every one is taken."""

    code = "family_full"
    kind = Kind.CONFLICT


class FamilyTaken(DomainError):
    """The member is the family's owner, or shares another plan."""

    code = "family_taken"
    kind = Kind.CONFLICT


class VoucherGone(DomainError):
    """The plan has no voucher of this partner, or none is left."""

    code = "voucher_gone"
    kind = Kind.CONFLICT
