"""Who watches rooms is woken: by a word that names the rooms in which something happened, never what it was."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from socialshop.infra.uow import UnitOfWork

# Whoever holds watchers' connections listens here (socialshop/watch). A word lists ids of rooms.
CHANNEL = "socialshop:rooms"


def tell_watchers(uow: UnitOfWork, rooms: Collection[uuid.UUID]) -> None:
    """After the commit, whoever watches these rooms hears that there is something to read. Best effort."""
    if rooms:
        uow.tell(CHANNEL, [room.hex for room in rooms])


def rooms_named(word: bytes) -> list[uuid.UUID]:
    """The rooms that a word on the channel names; what is no id is passed over, for anybody may speak there."""
    found = []
    for name in word.decode("ascii", "replace").split():
        try:
            found.append(uuid.UUID(hex=name))
        except ValueError:
            continue
    return found
