"""QR codes of links, those that are looked at kept for the next who does."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from socialshop.infra import qr


@lru_cache(maxsize=256)
def draw(url: str, form: Literal["svg", "png"]) -> bytes:
    """The QR code of an address."""
    return qr.draw(url, form)
