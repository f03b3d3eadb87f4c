"""Pictures of goods and banners of storefronts, as they are shown: by what names their content, and in words. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_PICTURES = 8
LONGEST_ALT = 200


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture without its bytes: `digest` names them; width and height are those of the largest size.

    What it shows is said in English and Chinese, for who does not see it.
    """

    id: uuid.UUID
    digest: str
    width: int
    height: int
    alt_en: str
    alt_zh: str

    def alt(self, language: str) -> str:
        """What it shows, in the reader's language."""
        return self.alt_zh if language == "zh" else self.alt_en

    def within(self, side: int) -> tuple[int, int]:
        """Width and height of the size whose longest side is this."""
        longest = max(self.width, self.height, side)
        return max(1, self.width * side // longest), max(1, self.height * side // longest)


def read(kept: Mapping[str, Any] | None) -> ShownPicture | None:
    """The picture that a statement found; None where there is none."""
    return None if kept is None else ShownPicture(**{**kept, "id": uuid.UUID(kept["id"])})


def read_all(kept: Iterable[Mapping[str, Any]]) -> tuple[ShownPicture, ...]:
    """The pictures that a statement found, in their order."""
    return tuple(found for each in kept if (found := read(each)) is not None)
