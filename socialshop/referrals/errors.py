"""What the sponsor tree refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind, NotFound


class SponsorCycle(DomainError):
    """The new sponsor stands at or below the member: the tree would bite its own tail.

    `members` are the numbers on the path from the new sponsor up, at most the first 20.
    """

    code = "sponsor_cycle"
    kind = Kind.CONFLICT

    def __init__(self, detail: str, *, members: list[int]) -> None:
        super().__init__(detail, field="sponsor", members=members)
        self.members = members


class SponsorUnchanged(DomainError):
    """The member already has this sponsor; there is nothing to correct."""

    code = "sponsor_unchanged"
    kind = Kind.CONFLICT


class AlreadyPlaced(DomainError):
    """The member has a place in the tree; only an audited correction may change it."""

    code = "already_placed"
    kind = Kind.CONFLICT


class NodeUnknown(NotFound):
    """No member of this number stands in the tree."""

    code = "node_unknown"


class CircleRequired(DomainError):
    """The deal is for the circle of its leader, and the member does not belong to it."""

    code = "circle_required"
    kind = Kind.FORBIDDEN
