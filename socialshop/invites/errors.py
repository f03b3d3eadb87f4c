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


class InviteLinkClosed(DomainError):
    """The link with this code is paused, or its time is over: it binds nobody."""

    code = "invite_link_closed"
    kind = Kind.INVALID


class VanityTaken(DomainError):
    """Another link has this code, or one that is taken for it."""

    code = "vanity_taken"
    kind = Kind.CONFLICT


class VanityKept(DomainError):
    """The link has a code of its owner's choice already: what was printed stays good."""

    code = "vanity_kept"
    kind = Kind.CONFLICT
