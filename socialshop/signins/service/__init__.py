"""The door of signing in otherwise than by password."""

from __future__ import annotations

from socialshop.signins.rules import LONGEST_PHONE
from socialshop.signins.service.phones import (
    ask_phone_link,
    ask_phone_sign_in,
    confirm_phone,
    phone_of,
    purge_codes,
    remove_phone,
    send_codes,
    sign_in_by_phone,
)
from socialshop.signins.store.personal import PERSONAL
from socialshop.signins.store.phones import PhoneRow

__all__ = [
    "LONGEST_PHONE",
    "PERSONAL",
    "PhoneRow",
    "ask_phone_link",
    "ask_phone_sign_in",
    "confirm_phone",
    "phone_of",
    "purge_codes",
    "remove_phone",
    "send_codes",
    "sign_in_by_phone",
]
