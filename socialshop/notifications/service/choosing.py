"""What a member wants to hear, and where."""

from __future__ import annotations

from collections.abc import Mapping

from socialshop.infra.uow import UnitOfWork
from socialshop.notifications.rules import CHOSEN, Channel, Topic
from socialshop.notifications.store import choices as store

Choices = Mapping[tuple[Channel, Topic], bool]

EVERYTHING: Choices = {(channel, topic): True for channel in Channel for topic in CHOSEN}
"""The choices of a member who has declined nothing."""


def choices_of(uow: UnitOfWork, number: int) -> Choices:
    """Of each channel and topic that is a member's to choose, whether it is wanted: all are, until somebody says no."""
    declined = store.opted_out(uow.session, number)
    return {choice: choice not in declined for choice in EVERYTHING}


def choose(uow: UnitOfWork, number: int, changes: Choices) -> None:
    """Change what is given, leave the rest."""
    declined = [choice for choice, wanted in changes.items() if not wanted]
    wanted = [choice for choice, wanted in changes.items() if wanted]
    if declined:
        store.opt_out(uow.session, number, declined)
    if wanted:
        store.opt_in(uow.session, number, wanted)
