"""What rooms refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class AlreadySeated(DomainError):
    """The member has a seat in this room."""

    code = "already_seated"
    kind = Kind.CONFLICT


class RoomClosed(DomainError):
    """The room expired or was cancelled: nobody joins or leaves it any more."""

    code = "room_closed"
    kind = Kind.CONFLICT


class RoomFull(DomainError):
    """Every seat of the room is taken, by members who have paid or still may."""

    code = "room_full"
    kind = Kind.CONFLICT


class NoOpenRoom(DomainError):
    """No open room of the deal has a seat for this member."""

    code = "no_open_room"
    kind = Kind.CONFLICT


class MemberLimitReached(DomainError):
    """The member would have more units of this deal than it gives one member."""

    code = "member_limit_reached"
    kind = Kind.CONFLICT


class NewcomersOnly(DomainError):
    """The room is for members who have not bought yet, in one such room at a time; who has bought may host it."""

    code = "newcomers_only"
    kind = Kind.FORBIDDEN


class SeatPaid(DomainError):
    """The seat is paid: who asks the money back leaves it, while the room still waits."""

    code = "seat_paid"
    kind = Kind.CONFLICT


class OwnBargain(DomainError):
    """A member's own chop, which does not count: friends bring the price down."""

    code = "own_bargain"
    kind = Kind.CONFLICT


class AlreadyChopped(DomainError):
    """A friend chops once."""

    code = "already_chopped"
    kind = Kind.CONFLICT


class DeviceChopped(DomainError):
    """The price was chopped from this device before, or the bargain was started on it."""

    code = "device_chopped"
    kind = Kind.CONFLICT


class NetworkChopped(DomainError):
    """As many friends as may have chopped the price from this network."""

    code = "network_chopped"
    kind = Kind.CONFLICT


class BargainOver(DomainError):
    """The bargain's time is over, or its price is at the lowest already."""

    code = "bargain_over"
    kind = Kind.CONFLICT


class BargainBought(DomainError):
    """The bargain is bought: its price stands."""

    code = "bargain_bought"
    kind = Kind.CONFLICT


class FloorNotReached(DomainError):
    """This bargain is sold only at its lowest price, which is not reached."""

    code = "floor_not_reached"
    kind = Kind.CONFLICT
