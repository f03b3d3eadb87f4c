"""The rows of a side bar."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel.speaklater import LazyString


class Tab(NamedTuple):
    """`name` is what a page says as its `tab`; `icon` one of components/icon.html."""

    name: str
    endpoint: str
    icon: str
    words: LazyString
