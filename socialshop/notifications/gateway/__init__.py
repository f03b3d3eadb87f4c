"""The systems outside that the shop tells things: mail servers, and whoever listens to webhooks."""

from __future__ import annotations

from socialshop.notifications.gateway.https import Courier, HttpsCourier
from socialshop.notifications.gateway.smtp import HandOver, Postman, SmtpPostman

__all__ = ["Courier", "HandOver", "HttpsCourier", "Postman", "SmtpPostman"]
