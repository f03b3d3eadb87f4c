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
    """The room is for members who have not bought yet, in one such room at a time; its host may be anybody."""

    code = "newcomers_only"
    kind = Kind.FORBIDDEN


class SeatPaid(DomainError):
    """The seat is paid: who asks the money back leaves it, while the room still waits."""

    code = "seat_paid"
    kind = Kind.CONFLICT
