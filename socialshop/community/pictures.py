"""Pictures that members send: looked at before they are opened, and made anew, so that nothing else travels in them.

A file's own name for its type counts for nothing: it is decoded. What is kept is a WebP of our making without EXIF
(place, camera, owner), without profiles and without a second frame.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from socialshop.community.errors import PictureRefused

MOST_BYTES = 4_000_000
LONGEST_SIDE = 1_280
_QUALITY = 80
# A progressive JPEG of ours has some ten scans; each of thousands costs another walk over the whole picture.
_MOST_SCANS, _SCAN = 64, b"\xff\xda"
# A few kilobytes may say that they are a picture of a billion points. A JPEG is decoded at a fraction of its size.
_MOST_POINTS = {"JPEG": 50_000_000, "PNG": 16_000_000, "WEBP": 16_000_000}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: WebP, upright, at most LONGEST_SIDE either way."""

    width: int
    height: int
    content: bytes


def made_anew(content: bytes) -> Picture:
    """The picture in these bytes. Raises PictureRefused (field `pictures`)."""
    if len(content) > MOST_BYTES:
        raise _refused("a picture may have 4 MB")
    if content.count(_SCAN) > _MOST_SCANS and content.startswith(b"\xff\xd8"):
        raise _refused("a JPEG may have 64 scans")
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes that it would open all the same; the bounds here are our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _drawn(Image.open(io.BytesIO(content), formats=tuple(_MOST_POINTS)))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise _refused("a picture is a JPEG, PNG or WebP") from None


def _drawn(image: Image.Image) -> Picture:
    """Read, turn, shrink and write. Whatever Pillow raises for a broken file comes through."""
    if image.width * image.height > _MOST_POINTS[image.format or ""]:
        raise _refused("a picture may have 16 million points, a JPEG 50 million")
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A canvas of our own takes the points alone: no profile, no text, no place.
    clean = Image.new("RGB", upright.size, "white")
    shown = upright.convert("RGBA")
    clean.paste(shown, mask=shown.getchannel("A"))
    written = io.BytesIO()
    clean.save(written, "WEBP", quality=_QUALITY)
    return Picture(clean.width, clean.height, written.getvalue())


def _refused(why: str) -> PictureRefused:
    return PictureRefused(why, field="pictures")
