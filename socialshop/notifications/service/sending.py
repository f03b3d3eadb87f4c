"""Sending mails: claimed by the batch, handed over outside any transaction, and what came of each recorded.

At least once: killed after the server took a mail and before that is recorded, it is handed over again under the same
Message-ID. A mail that fails is tried again later each time, then set aside for a person; none is ever lost.

What leaves now and what later is decided at the claim. Claims wait for each other, so that two senders cannot both take
a member's last place under a cap; handing over they do side by side.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from socialshop.identity import service as identity
from socialshop.identity.service import Purpose
from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutcomeUnknown, OutsideQueue, Refused
from socialshop.infra.uow import UnitOfWork, advisory_lock, in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.languages import language_of
from socialshop.notifications import letters, rules
from socialshop.notifications.events import MailsQueued
from socialshop.notifications.gateway import Postman
from socialshop.notifications.letters import Letter, Sender
from socialshop.notifications.rules import DIGEST, KINDS, Cap, Channel, Digest, Habits, KindClass, QuietHours
from socialshop.notifications.sentences import Reader
from socialshop.notifications.service.unsubscribing import signatures
from socialshop.notifications.store import digests, habits, mails
from socialshop.notifications.store.mails import Due

# A lease is longer than so many mails take where a server lets each wait to the end of its patience.
_MAILS_A_CONNECTION = 10
_LEASE = timedelta(minutes=5)
_CLAIMS_A_RUN = 20
# A claim keeps other senders waiting: so many batches of what may not leave are sorted out in one.
_BATCHES_A_CLAIM = 20
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
_NO_POSTMAN = "no SMTP server is set up"
_ITEMS_A_DIGEST = 50
_TOKENS = {
    "email_verification": Purpose.EMAIL_VERIFICATION,
    "password_reset": Purpose.PASSWORD_RESET,
    "email_change": Purpose.EMAIL_CHANGE,
}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PostOffice:
    """How this shop sends mails; `postman` None: it does not, yet. `quiet` is for who has no hours of one's own.

    Digests leave at `digest_hour` by their reader's clock. `connections`: how many mails are handed over side by side.
    """

    postman: Postman | None
    sender: Sender
    attempts: int
    quiet: QuietHours
    digest_hour: int
    connections: int


def send_due(clock: Clock, office: PostOffice) -> None:
    """Follow MailsQueued: send what is due, so many at most; the rest follows. Any number of times is safe."""
    postman = office.postman
    if postman is None:
        in_unit_of_work(lambda uow: mails.keep_undelivered(uow.session, _NO_POSTMAN, uow.now), clock)
        return
    with postman.round() as hand_over:
        queue = OutsideQueue[Letter, None](
            "mails",
            claim=lambda uow: _claim(uow, office),
            call=lambda letter: hand_over(letters.compose(letter, office.sender, clock.now())),
            record=lambda uow, answered: _record(uow, office, answered),
            width=office.connections,
        )
        for _ in range(_CLAIMS_A_RUN):
            if not queue.make(clock):
                return
    in_unit_of_work(lambda uow: uow.emit(MailsQueued()), clock)


def _claim(uow: UnitOfWork, office: PostOffice) -> list[Letter]:
    """The next mails that may leave now; those that may not are dropped or put off on the way."""
    advisory_lock(uow, "mails")
    caps = habits.caps(uow.session)
    for _ in range(_BATCHES_A_CLAIM):
        due = mails.due(uow.session, uow.now, office.connections * _MAILS_A_CONNECTION)
        if not due:
            return []
        sorted_out = _Sorting(office, uow.now, caps, _times(uow, due))
        for row in due:
            sorted_out.take(row)
        if sorted_out.dropped:
            mails.end(uow.session, sorted_out.dropped, uow.now)
        if sorted_out.later:
            mails.put_off(uow.session, sorted_out.later)
        if sorted_out.leaving:
            counts = {row.id: rules.class_of(row.kind) is not None for row in sorted_out.leaving}
            mails.leave(uow.session, counts, uow.now, uow.now + _LEASE)
            if letters_ := _letters(uow, office, sorted_out.leaving):
                return letters_
    uow.emit(MailsQueued())
    return []


Times = Mapping[tuple[int, KindClass], list[datetime]]


def _times(uow: UnitOfWork, due: Sequence[Due]) -> Times:
    """When these members' last mails left, by class: what their caps count."""
    found: Times = defaultdict(list)
    for member, kind, at in mails.counted(uow.session, {row.member for row in due}, uow.now - rules.WEEK):
        if (kind_class := rules.class_of(kind)) is not None:
            found[member, kind_class].append(at)
    return found


