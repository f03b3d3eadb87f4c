"""What the demo's members say: reviews and notes with pictures, questions, a circle, a report that waits."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from socialshop.cli import demo_pictures, demo_rooms, demo_world

if TYPE_CHECKING:
    from socialshop.infra.uow import UnitOfWork

_DUE_IN = timedelta(hours=2)


def speak(uow: UnitOfWork, admin: uuid.UUID, leader: uuid.UUID) -> None:
    """Of the goods that have been received; where none were sent, nobody writes of any."""
    review = _write(uow, admin)
    _ask(uow, admin)
    _gather(uow, leader)
    if review is not None:
        _report(uow, review)


def _write(uow: UnitOfWork, admin: uuid.UUID) -> uuid.UUID | None:
    """Two who have the tea: a review and a note of the first are published, of the second the note waits.

    Returns the second's review.
    """
    from socialshop.community import service as community
    from socialshop.community.service import Kind, Words
    from socialshop.identity import service as identity
    from socialshop.identity.service import Document
    from socialshop.orders import service as orders

    reviewed = None
    morning, evening = demo_pictures.morning_cup(), demo_pictures.evening_cup()
    first, second = (
        Words("茶汤清亮，有兰花香，回甘很久。 Clear, fragrant, and sweet for long.", rating=5),
        Words("茶不错，包装压扁了一点。 Good tea; the box was a little crushed.", rating=4),
    )
    first_note = Words(
        "水烧开后放到八十五度，先温杯。第一泡二十秒，之后每泡加十秒，能喝六七泡。\n\n"
        "Let the water cool to 85 °C and warm the cup first. Twenty seconds, then ten more each time.",
        title="三步泡好高山云雾 / Mountain mist in three steps",
    )
    second_note = Words("下班后的一杯，正好。 Just right after work.", title="傍晚一杯茶 / A cup at dusk")
    for name, review, note, pictures in zip(
        demo_rooms.RECEIVED, (first, second), (first_note, second_note), ((morning,), (evening,)), strict=True
    ):
        number = identity.number_of(uow, name)
        for line in orders.received_lines(uow, number, limit=1):
            # Whoever writes has agreed to the terms, and so to be named.
            identity.decide_consent(uow, identity.named(uow, numbers=[number])[0].id, Document.TERMS, given=True)
            post = community.write(uow, number, Kind.REVIEW, line.id, words=review, sent=pictures)
            community.publish(uow, admin, post.id, post.version)
            told = community.write(uow, number, Kind.NOTE, line.id, words=note, sent=pictures)
            if name == demo_rooms.RECEIVED[0]:
                community.publish(uow, admin, told.id, told.version)
            else:
                reviewed = post.id
    return reviewed


def _ask(uow: UnitOfWork, admin: uuid.UUID) -> None:
    """A question that was answered, and one that is to be answered within two hours."""
    from socialshop.community import service as community
    from socialshop.community.care import Topic
    from socialshop.identity import service as identity
    from socialshop.infra import wired

    member, other = (identity.number_of(uow, name) for name in (demo_world.MEMBER, demo_rooms.SHIPPED[0]))
    yesterday = replace(uow, now=uow.now - timedelta(days=1))
    asked = community.ask(
        yesterday, member, Topic.GENERAL, None, "年卡可以和家人一起用吗？ Can my family use the card?"
    )
    answer = "可以，在“家人”页邀请三位家人。 Yes: invite up to three under “Family”."
    community.answer(uow, admin, asked.id, answer)
    due = uow.now + _DUE_IN - timedelta(hours=wired.settings().answer_hours)
    question = "包裹两天没有更新了，能帮忙看看吗？ My parcel has not moved for two days."
    community.ask(replace(uow, now=due), other, Topic.GENERAL, None, question)


def _gather(uow: UnitOfWork, leader: uuid.UUID) -> None:
    """The leader's circle hears of a deal for it; a member whom somebody else brought has joined."""
    from socialshop.community import service as community
    from socialshop.identity import service as identity
    from socialshop.referrals import service as referrals

    number = identity.number_of(uow, demo_world.LEADER)
    referrals.join_circle(uow, leader, identity.number_of(uow, demo_world.MEMBER))
    words = "圈内三人团的云雾茶 79 元，今天开团。 Mountain mist at 79 for our circle, from today."
    community.post_circle_notice(uow, leader, number, words)


def _report(uow: UnitOfWork, review: uuid.UUID) -> None:
    from socialshop.community import service as community
    from socialshop.community.conduct import Ground
    from socialshop.identity import service as identity

    reporter = identity.number_of(uow, demo_rooms.SHIPPED[1])
    words = "包装没有压扁，我收到的很好。 Mine was not crushed at all."
    community.report(uow, reporter, "post", review, ground=Ground.UNTRUE, words=words)
