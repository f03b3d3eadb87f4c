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
