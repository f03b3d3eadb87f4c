"""The languages that the shop speaks."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, Language] = ("en", "zh")


def language_of(name: str | None) -> Language:
    """The language that a profile names; the shop's own, Chinese, where it names none."""
    return "zh" if name in (None, "zh") else "en"
