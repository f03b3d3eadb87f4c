"""What becoming a leader refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class AlreadyLeads(DomainError):
    """Whoever makes deals already needs not apply."""

    code = "already_leads"
    kind = Kind.CONFLICT


class ApplicationWaits(DomainError):
    """The member has applied, and the shop has not answered yet."""

    code = "application_waits"
    kind = Kind.CONFLICT


class ApplicationDecided(DomainError):
    """The application was decided the other way."""

    code = "application_decided"
    kind = Kind.CONFLICT
