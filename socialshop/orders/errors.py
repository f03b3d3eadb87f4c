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
