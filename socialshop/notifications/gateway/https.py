"""Telling an endpoint over HTTPS, and nothing else: no address inside the shop's own network is ever reached.

The host is resolved here, every address that it has is looked at (addresses.py), and the connection goes to one of
those: a name that says something else a moment later changes nothing. No redirect is followed, no proxy asked, no byte
of the body read, and all of it ends after so many seconds however slowly the other side speaks.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from threading import Timer
from typing import Protocol
from urllib.parse import urlsplit

from socialshop.infra.outside import OutcomeUnknown, Refused
from socialshop.notifications.addresses import is_loopback, is_public

_SECONDS = 10
_SECONDS_IN_ALL = 20
_GOOD = range(200, 300)
_GONE = 410

Resolve = Callable[[str, int], list[str]]


class Courier(Protocol):
    """Somebody who brings a message to an endpoint."""

    def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Bring it. Raises Refused where the endpoint is gone for good, OutcomeUnknown for all else but a 2xx."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class HttpsCourier:
    """By HTTPS to public addresses; `to_loopback`: also to this very machine, with or without TLS, for trials."""

    def __init__(self, *, to_loopback: bool = False, resolver: Resolve = resolve) -> None:
        self._to_loopback = to_loopback
        self._resolve = resolver

    @cached_property
    def _context(self) -> ssl.SSLContext:
        # Reading all authorities takes a while, and most processes never need them.
        return ssl.create_default_context()

    def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """See Courier."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection = _Pinned(host, port, self._checked(host, port, tls=parts.scheme == "https"))
        if parts.scheme == "https":
            connection.context = self._context
        status = _status(connection, target, headers, body)
        if status == _GONE:
            raise Refused(f"http {status}")
        if status not in _GOOD:
            raise OutcomeUnknown(f"http {status}")

    def _checked(self, host: str, port: int, *, tls: bool) -> str:
        """An address to connect to. Raises OutcomeUnknown where one of the host's is none that may be reached."""
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError):
            raise OutcomeUnknown("name not found") from None
        for address in addresses:
            allowed = (tls and is_public(address)) or (self._to_loopback and is_loopback(address))
            if not allowed:
                raise OutcomeUnknown("address not allowed")
        if not addresses:
            raise OutcomeUnknown("name not found")
        return addresses[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to this address and no other, whatever the name means by now; its certificate is the name's."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=_SECONDS)
        self.address = address
        self.context: ssl.SSLContext | None = None
        self.was_cut = False

    def connect(self) -> None:
        """Connect to the address that was checked."""
        self.sock = socket.create_connection((self.address, self.port), _SECONDS)
        if self.context is not None:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End it at once, from another thread."""
        self.was_cut = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _status(connection: _Pinned, target: str, headers: Mapping[str, str], body: bytes) -> int:
    """The status of the answer; its body is not read. Raises OutcomeUnknown."""
    # Every step has its own limit; this one is for whoever speaks a byte at a time.
    deadline = Timer(_SECONDS_IN_ALL, connection.cut)
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", target, body=body, headers={**headers, "Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OutcomeUnknown("too slow" if connection.was_cut else type(error).__name__) from None
    finally:
        deadline.cancel()
        connection.close()
    if connection.was_cut:
        raise OutcomeUnknown("too slow")
    return status
