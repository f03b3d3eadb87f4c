"""What the sponsor tree refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind, NotFound


class SponsorCycle(DomainError):
    """The new sponsor stands at or below the member: the tree would bite its own tail. `members` names the path."""

    code = "sponsor_cycle"
    kind = Kind.CONFLICT


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
