"""What deals refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class DealNotLive(DomainError):
    """The deal has not begun, or is over: no room can be opened on it now, and it can be neither paused nor resumed."""

    code = "deal_not_live"
    kind = Kind.CONFLICT


class GoodsOffSale(DomainError):
    """The shop has taken the goods off sale: no deal is made of them and no draft published until they are back."""

    code = "goods_off_sale"
    kind = Kind.CONFLICT


class DealNotBegun(DealNotLive):
    """The deal is announced and has not begun."""


class DealPublished(DomainError):
    """The deal is published, or stands in a session: what everybody is shown is not kept for some afterwards."""

    code = "deal_published"
    kind = Kind.CONFLICT


class InvitationRequired(DomainError):
    """The deal is for those alone whom the shop offers it, and the member is none of them."""

    code = "invitation_required"
    kind = Kind.FORBIDDEN


class DealPaused(DomainError):
    """The deal is paused: until it is resumed no room is opened on it, and nobody joins one that is open."""

    code = "deal_paused"
    kind = Kind.CONFLICT


class OutOfStock(DomainError):
    """Fewer units are left, of the goods or of the deal's quota, than were asked for."""

    code = "out_of_stock"
    kind = Kind.CONFLICT


class StockShort(DomainError):
    """Fewer units are left than would be taken away; `left` says how many. What is in seats is not left."""

    code = "stock_short"
    kind = Kind.CONFLICT


class GoodsNotOpen(DomainError):
    """The shop has not opened these goods to this leader."""

    code = "goods_not_open"
    kind = Kind.FORBIDDEN


class BelowFloor(DomainError):
    """The price lies below the floor from which leaders may sell these goods; `floor_minor` says where that is."""

    code = "below_floor_price"
    kind = Kind.INVALID


class SessionBegun(DomainError):
    """The session has begun, is over or was cancelled: what it shows and when is changed while it is announced."""

    code = "session_begun"
    kind = Kind.CONFLICT


class SessionNotLive(DomainError):
    """The session is not live: goods are pinned while it is, and what is over is not cancelled."""

    code = "session_not_live"
    kind = Kind.CONFLICT


class DealBegun(DomainError):
    """The deal has begun or is over: it cannot keep to a session's clock any more."""

    code = "deal_begun"
    kind = Kind.CONFLICT


class DealInSession(DomainError):
    """The deal keeps to the clock of another session already."""

    code = "deal_in_session"
    kind = Kind.CONFLICT
