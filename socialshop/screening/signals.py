"""What tells that two accounts may be of one hand, told as hashes: two that are equal are the same, nothing more.

What is hashed is first brought into one spelling. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

# What an access provider gives one household, and what lies around one address of the old kind.
_V6_HOUSEHOLD = 64
_V4_VICINITY = 24
# A shorter name before the numbers is common to strangers: li1@… and li2@….
_LEAST_FAMILY = 5
_CHINA_MOBILE = 11


class Kind(StrEnum):
    """What a mark is of."""

    DEVICE = "device"
    NETWORK = "network"
    ADDRESS = "address"
    PHONE = "phone"
    INSTRUMENT = "instrument"
    PAYOUT_ACCOUNT = "payout_account"
    EMAIL_FAMILY = "email_family"


class Mark(NamedTuple):
    """A hashed signal."""

    kind: Kind
    mark: bytes


@dataclass(frozen=True, slots=True)
class Signals:
    """Hashes of a request's device and network; None where nothing can be told.

    A `device` may be told by its program and network alone, which a whole office shares; `browser` is one that carries
    the shop's cookie. `vicinity` is the network and its neighbours.
    """

    device: bytes | None = None
    network: bytes | None = None
    browser: bytes | None = None
    vicinity: bytes | None = None


NO_SIGNALS = Signals()


def network_of(address: str | None) -> str | None:
    """The network of an address; None for loopback and private ones, which many share without knowing each other."""
    found = _global(address)
    if found is None or isinstance(found, ipaddress.IPv4Address):
        return None if found is None else str(found)
    return str(ipaddress.ip_network((found, _V6_HOUSEHOLD), strict=False))


def vicinity_of(address: str | None) -> str | None:
    """The /24 around an address of the old kind, the /64 of a new one; None as `network_of` says."""
    found = _global(address)
    if found is None:
        return None
    around = _V4_VICINITY if isinstance(found, ipaddress.IPv4Address) else _V6_HOUSEHOLD
    return str(ipaddress.ip_network((found, around), strict=False))


def email_family(email: str | None) -> str | None:
    """What anna.k+1@… and annak2@… have in common; None where too little is left for that to say anything."""
    local, at, domain = (email or "").casefold().rpartition("@")
    base = re.sub(r"\d+$", "", local.partition("+")[0].replace(".", ""))
    return f"{base}@{domain}" if at and len(base) >= _LEAST_FAMILY else None


def phone_digits(phone: str | None) -> str | None:
    """A telephone number in one spelling, with its country; one of eleven digits that begins with 1 is Chinese."""
    digits = re.sub(r"\D", "", phone or "").lstrip("0")
    if len(digits) == _CHINA_MOBILE and digits.startswith("1"):
        digits = f"86{digits}"
    return digits or None


def place_of(*parts: str) -> str | None:
    """An address in one spelling: letters and digits alone."""
    return re.sub(r"[\W_]", "", "".join(parts).casefold()) or None


def hashed(key: bytes, kind: str, value: str) -> bytes:
    """A mark that cannot be turned back: addresses are few, so it is keyed with the shop's secret."""
    return hmac.digest(key, f"{kind} {value}".encode(), hashlib.sha256)


def _global(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return found if found.is_global else None
