"""What invite links refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class InviteCodeUnknown(DomainError):
    """No invite link has this code."""

    code = "invite_code_unknown"
    kind = Kind.INVALID


class PosterUnavailable(DomainError):
    """The fonts with which posters are drawn are not installed."""

    code = "poster_unavailable"
    kind = Kind.UNAVAILABLE
