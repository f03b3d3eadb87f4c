"""What invite links refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class InviteCodeUnknown(DomainError):
    """No invite link has this code."""

    code = "invite_code_unknown"
    kind = Kind.INVALID
