"""What deals refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class DealNotLive(DomainError):
    """The deal has not begun, or is over: no room can be opened on it now, and it can be neither paused nor resumed."""

    code = "deal_not_live"
    kind = Kind.CONFLICT


class DealPaused(DomainError):
    """The deal is paused: until it is resumed no room is opened on it, and nobody joins one that is open."""

    code = "deal_paused"
    kind = Kind.CONFLICT


class OutOfStock(DomainError):
    """Fewer units are left, of the goods or of the deal's quota, than were asked for."""

    code = "out_of_stock"
    kind = Kind.CONFLICT
