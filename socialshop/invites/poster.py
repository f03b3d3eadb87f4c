"""Posters: a picture of a link to send along, with goods, prices, seats, who invites, and the link as a QR code.

The same facts give the same bytes. Seats and clock are as they were when it was drawn; the QR code leads to how it is.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont, ImageOps
from PIL.ImageFont import FreeTypeFont

from socialshop.infra.locales import instant_text, money_text
from socialshop.invites.errors import PosterUnavailable
from socialshop.invites.rules import ShareSubject
from socialshop.invites.typesetting import ellipsize, wrap
from socialshop.invites.wording import POSTER, ladder_words, words
from socialshop.kernel.languages import Language

SIZE = WIDTH, HEIGHT = 750, 1334
# Goes into the ETag: raise it when the drawing changes.
_EDITION = 3
_MARGIN = 56
_INNER = WIDTH - 2 * _MARGIN
_PAPER, _CARD, _LINE = "#faf6ef", "#fffdf9", "#e4d9c8"
_INK, _SOFT, _ACCENT, _ON_ACCENT = "#241f19", "#645a4e", "#a93c1a", "#ffffff"
# The card with the QR code: white with a quiet zone of four modules, as ISO/IEC 18004 asks for.
_QR_SIDE = 300
_QUIET_ZONE = 4
_FOOT = HEIGHT - 430
_TITLE_LINES = 4
_PICTURE_SIDE = 240
_FILES = {"regular": "400Regular/NotoSansSC_400Regular.ttf", "bold": "700Bold/NotoSansSC_700Bold.ttf"}
_NO_SIGN = "\uffff"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a poster says; `subject` None invites to the shop itself. `inviter` is empty for who has left it."""

    subject: ShareSubject | None
    inviter: str
    url: str
    code: str
    language: Language
    zone: str
    # The subject's cover names it, so it need not stand in the tag.
    picture: bytes | None = field(default=None, repr=False)

    def tag(self) -> str:
        """Another text for every other picture."""
        return hashlib.sha256(f"{_EDITION} {self!r}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Fonts:
    """Noto Sans SC in two weights, from the folder of the pages' packages."""

    packages: Path

    @property
    def _folder(self) -> Path:
        return self.packages / "@expo-google-fonts" / "noto-sans-sc"

    def are_there(self) -> bool:
        """Whether posters can be drawn here."""
        return all((self._folder / name).is_file() for name in _FILES.values())

    def get(self, weight: str, size: int) -> FreeTypeFont:
        """The font, opened once a process. Raises PosterUnavailable."""
        try:
            return _opened(str(self._folder / _FILES[weight]), size)
        except OSError:
            raise PosterUnavailable("the fonts of posters are not installed here: run make setup") from None


@lru_cache(maxsize=64)
def draw(sheet: Sheet, fonts: Fonts) -> bytes:
    """The poster as PNG. Raises PosterUnavailable."""
    picture = Image.new("RGB", SIZE, _PAPER)
    pen = _Pen(ImageDraw.Draw(picture), fonts)
    _draw_head(pen, sheet)
    _draw_subject(picture, pen, sheet)
    _draw_foot(pen, sheet)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


class _Pen:
    """Writes down the page, one line below the other."""

    def __init__(self, canvas: ImageDraw.ImageDraw, fonts: Fonts) -> None:
        self.canvas = canvas
        self.fonts = fonts
        self.y = _MARGIN
        self.width = _INNER

    def write(self, text: str, size: int, *, weight: str = "regular", fill: str = _INK, most: int = 1) -> None:
        """Lines of text from the left margin, each as high as the font wants it and a little air."""
        font = self.fonts.get(weight, size)
        measure = font.getlength
        known = drawable(text, font)
        for line in wrap(known, self.width, most, measure) or [""]:
            self.canvas.text((_MARGIN, self.y), line, fill=fill, font=font)
            self.y += round(size * 7 / 5)

    def skip(self, pixels: int) -> None:
        """Leave room."""
        self.y += pixels


def _draw_head(pen: _Pen, sheet: Sheet) -> None:
    """A band with who invites."""
    texts = POSTER[sheet.language]
    name = sheet.inviter or texts["somebody"]
    pen.canvas.rectangle((0, 0, WIDTH, 190), fill=_ACCENT)
    pen.y = 44
    pen.write(name, 44, weight="bold", fill=_ON_ACCENT)
    invites = words(texts, "invites", sheet.subject) if sheet.subject else texts["invites_shop"]
    pen.write(invites, 30, fill=_ON_ACCENT)
    pen.y = 246


def _draw_subject(picture: Image.Image, pen: _Pen, sheet: Sheet) -> None:
    texts, subject, language = POSTER[sheet.language], sheet.subject, sheet.language
    if subject is None:
        pen.write(texts["shop_title"], 64, weight="bold", most=3)
        pen.skip(24)
        pen.write(texts["shop_body"], 32, fill=_SOFT, most=4)
        return
    if subject.brand:
        pen.write(subject.brand, 34, weight="bold", fill=_ACCENT)
    _draw_title(picture, pen, sheet)
    pen.skip(28)
    if subject.price is not None:
        pen.write(words(texts, "together", subject), 28, fill=_SOFT)
        pen.write(money_text(subject.price, language), 84, weight="bold", fill=_ACCENT)
    if subject.price is not None and subject.ladder:
        lowest = ladder_words(language, subject.ladder, subject.price.currency)
        pen.write(texts["ladder"].format(**lowest), 36, weight="bold", fill=_ACCENT)
    if subject.price_alone is not None and subject.price_alone != subject.price:
        pen.write(
            words(texts, "alone", subject).format(price=money_text(subject.price_alone, language)), 30, fill=_SOFT
        )
    for good in subject.goods:
        pen.write(good.title, 30)
        if good.price is not None:
            pen.write(money_text(good.price, language), 38, weight="bold", fill=_ACCENT)
        pen.skip(6)
    pen.skip(16)
    for line in _facts(subject, sheet):
        pen.write(line, 32)


def _draw_title(picture: Image.Image, pen: _Pen, sheet: Sheet) -> None:
    """What it is called, beside its picture where there is one."""
    title, most = (
        ("", 1) if sheet.subject is None else (sheet.subject.title, 2 if sheet.subject.goods else _TITLE_LINES)
    )
    if sheet.picture is None:
        pen.write(title, 52, weight="bold", most=most)
        return
    corner = (WIDTH - _MARGIN - _PICTURE_SIDE, pen.y)
    shown = ImageOps.fit(Image.open(io.BytesIO(sheet.picture)).convert("RGB"), (_PICTURE_SIDE, _PICTURE_SIDE))
    mask = Image.new("L", shown.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *(side - 1 for side in shown.size)), radius=24, fill=255)
    picture.paste(shown, corner, mask)
    pen.width = _INNER - _PICTURE_SIDE - _MARGIN // 2
    pen.write(title, 46, weight="bold", most=most)
    pen.width, pen.y = _INNER, max(pen.y, corner[1] + _PICTURE_SIDE)


