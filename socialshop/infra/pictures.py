"""Pictures that people send: looked at before they are opened, and made anew, so that nothing else travels in them.

A file's own name for its type counts for nothing: it is decoded. What is kept is a WebP of our making without EXIF
(place, camera, owner), without profiles and without a second frame.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageOps, UnidentifiedImageError

from socialshop.kernel.errors import DomainError, Kind

MOST_BYTES = 4_000_000
LONGEST_SIDE = 1_280
_QUALITY = 80
# A progressive JPEG of ours has some ten scans; each of thousands costs another walk over the whole picture.
_MOST_SCANS, _SCAN = 64, b"\xff\xda"
# Where Pillow keeps EXIF.
_EXIF = ("exif", "Raw profile type exif")
# A few kilobytes may say that they are a picture of a billion points. A JPEG is decoded at a fraction of its size.
_MOST_POINTS = {"JPEG": 50_000_000, "PNG": 16_000_000, "WEBP": 16_000_000}
# A page of a link is read on slow phones: what it shows of a picture has a bound in bytes, whatever is in it.
_QUALITIES = (_QUALITY, 65, 50, 35, 20)
_DIGEST_LENGTH = 32
DIGEST = re.compile(rf"[0-9a-f]{{{_DIGEST_LENGTH}}}", re.ASCII)


class PictureRefused(DomainError):
    """The file is no picture that the shop takes, or one that is too large."""

    code = "picture_refused"
    kind = Kind.INVALID


class Size(StrEnum):
    """In which sizes a picture of goods is kept: for a card, for a phone's width, and to look at closely."""

    SMALL = "small"
    MIDDLE = "middle"
    LARGE = "large"


# The longest side in points, and the most bytes, of the smaller sizes.
BOUNDS: Mapping[Size, tuple[int, int]] = {Size.SMALL: (320, 24_000), Size.MIDDLE: (720, 60_000)}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: WebP, upright, at most LONGEST_SIDE either way."""

    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class SizedPicture:
    """A picture in every size; `digest` names its content, and its width and height are those of the largest."""

    digest: str
    width: int
    height: int
    sizes: Mapping[Size, bytes]


def made_anew(content: bytes, field: str = "pictures") -> Picture:
    """The picture in these bytes. Raises PictureRefused (at `field`)."""
    clean = _opened(content, field)
    return Picture(clean.width, clean.height, _written(clean, _QUALITY))


def in_sizes(content: bytes, field: str) -> SizedPicture:
    """The picture in these bytes in every size. Raises PictureRefused (at `field`)."""
    clean = _opened(content, field)
    large = _written(clean, _QUALITY)
    sizes = {size: _bounded(clean, *bounds) for size, bounds in BOUNDS.items()} | {Size.LARGE: large}
    return SizedPicture(hashlib.sha256(large).hexdigest()[:_DIGEST_LENGTH], clean.width, clean.height, sizes)


def decoded(sent: Sequence[str], field: str = "pictures") -> list[bytes]:
    """The files that came in base64. Raises PictureRefused (at `field`) for what is no base64."""
    try:
        return [base64.b64decode(picture, validate=True) for picture in sent]
    except (binascii.Error, ValueError):
        raise PictureRefused("pictures are sent in base64", field=field) from None


def _opened(content: bytes, field: str) -> Image.Image:
    if len(content) > MOST_BYTES:
        raise PictureRefused("a picture may have 4 MB", field=field)
    if content.count(_SCAN) > _MOST_SCANS and content.startswith(b"\xff\xd8"):
        raise PictureRefused("a JPEG may have 64 scans", field=field)
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes that it would open all the same; the bounds here are our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _drawn(Image.open(io.BytesIO(content), formats=tuple(_MOST_POINTS)), field)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise PictureRefused("a picture is a JPEG, PNG or WebP", field=field) from None


def _drawn(image: Image.Image, field: str) -> Image.Image:
    """Read, turn and shrink. Whatever Pillow raises for a broken file comes through."""
    if image.width * image.height > _MOST_POINTS[image.format or ""]:
        raise PictureRefused("a picture may have 16 million points, a JPEG 50 million", field=field)
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    # How it is turned is read here. Turning it, Pillow would write the rest anew too, and breaks at much that is amiss.
    image.getexif()
    for name in _EXIF:
        image.info.pop(name, None)
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A canvas of our own takes the points alone: no profile, no text, no place.
    clean = Image.new("RGB", upright.size, "white")
    shown = upright.convert("RGBA")
    clean.paste(shown, mask=shown.getchannel("A"))
    return clean


def _bounded(clean: Image.Image, side: int, most_bytes: int) -> bytes:
    """The picture with this longest side and at most so many bytes: coarser where it must be, at last smaller."""
    small = clean.copy()
    small.thumbnail((side, side))
    for quality in _QUALITIES:
        written = _written(small, quality)
        if len(written) <= most_bytes:
            return written
    return _bounded(clean, side * 3 // 4, most_bytes)


def _written(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality)
    return out.getvalue()
