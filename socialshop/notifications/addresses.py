"""Which network addresses a webhook may go to: public ones, never the shop's own network or its host's. Pure.

An IPv6 address may carry an IPv4 one inside (mapped, compatible, 6to4, Teredo, NAT64): then both must be public.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from socialshop.kernel.errors import InvalidValue

_LONGEST_URL = 500
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
# What IANA has given to the internet so far; else only what carries an IPv4 address inside.
_UNICAST = IPv6Network("2000::/3")
# Public by their number, and still the host's own: the metadata of a cloud's machines.
_HOSTS_OWN = (ip_network("168.63.129.16/32"), ip_network("192.0.0.0/24"))


def is_public(address: str) -> bool:
    """Whether this address, and every other that is written inside it, is one of the public internet."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return all(_is_public(each) for each in (found, *_inside(found)))


def is_loopback(address: str) -> bool:
    """Whether this is the very machine."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def check_url(url: str, *, to_loopback: bool) -> str:
    """The address of an endpoint: https, a host, no user. Raises InvalidValue (url).

    A host that is written as a number is looked at here already; a name is whenever something is sent to it.
    """
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidValue("an address such as https://example.com/hooks is wanted", field="url")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise InvalidValue("an address such as https://example.com/hooks is wanted", field="url") from None
    schemes = ("https", "http") if to_loopback else ("https",)
    if parts.scheme not in schemes or not host or "@" in parts.netloc or parts.fragment:
        raise InvalidValue("an address such as https://example.com/hooks is wanted", field="url")
    if _is_number(host) and not (is_public(host) or (to_loopback and is_loopback(host))):
        raise InvalidValue("this address is not one of the public internet", field="url")
    return url


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    named = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    known = isinstance(address, IPv4Address) or address.ipv4_mapped or address in _UNICAST or address in _NAT64
    return (
        address.is_global
        and bool(known)
        and not named
        and not any(address in net for net in _HOSTS_OWN if net.version == address.version)
    )


def _inside(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address]:
    if isinstance(address, IPv4Address):
        return
    for found in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
        if found is not None:
            yield found
    if address in _NAT64 or address in _COMPATIBLE:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
