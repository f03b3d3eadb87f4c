"""What a watcher asks: the one request that a connection carries, read once it is whole."""

from __future__ import annotations

import http.client
import io
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from socialshop.kernel.ids import from_public
from socialshop.rooms.schemas import event_seen
from socialshop.web.problems import (
    MALFORMED_REQUEST,
    METHOD_NOT_ALLOWED,
    NO_SUCH_PATH,
    Refused,
)

MOST_BYTES = 8_192
HEALTH = "/healthz"
_BEFORE, _BEHIND = "/api/v1/rooms/", "/events"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of an event stream (`room_id`), or of the process's health (no room); `address` is who asks."""

    room_id: uuid.UUID | None
    after: int
    address: str


def read(head: bytes, peer: str, trusted_proxies: int) -> Asked:
    """What the head of a request asks; `peer` is who is connected. Raises Refused and NotFound."""
    first, _, rest = head.partition(b"\r\n")
    words = first.decode("latin-1").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004 (method, target, version)
        raise Refused(MALFORMED_REQUEST, "this is no request that the shop can read")
    try:
        headers = http.client.parse_headers(io.BytesIO(rest))
        path = urlsplit(words[1]).path
    except (http.client.HTTPException, ValueError):
        raise Refused(MALFORMED_REQUEST, "this is no request that the shop can read") from None
    address = _address(headers.get_all("X-Forwarded-For", []), peer, trusted_proxies)
    is_of_room = path.startswith(_BEFORE) and path.endswith(_BEHIND)
    if path != HEALTH and not is_of_room:
        raise Refused(NO_SUCH_PATH, "there is nothing at this address")
    if words[0] != "GET":
        raise Refused(METHOD_NOT_ALLOWED, "this address does not know that method")
    room_id = from_public("room", path[len(_BEFORE) : -len(_BEHIND)]) if is_of_room else None
    return Asked(room_id, event_seen(headers.get("Last-Event-ID", "")), address)


def _address(forwarded: list[str], peer: str, trusted_proxies: int) -> str:
    """Who asks, as the last proxy that is trusted was told; what a visitor claims about itself counts for nothing."""
    hops = [hop.strip() for hop in ",".join(forwarded).split(",") if hop.strip()]
    return hops[-trusted_proxies] if 0 < trusted_proxies <= len(hops) else peer
