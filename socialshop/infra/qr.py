"""QR codes, as SVG for screens and print and as PNG for everything else."""

from __future__ import annotations

import io
from typing import Literal

import segno

# A module is so many pixels wide; the quiet zone of four modules is what ISO/IEC 18004 asks for.
_SCALE = 10
_QUIET_ZONE = 4


def draw(content: str, form: Literal["svg", "png"]) -> bytes:
    """The QR code of a text; it is still read with 15 % of it covered (level M)."""
    out = io.BytesIO()
    segno.make_qr(content, error="m").save(out, kind=form, scale=_SCALE, border=_QUIET_ZONE)
    return out.getvalue()
