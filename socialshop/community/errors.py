"""What community refuses."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class AlreadyWritten(DomainError):
    """The member wrote a review, or a note, of this order line before: it can be revised."""

    code = "already_written"
    kind = Kind.CONFLICT


class PostChanged(DomainError):
    """Its author wrote it anew after it was read: what was read is not what would be decided about."""

    code = "post_changed"
    kind = Kind.CONFLICT


class PostDecided(DomainError):
    """It does not stand where this decision is made: published is only what waits, rejected what waits or is shown."""

    code = "post_decided"
    kind = Kind.CONFLICT


class SelfDecision(DomainError):
    """Nobody decides about what is their own."""

    code = "self_decision"
    kind = Kind.FORBIDDEN


class AlreadyReported(DomainError):
    """The member has reported this before."""

    code = "already_reported"
    kind = Kind.CONFLICT


class ReportDecided(DomainError):
    """Somebody has decided about this report otherwise."""

    code = "report_decided"
    kind = Kind.CONFLICT


class AlreadyAppealed(DomainError):
    """A decision has one appeal, and this one had it; or there is nothing to appeal against."""

    code = "already_appealed"
    kind = Kind.CONFLICT


class AppealDecided(DomainError):
    """The appeal was decided otherwise."""

    code = "appeal_decided"
    kind = Kind.CONFLICT


class QuestionClosed(DomainError):
    """The question is closed: nothing more is said in it."""

    code = "question_closed"
    kind = Kind.CONFLICT


class CircleNoticeLimit(DomainError):
    """The leader has told the circle as much as may be told within seven days."""

    code = "circle_notice_limit"
    kind = Kind.LIMITED
