"""Where something came from, told as hashes: two that are equal came from the same device or network, nothing more."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass

# What an access provider gives one household.
_V6_HOUSEHOLD = 64


@dataclass(frozen=True, slots=True)
class Signals:
    """Hashes of a request's device and network; None where nothing can be told."""

    device: bytes | None = None
    network: bytes | None = None


NO_SIGNALS = Signals()


def network_of(address: str | None) -> str | None:
    """The network of an address; None for loopback and private ones, which many share without knowing each other."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if not found.is_global:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, _V6_HOUSEHOLD), strict=False))


def hashed(key: bytes, kind: str, value: str) -> bytes:
    """A mark that cannot be turned back: addresses are few, so it is keyed with the shop's secret."""
    return hmac.digest(key, f"{kind} {value}".encode(), hashlib.sha256)
