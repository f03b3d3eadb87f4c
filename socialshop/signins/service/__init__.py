"""The door of signing in otherwise than by password."""

from __future__ import annotations

from socialshop.signins.rules import LONGEST_PASSKEY_NAME, LONGEST_PHONE
from socialshop.signins.service.passkeys import (
    add_passkey,
    begin_passkey,
    begin_passkey_sign_in,
    party,
    passkeys_of,
    purge_challenges,
    remove_passkey,
    rename_passkey,
    sign_in_by_passkey,
)
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
from socialshop.signins.service.stepping import (
    Authenticator,
    Pending,
    authenticator_of,
    begin_totp,
    code_now,
    confirm_totp,
    give_totp,
    pending_of,
    remove_totp,
    renew_recovery_codes,
    spend_code,
    step_up,
)
from socialshop.signins.store.passkeys import PasskeyRow
from socialshop.signins.store.personal import PERSONAL
from socialshop.signins.store.phones import PhoneRow
from socialshop.signins.webauthn import RelyingParty

__all__ = [
    "LONGEST_PASSKEY_NAME",
    "LONGEST_PHONE",
    "PERSONAL",
    "Authenticator",
    "PasskeyRow",
    "Pending",
    "PhoneRow",
    "RelyingParty",
    "add_passkey",
    "ask_phone_link",
    "ask_phone_sign_in",
    "authenticator_of",
    "begin_passkey",
    "begin_passkey_sign_in",
    "begin_totp",
    "code_now",
    "confirm_phone",
    "confirm_totp",
    "give_totp",
    "party",
    "passkeys_of",
    "pending_of",
    "phone_of",
    "purge_challenges",
    "purge_codes",
    "remove_passkey",
    "remove_phone",
    "remove_totp",
    "rename_passkey",
    "renew_recovery_codes",
    "send_codes",
    "sign_in_by_passkey",
    "sign_in_by_phone",
    "spend_code",
    "step_up",
]