@dataclass(slots=True)
class _Sorting:
    """Mails that are due, sorted: those that leave now, those that leave later, those that do not leave."""

    office: PostOffice
    now: datetime
    caps: Mapping[tuple[Channel, KindClass], Cap]
    times: Times
    leaving: list[Due] = field(default_factory=list)
    later: list[tuple[uuid.UUID, str, datetime, str | None]] = field(default_factory=list)
    dropped: list[tuple[uuid.UUID, str, str | None]] = field(default_factory=list)

    def take(self, row: Due) -> None:
        """Sort one in."""
        if row.email is None:
            self.dropped.append((row.id, "dropped", "the member has no address"))
        elif KINDS[row.kind].topic.value in row.declined:
            self.dropped.append((row.id, "dropped", "the member does not want it"))
        elif later := rules.when(
            row.kind, _habits(row, self.office), self.now, self.office.digest_hour, is_full=self._is_full(row)
        ):
            held = ("held", later.until, "waits for a digest") if later.folded else ("queued", later.until, None)
            self.later.append((row.id, *held))
        else:
            self.leaving.append(row)
            kind_class = rules.class_of(row.kind)
            if kind_class is not None and row.counted_at is None:
                self.times[row.member, kind_class].append(self.now)

    def _is_full(self, row: Due) -> bool:
        """Whether the cap is reached for this mail; one that took its place at an earlier attempt keeps it."""
        kind_class = rules.class_of(row.kind)
        if kind_class is None or row.counted_at is not None:
            return False
        return self.caps[Channel.EMAIL, kind_class].is_reached(self.times[row.member, kind_class], self.now)


def _habits(row: Due, office: PostOffice) -> Habits:
    begins, ends = office.quiet.begins, office.quiet.ends
    if row.quiet_from is not None and row.quiet_until is not None:
        begins, ends = row.quiet_from, row.quiet_until
    return Habits(QuietHours(begins, ends, row.time_zone or office.quiet.zone), Digest(row.digest or Digest.NEVER))


def _letters(uow: UnitOfWork, office: PostOffice, leaving: Sequence[Due]) -> list[Letter]:
    """What is handed over; a digest of which by now nothing is wanted is dropped."""
    told = digests.items(uow.session, [row.id for row in leaving if row.kind == DIGEST], _ITEMS_A_DIGEST)
    signed = signatures()
    written, empty = [], []
    for row in leaving:
        reader = Reader(language_of(row.locale), row.time_zone or office.quiet.zone)
        topic = KINDS[row.kind].topic
        letter = Letter(row.id, row.kind, row.facts, row.target_id, row.email or "", reader, row.attempts + 1)
        if row.kind in _TOKENS:
            # Made anew for each attempt, for it is stored nowhere; a mail that came twice holds two that are good.
            letter = replace(letter, token=identity.issue_token(uow, row.member, _TOKENS[row.kind]))
        elif topic not in rules.ALWAYS_TOLD:
            letter = replace(letter, unsubscribe=signed.write(row.member, topic))
        if row.kind == DIGEST:
            items = [item for item in told.get(row.id, ()) if KINDS[item[0]].topic.value not in row.declined]
            letter = replace(letter, items=items)
            if not items:
                empty.append((row.id, "dropped", "the member does not want it"))
                continue
        written.append(letter)
    if empty:
        mails.end(uow.session, empty, uow.now)
    return written


Answered = Sequence[tuple[Letter, OutcomeUnknown | Refused | None]]


def _record(uow: UnitOfWork, office: PostOffice, answered: Answered) -> None:
    ended: list[tuple[uuid.UUID, str, str | None]] = []
    later: list[tuple[uuid.UUID, str, datetime, str | None]] = []
    for letter, answer in answered:
        if answer is None:
            ended.append((letter.id, "sent", None))
        elif isinstance(answer, Refused) or letter.attempts >= office.attempts:
            ended.append((letter.id, "set_aside", str(answer)))
            _log.error("mail set aside", mail=to_public("mail", letter.id), kind=letter.kind, because=str(answer))
        else:
            later.append((letter.id, "queued", _later(uow.now, letter.attempts), str(answer)))
            _log.warning("mail put off", mail=to_public("mail", letter.id), kind=letter.kind, because=str(answer))
    if ended:
        mails.end(uow.session, ended, uow.now)
    if later:
        mails.put_off(uow.session, later)


def _later(now: datetime, attempts: int) -> datetime:
    factor: int = 4 ** min(attempts - 1, 8)
    return now + min(_LONGEST_WAIT, _FIRST_WAIT * factor)
