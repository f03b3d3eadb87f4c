"""The token of the link at the foot of a mail: whose it is and which mails it ends, signed by the shop. Pure.

It opens nothing else, and never grows old: who finds a mail of years ago may still say no.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

from socialshop.notifications.rules import CHOSEN, Topic

_EVERYTHING = "all"
_TOPICS = {topic.value: topic for topic in CHOSEN}


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """This member wants no more mails of this topic; None: of any that can be declined."""

    member: int
    topic: Topic | None

    def topics(self) -> tuple[Topic, ...]:
        """The topics that it is about."""
        return CHOSEN if self.topic is None else (self.topic,)


class Signatures:
    """Writes and reads tokens under one secret."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(secret, key_derivation="none", digest_method=hashlib.sha256)

    def write(self, member: int, topic: Topic) -> str:
        """The token in a mail of this topic; a digest is about all."""
        about = topic.value if topic in CHOSEN else _EVERYTHING
        return self._signer.sign(f"{member}-{about}").decode("ascii")

    def read(self, token: str) -> Unsubscription | None:
        """What the token says; None for one that this shop did not sign."""
        try:
            member, _, about = self._signer.unsign(token).decode("ascii").partition("-")
        except (BadSignature, ValueError):
            return None
        return Unsubscription(int(member), _TOPICS.get(about))
