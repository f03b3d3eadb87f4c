"""What orders refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class OrderNotConfirmed(DomainError):
    """The order's money has not been taken, or was given back: nothing is sent."""

    code = "order_not_confirmed"
    kind = Kind.CONFLICT


class OrderNotShipped(DomainError):
    """The goods are not on their way yet: nobody can have them."""

    code = "order_not_shipped"
    kind = Kind.CONFLICT


class NothingToRefund(DomainError):
    """All that was paid went back, or is asked back already."""

    code = "nothing_to_refund"
    kind = Kind.CONFLICT


class AmountTooLarge(DomainError):
    """More is asked back than is left; requests that are still open count as taken."""

    code = "amount_too_large"
    kind = Kind.INVALID


class RefundDecided(DomainError):
    """The refund was decided the other way."""

    code = "refund_decided"
    kind = Kind.CONFLICT


class AddressBookFull(DomainError):
    """The member has as many addresses as a book takes."""

    code = "address_book_full"
    kind = Kind.CONFLICT


class OrderHasLeft(DomainError):
    """The goods are on their way, or never will be: where to does not change any more."""

    code = "order_has_left"
    kind = Kind.CONFLICT
