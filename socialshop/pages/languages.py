"""In which language a page speaks. English stands in the code; Chinese in `translations/zh/*.po`, read as they are.

What `?lang=` says, then what the browser remembers (a member's own choice is put there at sign-in), then what its
`Accept-Language` prefers.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.support import NullTranslations, Translations
from flask import Flask, request, url_for
from flask_babel import Babel, Domain, get_locale

from socialshop.kernel.languages import Language
from socialshop.pages import cookies
from socialshop.web.languages import best_language

# In the order in which they are offered.
LANGUAGES: tuple[Language, Language] = ("zh", "en")
NAMES = {"zh": "中文", "en": "English"}
CATALOGUES = Path(__file__).resolve().parent / "translations"


class _Catalogues(Domain):  # type: ignore[misc]
    """The catalogues, compiled in memory: nothing to build, nothing to forget."""

    def get_translations(self) -> NullTranslations:
        """What the reader of this request needs."""
        return translations(str(get_locale()))


def attach(app: Flask) -> None:
    """Translate templates and `gettext` for the reader of each request."""
    babel = Babel(app, default_locale="zh", locale_selector=reader)
    babel.domain_instance = _Catalogues()
    app.jinja_env.globals.update(languages=LANGUAGES, language_names=NAMES, in_language=_in_language, reader=reader)


def reader() -> Language:
    """The language of this request."""
    for said in (asked_for(), request.cookies.get(cookies.LANGUAGE)):
        if said in LANGUAGES:
            return said
    return best_language("zh")


def asked_for() -> Language | None:
    """The language that the address names."""
    said = request.args.get("lang")
    return next((language for language in LANGUAGES if language == said), None)


def is_remembered() -> bool:
    """Whether this browser has a language of its own."""
    return request.cookies.get(cookies.LANGUAGE) in LANGUAGES


@lru_cache(maxsize=4)
def translations(language: str) -> NullTranslations:
    """All catalogues of a language as one; without any, texts stay English."""
    whole = Catalog(locale=language)
    for path in sorted((CATALOGUES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale=language):
                if message.id:
                    whole[message.id] = message
    if not len(whole):
        return NullTranslations()
    compiled = io.BytesIO()
    mofile.write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)


def _in_language(language: Language) -> str:
    """This page in another language."""
    if request.method != "GET" or request.endpoint is None:
        return url_for("shopper.shop_front", lang=language)
    arguments = {**request.args.to_dict(), **(request.view_args or {}), "lang": language}
    return url_for(request.endpoint, **arguments)
