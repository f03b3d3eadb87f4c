"""Pictures for the demo's reviews and notes, drawn when they are needed: a cup of tea in two kinds of light."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH, _HEIGHT = 960, 720
_MORNING = ((252, 240, 214), (222, 186, 138), (148, 104, 66), (122, 148, 58))
_EVENING = ((64, 72, 104), (198, 132, 96), (82, 54, 44), (176, 88, 34))


def morning_cup() -> bytes:
    """A cup of green tea by a window."""
    return _cup(*_MORNING)


def evening_cup() -> bytes:
    """A cup of black tea at dusk."""
    return _cup(*_EVENING)


Colour = tuple[int, int, int]


def _cup(sky: Colour, table: Colour, edge: Colour, tea: Colour) -> bytes:
    from PIL import Image, ImageDraw, ImageFilter

    picture = Image.new("RGB", (_WIDTH, _HEIGHT), sky)
    draw = ImageDraw.Draw(picture)
    for line, colour in _fading(sky, table):
        draw.line((0, line, _WIDTH, line), colour)
    draw.rectangle((0, 470, _WIDTH, _HEIGHT), table)
    draw.ellipse((250, 560, 730, 640), edge)
    picture = picture.filter(ImageFilter.GaussianBlur(14))
    draw = ImageDraw.Draw(picture)
    china = (248, 246, 240)
    draw.ellipse((260, 530, 700, 620), (232, 228, 218))
    draw.arc((610, 330, 760, 500), -100, 110, china, 26)
    draw.pieslice((300, 140, 660, 590), 0, 180, china)
    draw.ellipse((300, 320, 660, 410), china)
    draw.ellipse((318, 332, 642, 400), tea)
    draw.ellipse((360, 344, 470, 364), tuple(min(255, part + 60) for part in tea))
    for place, left in enumerate((400, 470, 540)):
        draw.arc((left, 130 + 20 * place, left + 60, 310), 80, 260, (255, 255, 255), 5)
    written = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1)).save(written, "JPEG", quality=85)
    return written.getvalue()


def _fading(top: Colour, bottom: Colour) -> Iterator[tuple[int, Colour]]:
    """From the first colour to the second, line by line."""
    for line in range(_HEIGHT):
        red, green, blue = (
            (high * (_HEIGHT - line) + low * line) // _HEIGHT for high, low in zip(top, bottom, strict=True)
        )
        yield line, (red, green, blue)
