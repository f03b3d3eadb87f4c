"""The places of a desk: what its bar and its menu lead to, in groups by what somebody comes for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from flask_babel.speaklater import LazyString


class Tab(NamedTuple):
    """`name` is what a page says as its `tab`."""

    name: str
    endpoint: str
    words: LazyString


class Group(NamedTuple):
    """`icon` is one of components/icon.html; a group without words stands first, without a heading."""

    icon: str
    words: LazyString | None
    tabs: tuple[Tab, ...]


def may_be_seen(groups: Sequence[Group], may_see: Callable[[str], bool]) -> list[Group]:
    """The groups with the tabs alone whose endpoint may be seen; a group without any is left out."""
    left = [group._replace(tabs=tuple(tab for tab in group.tabs if may_see(tab.endpoint))) for group in groups]
    return [group for group in left if group.tabs]
