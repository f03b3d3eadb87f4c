"""What risk refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class OwnFinding(DomainError):
    """Nobody decides about a finding that names them."""

    code = "own_finding"
    kind = Kind.FORBIDDEN


class FindingOver(DomainError):
    """The finding expired, or a larger one took its place: there is nothing to decide any more."""

    code = "finding_over"
    kind = Kind.CONFLICT
