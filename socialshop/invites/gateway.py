"""What a link shows of the thing it leads to. Told from above: a link knows no room.

The composition root gives one `FindSubject` a kind of link; each turns its own room's view into a plain ShareSubject.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites.rules import Kind, ShareSubject

FindSubject = Callable[[UnitOfWork, uuid.UUID], ShareSubject]
"""The subject with this id. Raises NotFound for one that is unknown or not to be seen."""

Subjects = Mapping[Kind, FindSubject]


def subjects() -> Subjects:
    """What there is to share in the app at hand."""
    found: Subjects = wired.part("share_subjects")
    return found