def _facts(subject: ShareSubject, sheet: Sheet) -> list[str]:
    """Seats and clock; of what is over, that it is."""
    texts = POSTER[sheet.language]
    if not subject.is_open:
        return [words(texts, "over", subject)]
    lines = []
    if subject.starts_at is not None:
        lines.append(texts["starts"].format(at=instant_text(subject.starts_at, sheet.language, sheet.zone)))
    if subject.size is not None:
        known = "group" if subject.seats_left is None else "seats"
        lines.append(words(texts, known, subject).format(size=subject.size, left=subject.seats_left))
    if subject.ends_at is not None:
        lines.append(texts["ends"].format(at=instant_text(subject.ends_at, sheet.language, sheet.zone)))
    return lines


def _draw_foot(pen: _Pen, sheet: Sheet) -> None:
    """The card with the QR code, what to do with it, and the code in letters."""
    texts = POSTER[sheet.language]
    scan = words(texts, "scan", sheet.subject) if sheet.subject else texts["scan"]
    card = (_MARGIN, _FOOT, WIDTH - _MARGIN, HEIGHT - _MARGIN)
    pen.canvas.rounded_rectangle(card, radius=24, fill=_CARD, outline=_LINE, width=2)
    _draw_qr(pen.canvas, sheet.url, left=_MARGIN + 37, top=_FOOT + 37)
    left = _MARGIN + 37 + _QR_SIDE + 32
    room = WIDTH - _MARGIN - 24 - left
    y = _FOOT + 64
    for text, size, weight, fill in (
        (scan, 30, "bold", _INK),
        (texts["code"], 26, "regular", _SOFT),
        (sheet.code, 34, "bold", _ACCENT),
    ):
        font = pen.fonts.get(weight, size)
        measure = font.getlength
        for line in wrap(text, room, 3, measure):
            pen.canvas.text((left, y), ellipsize(line, room, measure), fill=fill, font=font)
            y += round(size * 7 / 5)
        y += 12


def _draw_qr(canvas: ImageDraw.ImageDraw, url: str, *, left: int, top: int) -> None:
    """The QR code in a white square, its modules as large as whole pixels allow; level M, as the bare codes have."""
    modules = segno.make_qr(url, error="m").matrix
    scale = _QR_SIDE // (len(modules) + 2 * _QUIET_ZONE)
    canvas.rectangle((left, top, left + _QR_SIDE - 1, top + _QR_SIDE - 1), fill="#ffffff")
    edge = (_QR_SIDE - scale * len(modules)) // 2
    for row, line in enumerate(modules):
        for column, dark in enumerate(line):
            if dark:
                x, y = left + edge + column * scale, top + edge + row * scale
                canvas.rectangle((x, y, x + scale - 1, y + scale - 1), fill="#000000")


def drawable(text: str, font: FreeTypeFont) -> str:
    """The text without signs that the font lacks: emoji would be drawn as boxes."""
    return "".join(sign for sign in text if sign.isspace() or _has_sign(font, sign))


@lru_cache(maxsize=8192)
def _has_sign(font: FreeTypeFont, sign: str) -> bool:
    return sign.isprintable() and _shape(font, sign) != _shape(font, _NO_SIGN)


def _shape(font: FreeTypeFont, sign: str) -> bytes:
    return bytes(font.getmask(sign))


@lru_cache(maxsize=32)
def _opened(path: str, size: int) -> FreeTypeFont:
    return ImageFont.truetype(path, size)
