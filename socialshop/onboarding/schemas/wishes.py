"""What a member wants to hear, where, when and how often, as its profile says it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from socialshop.notifications.service import Channel, Choices, Habits
from socialshop.web.schemas import Wire, absent

DigestChoice = Literal["never", "daily", "weekly"]


class TopicChoices(Wire):
    """Of each topic, whether notices of it are wanted; those about money and safety always come."""

    rooms: bool
    reminders: bool
    orders: bool
    invites: bool
    earnings: bool
    membership: bool
    community: bool
    circles: bool


class QuietHours(Wire):
    """From one hour to another, by the member's own clock, no mail comes that can wait; the same hour: never quiet."""

    from_hour: Annotated[int, Field(ge=0, le=23)]
    until_hour: Annotated[int, Field(ge=0, le=23)]


class NoticeChoices(Wire):
    """What a member wants to hear in the shop and by mail, and when: each mail for itself, or one a day or a week."""

    in_app: TopicChoices
    email: TopicChoices
    quiet: QuietHours
    digest: DigestChoice

    @classmethod
    def of(cls, choices: Choices, habits: Habits) -> NoticeChoices:
        """The wire form of a member's choices."""
        of_channel = {
            channel: {topic.value: wanted for (where, topic), wanted in choices.items() if where is channel}
            for channel in Channel
        }
        return cls(
            **{channel.value: TopicChoices(**topics) for channel, topics in of_channel.items()},
            quiet=QuietHours(from_hour=habits.quiet.begins, until_hour=habits.quiet.ends),
            digest=habits.digest.value,
        )


class TopicEdit(Wire):
    """What is given changes, what is absent stays."""

    rooms: bool = absent()
    reminders: bool = absent()
    orders: bool = absent()
    invites: bool = absent()
    earnings: bool = absent()
    membership: bool = absent()
    community: bool = absent()
    circles: bool = absent()


class NoticeEdit(Wire):
    """What is given changes, what is absent stays; quiet hours of null are the shop's again."""

    in_app: TopicEdit = absent()
    email: TopicEdit = absent()
    quiet: QuietHours | None = absent()
    digest: DigestChoice = absent()
