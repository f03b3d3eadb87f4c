"""Wire shapes of pictures of goods and of banners."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from socialshop.deals.service import LONGEST_ALT, MOST_PICTURES, PICTURE_PREFIX, NewPicture, ShownPicture
from socialshop.infra.pictures import Size, decoded
from socialshop.kernel.ids import from_public, to_public
from socialshop.web.schemas import Wire, with_example

PICTURES = "/goods-pictures"
_DIGEST = "0123456789abcdef0123456789abcdef"
PICTURE: dict[str, Any] = {
    "id": "gpc_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "width": 1280,
    "height": 960,
    "alt_en": "A tin of green tea, open",
    "alt_zh": "打开的绿茶罐",
    **{f"{size}_url": f"/api/v1{PICTURES}/{_DIGEST}/{size}" for size in Size},
}
# The smallest picture that there is, so that the example can be sent as it stands.
_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
Alt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ALT)]


class PictureWire(Wire):
    """A picture: WebP without anything else in it, in three sizes. An address names its content and is kept for ever.

    Width and height are those of the large one, at most 1280 points; the others have at most 320 and 720.
    """

    model_config = with_example(PICTURE)

    id: str
    width: int
    height: int
    alt_en: str
    alt_zh: str
    small_url: str
    middle_url: str
    large_url: str

    @classmethod
    def of(cls, shown: ShownPicture) -> PictureWire:
        """The wire form of a picture."""
        urls = {f"{size}_url": f"/api/v1{PICTURES}/{shown.digest}/{size}" for size in Size}
        said = {"alt_en": shown.alt_en, "alt_zh": shown.alt_zh}
        return cls(id=to_public(PICTURE_PREFIX, shown.id), width=shown.width, height=shown.height, **said, **urls)

    @classmethod
    def or_none(cls, shown: ShownPicture | None) -> PictureWire | None:
        """The wire form of a picture; null where there is none."""
        return None if shown is None else cls.of(shown)


class DraftPicture(Wire):
    """A picture to show: JPEG, PNG or WebP in base64, and what it shows in both languages."""

    model_config = with_example({"content": _DOT, "alt_en": "A tin of green tea, open", "alt_zh": "打开的绿茶罐"})

    content: str = Field(description="scale it down first: 1280 points are kept, and a body may have a megabyte")
    alt_en: Alt
    alt_zh: Alt

    def new(self) -> NewPicture:
        """The command. Raises PictureRefused for what is no base64."""
        return NewPicture(decoded([self.content], "content")[0], self.alt_en, self.alt_zh)


class PictureWords(Wire):
    """What a picture shows, in both languages."""

    model_config = with_example({"alt_en": "A tin of green tea, open", "alt_zh": "打开的绿茶罐"})

    alt_en: Alt
    alt_zh: Alt


class BannerRemoval(Wire):
    """Why the shop takes a banner down: the audit record keeps it."""

    model_config = with_example({"reason": "It shows goods that are not sold here."})

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class PictureOrder(Wire):
    """A product's pictures, all of them, in the order in which they are shown."""

    model_config = with_example({"ids": ["gpc_01k9w3q2mxe5tb6v8c4yd7r1hz"]})

    ids: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=MOST_PICTURES)]

    def keys(self) -> list[Any]:
        """The keys of the pictures. Raises NotFound for an id that is no picture's."""
        return [from_public(PICTURE_PREFIX, picture) for picture in self.ids]
