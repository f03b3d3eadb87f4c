"""Questions to the shop: asked, answered within a time, closed."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from socialshop.audit import service as audit
from socialshop.community.care import Status, Topic
from socialshop.community.errors import QuestionClosed
from socialshop.community.store import questions as store
from socialshop.community.store.questions import MessageRow, QuestionRow, Waiting
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.memberships import service as memberships
from socialshop.memberships.service import BenefitUse
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told


def ask(uow: UnitOfWork, member: int, topic: Topic, target_id: uuid.UUID | None, words: str) -> QuestionRow:
    """Ask the shop something about an own order, a deal, or in general.

    Raises InvalidValue (target_id), NotFound for an order of another's and for what is not to be seen.
    """
    if (target_id is None) != (topic is Topic.GENERAL):
        raise InvalidValue("a question about an order or a deal says which", field="target_id")
    if target_id is not None and not store.may_ask_about(uow.session, member, topic, target_id):
        raise NotFound("no such order or deal")
    question_id = new_id()
    values: dict[str, object] = {"id": question_id, "member": member, "topic": topic.value, "target_id": target_id}
    store.add(uow.session, {**values, "now": uow.now, "due_at": _due_at(uow, member, question_id)})
    store.add_message(uow.session, new_id(), question_id, staff=None, body=words.strip(), now=uow.now)
    return any_question(uow, question_id)


def title_of_target(uow: UnitOfWork, member: int, topic: Topic, target_id: uuid.UUID) -> str | None:
    """What a question about this would be about, in words; None of an order from elsewhere.

    Raises NotFound for an order of another's and for what is not to be seen.
    """
    if not store.may_ask_about(uow.session, member, topic, target_id):
        raise NotFound("no such order or deal")
    return store.title_of(uow.session, topic, target_id)


def write_more(uow: UnitOfWork, member: int, question_id: uuid.UUID, words: str) -> QuestionRow:
    """Say more: an answered question waits anew. Raises NotFound, also for another's; QuestionClosed."""
    row = _own(uow, member, question_id)
    _check_open(row)
    store.add_message(uow.session, new_id(), question_id, staff=None, body=words.strip(), now=uow.now)
    store.wait_again(uow.session, question_id, uow.now, _due_at(uow, member, question_id))
    return any_question(uow, question_id)


def close_own(uow: UnitOfWork, member: int, question_id: uuid.UUID) -> QuestionRow:
    """Say that it is settled. Said again, nothing changes. Raises NotFound, also for another's."""
    _own(uow, member, question_id)
    store.close(uow.session, question_id, uow.now)
    return any_question(uow, question_id)


def answer(
    uow: UnitOfWork, actor: uuid.UUID, question_id: uuid.UUID, words: str, *, closes: bool = False
) -> QuestionRow:
    """Answer a member, who is told; `closes` says that it is settled. Raises NotFound, QuestionClosed."""
    row = store.lock(uow.session, question_id)
    if row is None:
        raise NotFound("no such question")
    _check_open(row)
    message_id = new_id()
    store.add_message(uow.session, message_id, question_id, staff=actor, body=words.strip(), now=uow.now)
    store.set_answered(uow.session, question_id, uow.now)
    if closes:
        store.close(uow.session, question_id, uow.now)
    late = row.status is Status.OPEN and uow.now >= row.due_at
    facts = {"closes": closes, "late": late}
    audit.record(uow, actor=actor, action="question.answered", target=to_public("qst", question_id), facts=facts)
    notifications.tell(uow, [Told(row.member, "question_answered", str(message_id), None, question_id, {})])
    return any_question(uow, question_id)


def own_questions(uow: UnitOfWork, member: int, before: uuid.UUID | None, limit: int) -> list[QuestionRow]:
    """Up to `limit` questions of a member, the newest first."""
    return store.of_member(uow.session, member, before, limit)


def own_question(uow: UnitOfWork, member: int, question_id: uuid.UUID) -> QuestionRow:
    """A member's own question. Raises NotFound, also for another's."""
    row = any_question(uow, question_id)
    if row.member != member:
        raise NotFound("no such question")
    return row


def any_question(uow: UnitOfWork, question_id: uuid.UUID) -> QuestionRow:
    """A question as the shop sees it. Raises NotFound."""
    row = store.find(uow.session, question_id)
    if row is None:
        raise NotFound("no such question")
    return row


def messages(uow: UnitOfWork, question_id: uuid.UUID) -> list[MessageRow]:
    """All that was said in a question, the first first."""
    return store.messages(uow.session, question_id)


def questions(uow: UnitOfWork, status: Status, after: uuid.UUID | None, limit: int) -> list[QuestionRow]:
    """Up to `limit` questions that stand so, the oldest first."""
    return store.in_status(uow.session, status, after, limit)


def waiting_questions(uow: UnitOfWork) -> Waiting:
    """How many questions wait for the shop, and how many of them longer than they should. One statement."""
    return store.waiting(uow.session, uow.now)


def _due_at(uow: UnitOfWork, member: int, question_id: uuid.UUID) -> datetime:
    """By when it is to be answered: in half the time for who has a line of their own by tier or plan."""
    wait = timedelta(hours=wired.settings().answer_hours)
    has = memberships.benefits_of(uow, [member])[member]
    if not has.service_line:
        return uow.now + wait
    used = BenefitUse(member, "service_line", to_public("qst", question_id), by_plan="service_line" in has.by_plan)
    memberships.note_uses(uow, [used])
    return uow.now + wait / 2


def _own(uow: UnitOfWork, member: int, question_id: uuid.UUID) -> QuestionRow:
    row = store.lock(uow.session, question_id)
    if row is None or row.member != member:
        raise NotFound("no such question")
    return row


def _check_open(row: QuestionRow) -> None:
    if row.status is Status.CLOSED:
        raise QuestionClosed("the question is closed: ask anew")
