"""In which language a caller reads sentences: RFC 9110, 12.5.4."""

from __future__ import annotations

from typing import Literal

from flask import request

Language = Literal["en", "zh"]


def best_language() -> Language:
    """What the caller reads best of the languages that sentences are written in; English where none is."""
    return "zh" if request.accept_languages.best_match(["en", "zh"]) == "zh" else "en"
