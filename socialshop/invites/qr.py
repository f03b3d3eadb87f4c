"""QR codes of links: SVG for screens and print, PNG for everything else."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Literal

import segno

# A module is so many pixels wide; the quiet zone of four modules is what ISO/IEC 18004 asks for.
_SCALE = 10
_QUIET_ZONE = 4


@lru_cache(maxsize=256)
def draw(url: str, form: Literal["svg", "png"]) -> bytes:
    """The QR code of an address; it is still read with 15 % of it covered (level M)."""
    out = io.BytesIO()
    segno.make_qr(url, error="m").save(out, kind=form, scale=_SCALE, border=_QUIET_ZONE)
    return out.getvalue()
