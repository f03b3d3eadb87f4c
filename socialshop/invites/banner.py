"""Banners: a small picture of what a link leads to, for pages of others. The same facts give the same bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from socialshop.infra.locales import money_text
from socialshop.invites.poster import Fonts, drawable
from socialshop.invites.rules import ShareSubject
from socialshop.invites.typesetting import ellipsize, wrap
from socialshop.invites.wording import POSTER, words
from socialshop.kernel.languages import Language

SIZE = WIDTH, HEIGHT = 468, 120
_MARGIN = 18
_PAPER, _INK, _SOFT, _ACCENT = "#faf6ef", "#241f19", "#645a4e", "#a93c1a"
_EDGE = 6
# Ink, paper and what lies between them: letters stay smooth, and a banner has a few kilobytes.
_COLOURS = 16


@dataclass(frozen=True, slots=True)
class Strip:
    """What a banner says; without a subject it names the shop alone."""

    subject: ShareSubject | None
    language: Language


@lru_cache(maxsize=256)
def draw(strip: Strip, fonts: Fonts) -> bytes:
    """The banner as PNG. Raises PosterUnavailable."""
    picture = Image.new("RGB", SIZE, _PAPER)
    canvas = ImageDraw.Draw(picture)
    canvas.rectangle((0, 0, _EDGE, HEIGHT), fill=_ACCENT)
    texts, subject = POSTER[strip.language], strip.subject
    title = texts["shop_title"] if subject is None else subject.title
    y = _MARGIN
    font = fonts.get("bold", 24)
    for line in wrap(drawable(title, font), WIDTH - 2 * _MARGIN, 2 if _price(strip) == [] else 1, font.getlength):
        canvas.text((_MARGIN, y), line, fill=_INK, font=font)
        y += 36
    x = float(_MARGIN)
    for text, size, weight, fill in _price(strip):
        font = fonts.get(weight, size)
        shown = ellipsize(text, WIDTH - _MARGIN - x, font.getlength)
        canvas.text((x, HEIGHT - _MARGIN), shown, fill=fill, font=font, anchor="ls")
        x += font.getlength(shown) + 12
    out = io.BytesIO()
    picture.quantize(_COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _price(strip: Strip) -> list[tuple[str, int, str, str]]:
    """Texts of the price together and alone, each with its size, weight and colour."""
    subject, texts = strip.subject, POSTER[strip.language]
    if subject is None or subject.price is None:
        return []
    found = [
        (words(texts, "together", subject), 18, "regular", _SOFT),
        (money_text(subject.price, strip.language), 34, "bold", _ACCENT),
    ]
    if subject.price_alone is not None and subject.price_alone != subject.price:
        alone = words(texts, "alone", subject).format(price=money_text(subject.price_alone, strip.language))
        found.append((alone, 16, "regular", _SOFT))
    return found
