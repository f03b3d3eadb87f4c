"""What community refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class AlreadyWritten(DomainError):
    """The member wrote a review, or a note, of this order line before: it can be revised."""

    code = "already_written"
    kind = Kind.CONFLICT


class PostChanged(DomainError):
    """Its author wrote it anew after it was read: what was read is not what would be decided about."""

    code = "post_changed"
    kind = Kind.CONFLICT


class PostDecided(DomainError):
    """It does not stand where this decision is made: published is only what waits, rejected what waits or is shown."""

    code = "post_decided"
    kind = Kind.CONFLICT


class SelfDecision(DomainError):
    """Nobody decides about what is their own."""

    code = "self_decision"
    kind = Kind.FORBIDDEN


class PictureRefused(DomainError):
    """The file is no picture that the shop takes, or one that is too large."""

    code = "picture_refused"
    kind = Kind.INVALID
