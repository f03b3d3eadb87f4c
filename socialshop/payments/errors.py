"""What payments refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class WebhookRefused(DomainError):
    """The notice is not signed by the provider, or was signed too long ago: nothing was stored."""

    code = "webhook_refused"
    kind = Kind.UNAUTHENTICATED


class NoticeMalformed(DomainError):
    """The notice is signed, yet says nothing that can be understood: nothing was stored."""

    code = "notice_malformed"
    kind = Kind.INVALID


class PaymentConflict(DomainError):
    """The order has a payment already, and it is another one."""

    code = "payment_conflict"
    kind = Kind.CONFLICT


class RefundExceedsCapture(DomainError):
    """The refund, with those asked for before, is more than was captured: nothing was recorded."""

    code = "refund_exceeds_capture"
    kind = Kind.CONFLICT


class RefundConflict(DomainError):
    """This refund was asked for before, of another payment or amount."""

    code = "refund_conflict"
    kind = Kind.CONFLICT


class ProviderUnavailable(DomainError):
    """The payment's provider is not set up here."""

    code = "payment_provider_unavailable"
    kind = Kind.UNAVAILABLE


class CaseClosed(DomainError):
    """The difference is gone by itself, or somebody has decided about it."""

    code = "reconciliation_case_closed"
    kind = Kind.CONFLICT
