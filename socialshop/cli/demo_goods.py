"""Pictures of the demo's goods, drawn when they are needed: tea hills, towels, oranges, a quilt. No file is kept."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

SIZE = WIDTH, HEIGHT = 1_200, 900
Colour = tuple[int, int, int]


def hills() -> bytes:
    """Tea hills in the mist, one behind the other."""
    image, draw = _faded((250, 236, 214), (214, 226, 214))
    draw.ellipse((820, 110, 960, 250), (255, 214, 150))
    image = _soft(image, 6)
    ranges = (
        ((188, 208, 198), 380, 70, 310, 0.4),
        ((142, 178, 160), 480, 80, 240, 1.7),
        ((96, 142, 116), 590, 70, 280, 3.0),
        ((58, 108, 78), 700, 50, 330, 4.2),
    )
    for place, (colour, height, rise, length, shift) in enumerate(ranges):
        draw = _pen(image)
        draw.polygon(_ridge(height, rise, length, shift), colour)
        image = _soft(image, 3 - place)
    draw = _pen(image)
    for row in range(5):
        top = 745 + 36 * row
        for column in range(-1, 22):
            left = column * 60 + (row % 2) * 30
            draw.ellipse((left, top, left + 66, top + 44), _mixed((44, 96, 60), (110, 160, 74), row / 5))
            draw.ellipse((left + 14, top + 4, left + 44, top + 20), _mixed((84, 138, 70), (160, 200, 110), row / 5))
    return _written(image)


def leaves() -> bytes:
    """Two leaves and a bud over a bowl."""
    image, draw = _faded((246, 240, 226), (226, 208, 178))
    draw.ellipse((250, 640, 950, 820), (196, 172, 138))
    image = _soft(image, 18)
    draw = _pen(image)
    draw.pieslice((300, 330, 900, 800), 0, 180, (250, 248, 242))
    draw.ellipse((300, 500, 900, 640), (238, 234, 224))
    draw.ellipse((326, 512, 874, 628), (176, 178, 86))
    draw.ellipse((420, 530, 640, 560), (206, 206, 128))
    for centre, turn, long in (((560, 500), -0.9, 250), ((650, 500), 0.7, 230), ((605, 470), -0.1, 190)):
        draw.polygon(_leaf(centre, turn, long), (72, 122, 62))
        tip = (centre[0] + math.sin(turn) * long * 0.9, centre[1] - math.cos(turn) * long * 0.9)
        draw.line((*centre, *tip), (142, 182, 104), 5)
    return _written(image)


def towels() -> bytes:
    """Four folded towels, one on the other."""
    image, draw = _faded((238, 240, 242), (206, 212, 216))
    draw.ellipse((170, 740, 1_030, 850), (164, 170, 174))
    image = _soft(image, 16)
    draw = _pen(image)
    colours = ((226, 206, 186), (150, 184, 190), (240, 236, 228), (206, 140, 116))
    for place, colour in enumerate(colours):
        top = 640 - 135 * place
        left, right = 220 + 12 * place, 980 - 16 * place
        draw.rounded_rectangle((left, top, right, top + 140), 64, _mixed(colour, (60, 50, 44), 0.16))
        draw.rounded_rectangle((left, top - 6, right, top + 118), 60, colour)
        for line in (52, 70):
            draw.line((left + 30, top + line, right - 30, top + line), _mixed(colour, (255, 255, 255), 0.5), 7)
        draw.arc((right - 110, top + 4, right - 10, top + 108), -90, 90, _mixed(colour, (60, 50, 44), 0.25), 5)
    return _written(image)


def oranges() -> bytes:
    """Oranges in a heap, two with a leaf."""
    image, draw = _faded((252, 240, 220), (238, 216, 178))
    draw.rectangle((0, 680, WIDTH, HEIGHT), (186, 140, 96))
    for line in range(700, HEIGHT, 46):
        draw.line((0, line, WIDTH, line + 8), (170, 124, 82), 4)
    draw.ellipse((120, 700, 1_090, 840), (140, 98, 62))
    image = _soft(image, 9)
    heap = ((300, 640), (540, 660), (780, 650), (980, 670), (420, 450), (660, 440), (540, 270))
    for centre in heap:
        _ball(image, centre, 140, (246, 146, 36))
    draw = _pen(image)
    for centre, turn in (((540, 150), 1.1), ((660, 320), -1.0)):
        draw.polygon(_leaf(centre, turn, 150), (76, 128, 58))
    return _written(image)


def quilt() -> bytes:
    """A quilt in soft squares, turned back at a corner."""
    image, _draw = _faded((232, 226, 236), (214, 206, 222))
    side = 150
    for top in range(-side, HEIGHT + side, side):
        for left in range(-side, WIDTH + side, side):
            shift = side // 2 if (top // side) % 2 else 0
            _puff(image, (left + shift, top), side)
    draw = _pen(image)
    draw.polygon(((0, 0), (620, 0), (0, 470)), (176, 152, 188))
    draw.polygon(((0, 0), (590, 0), (0, 446)), (198, 178, 208))
    for step in range(1, 8):
        draw.line((0, 56 * step, 74 * step, 0), (186, 164, 198), 3)
    return _written(image)


# Of each of the demo's goods by its code: pictures with what they show, in English and Chinese.
PICTURES: dict[str, tuple[tuple[Callable[[], bytes], str, str], ...]] = {
    "TEA-500": (
        (hills, "Rows of tea on hills in the morning mist", "晨雾里的茶山"),
        (leaves, "Two fresh leaves and a bud over a bowl of tea", "茶碗上的一芽两叶"),
    ),
    "TOWEL-4": ((towels, "Four folded towels in four colours", "四条叠好的彩色毛巾"),),
    "ORANGE-5": ((oranges, "A heap of oranges on a wooden table", "木桌上的一堆脐橙"),),
    "QUILT-200": ((quilt, "A light quilt, turned back at a corner", "掀开一角的羽绒被"),),
}


def _faded(top: Colour, bottom: Colour) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A surface that passes from one colour to the other."""
    from PIL import Image

    image = Image.new("RGB", SIZE)
    draw = _pen(image)
    for line in range(HEIGHT):
        draw.line((0, line, WIDTH, line), _mixed(top, bottom, line / HEIGHT))
    return image, draw


