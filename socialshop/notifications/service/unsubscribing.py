"""Saying no by the link in a mail: no login, no password, one tap."""

from __future__ import annotations

from dataclasses import replace

from socialshop.infra.keys import secret_for
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.notifications.rules import Channel
from socialshop.notifications.store import choices as store
from socialshop.notifications.unsubscribing import Signatures, Unsubscription


def signatures() -> Signatures:
    """Writes and reads the tokens of such links. Needs an app context."""
    return Signatures(secret_for("unsubscribe"))


def unsubscription_of(token: str) -> Unsubscription:
    """What the token of a link says. Raises NotFound."""
    found = signatures().read(token)
    if found is None:
        raise NotFound("no link of a mail of this shop")
    return found


def unsubscribe(uow: UnitOfWork, token: str, *, everything: bool = False) -> Unsubscription:
    """End the mails that the link is about, or all that can be declined; again changes nothing. Raises NotFound."""
    said = unsubscription_of(token)
    if everything:
        said = replace(said, topic=None)
    store.opt_out_if_known(uow.session, said.member, [(Channel.EMAIL, topic) for topic in said.topics()])
    return said
