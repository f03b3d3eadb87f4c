"""What becoming a publisher refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class AlreadyPublishes(DomainError):
    """Who is a publisher, or waits for the answer, need not ask."""

    code = "already_publishes"
    kind = Kind.CONFLICT


class PublisherDecided(DomainError):
    """The publisher stands otherwise: it was decided, or never asked for."""

    code = "publisher_decided"
    kind = Kind.CONFLICT