def _pen(image: Image.Image) -> ImageDraw.ImageDraw:
    from PIL import ImageDraw

    return ImageDraw.Draw(image)


def _soft(image: Image.Image, radius: int) -> Image.Image:
    from PIL import ImageFilter

    return image.filter(ImageFilter.BoxBlur(radius)) if radius > 0 else image


def _ridge(height: int, rise: int, length: int, shift: float) -> list[tuple[float, float]]:
    """The line of a row of hills, closed at the picture's foot."""
    line = [
        (at, height - rise * (math.sin(at / length + shift) + 0.45 * math.sin(at * 2.3 / length + 2 * shift)))
        for at in range(0, WIDTH + 12, 12)
    ]
    return [*line, (WIDTH, HEIGHT), (0, HEIGHT)]


def _leaf(foot: tuple[int, int], turn: float, long: int) -> list[tuple[float, float]]:
    """A leaf from its foot on, turned so far from upright."""
    steps = [place / 16 for place in range(17)]
    wide = [(long * at, long * 0.24 * math.sin(math.pi * at) ** 0.8) for at in steps]
    outline = [(out, side) for out, side in wide] + [(out, -side) for out, side in reversed(wide)]
    sine, cosine = math.sin(turn), math.cos(turn)
    return [(foot[0] + out * sine + side * cosine, foot[1] - out * cosine + side * sine) for out, side in outline]


def _ball(image: Image.Image, centre: tuple[int, int], radius: int, colour: Colour) -> None:
    """A ball in the light, from its dark edge to the spot where it shines."""
    draw = _pen(image)
    for step in range(40):
        part = step / 40
        size = radius * (1 - part)
        left, top = centre[0] - 0.32 * radius * part, centre[1] - 0.36 * radius * part
        dark, light = _mixed(colour, (120, 50, 0), 0.32), _mixed(colour, (255, 240, 200), 0.5)
        draw.ellipse((left - size, top - size, left + size, top + size), _mixed(dark, light, part**1.3))


def _puff(image: Image.Image, corner: tuple[int, int], side: int) -> None:
    """A square of a quilt, round in the light."""
    draw = _pen(image)
    for step in range(14):
        inset = step * side / 34
        box = (corner[0] + inset, corner[1] + inset, corner[0] + side - inset - 3, corner[1] + side - inset - 3)
        draw.rounded_rectangle(box, 34, _mixed((206, 196, 216), (250, 248, 252), step / 14))


def _mixed(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _written(image: Image.Image) -> bytes:
    """The picture at two thirds of the size it was drawn at, which makes its edges smooth."""
    out = io.BytesIO()
    image.resize((WIDTH * 2 // 3, HEIGHT * 2 // 3)).save(out, "JPEG", quality=90)
    return out.getvalue()
