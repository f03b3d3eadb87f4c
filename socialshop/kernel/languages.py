"""The languages that the shop speaks."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, Language] = ("en", "zh")


def language_of(name: str) -> Language:
    """The language that a profile names."""
    return "zh" if name == "zh" else "en"
