"""Writing of what was bought: a review and a note an order line, by who has the goods."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from socialshop.community import rules
from socialshop.community.errors import AlreadyWritten
from socialshop.community.rules import MOST_PICTURES, Kind, Status, Words
from socialshop.community.service.reading import own_post
from socialshop.community.store import pictures, posts
from socialshop.community.store.posts import PostRow
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra import pictures as files
from socialshop.infra.pictures import Picture
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, new_ids, to_public
from socialshop.orders import service as orders


def write(
    uow: UnitOfWork, author: int, kind: Kind, line_id: uuid.UUID, *, words: Words, sent: Sequence[bytes] = ()
) -> PostRow:
    """Write a review or a note of an own order line; it waits until somebody of the shop has read it.

    Raises StandingLimited, InvalidValue and PictureRefused naming the field, NotFound for a line that the member has
    not received, AlreadyWritten.
    """
    identity.require_standing(uow, author, Deed.POST)
    said = rules.checked(kind, words)
    line = next(iter(orders.received_lines(uow, author, line_id=line_id)), None)
    if line is None:
        raise NotFound("no such order line, or its goods are not yet received")
    drawn, post_id = _drawn(sent), new_id()
    if not posts.add(uow.session, post_id, kind, line, author=author, words=said, now=uow.now):
        raise AlreadyWritten(f"you wrote a {kind} of this before: revise it", field="line_id")
    pictures.replace(uow.session, post_id, new_ids(len(drawn)), drawn)
    return own_post(uow, author, post_id)


def revise(
    uow: UnitOfWork, author: int, post_id: uuid.UUID, words: Words, sent: Sequence[bytes] | None = None
) -> PostRow:
    """Say it otherwise, whatever became of it: it waits again. `sent` None leaves its pictures as they are.

    Raises StandingLimited; NotFound, also for another's; InvalidValue and PictureRefused.
    """
    identity.require_standing(uow, author, Deed.POST)
    row = _own(uow, author, post_id)
    drawn = None if sent is None else _drawn(sent)
    posts.revise(uow.session, post_id, rules.checked(row.kind, words), uow.now)
    if drawn is not None:
        pictures.replace(uow.session, post_id, new_ids(len(drawn)), drawn)
    return own_post(uow, author, post_id)


def withdraw(uow: UnitOfWork, author: int, post_id: uuid.UUID) -> PostRow:
    """Take it back: nobody else sees it any more. Said again, nothing changes. Raises NotFound, also for another's."""
    row = _own(uow, author, post_id)
    if row.status is not Status.WITHDRAWN:
        posts.set_status(uow.session, post_id, Status.WITHDRAWN, None, uow.now)
    return own_post(uow, author, post_id)


def _own(uow: UnitOfWork, author: int, post_id: uuid.UUID) -> PostRow:
    row = posts.lock(uow.session, post_id)
    if row is None or row.author != author:
        raise NotFound(f"no such post: {to_public('post', post_id)}")
    return row


def _drawn(sent: Sequence[bytes]) -> list[Picture]:
    if len(sent) > MOST_PICTURES:
        raise InvalidValue("at most 3 pictures", field="pictures")
    return [files.made_anew(content) for content in sent]
