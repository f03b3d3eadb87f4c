"""What members do not want to hear: a row an opt-out."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.notifications.rules import Channel, Topic

Choice = tuple[Channel, Topic]


def opt_out(session: Session, member: int, choices: Collection[Choice]) -> None:
    """Hear no more of these."""
    session.execute(
        text(
            "INSERT INTO notice_opt_outs (member, channel, topic)"
            " SELECT :member, * FROM unnest(CAST(:channels AS text[]), CAST(:topics AS text[]))"
            " ON CONFLICT DO NOTHING"
        ),
        _values(member, choices),
    )


def opt_out_if_known(session: Session, member: int, choices: Collection[Choice]) -> None:
    """As `opt_out`, for a number that may be nobody's by now."""
    if (
        session.execute(text("SELECT FROM members WHERE number = :member"), {"member": member}).one_or_none()
        is not None
    ):
        opt_out(session, member, choices)


def opt_in(session: Session, member: int, choices: Collection[Choice]) -> None:
    """Hear of these again."""
    session.execute(
        text(
            "DELETE FROM notice_opt_outs WHERE member = :member AND (channel, topic) IN"
            " (SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:topics AS text[])))"
        ),
        _values(member, choices),
    )


def _values(member: int, choices: Collection[Choice]) -> dict[str, object]:
    return {
        "member": member,
        "channels": [channel.value for channel, _ in choices],
        "topics": [topic.value for _, topic in choices],
    }
