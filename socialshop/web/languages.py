"""In which language a caller reads sentences: RFC 9110, 12.5.4."""

from __future__ import annotations

from functools import lru_cache

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from socialshop.kernel.languages import LANGUAGES, Language


def best_language(otherwise: Language = "en") -> Language:
    """What the caller reads best of the languages that sentences are written in; `otherwise` where none is named."""
    return _best(request.headers.get("Accept-Language", ""), otherwise)


@lru_cache(maxsize=256)
def _best(accept_language: str, otherwise: Language) -> Language:
    found = parse_accept_header(accept_language, LanguageAccept).best_match(LANGUAGES)
    return next((language for language in LANGUAGES if language == found), otherwise)
