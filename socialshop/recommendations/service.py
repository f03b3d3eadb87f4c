"""The door of recommendations: deals that a member may like, each with the reason it is shown for.

What takes long is worked out at night, in sets; what is shown is decided when it is asked for, so that nobody is shown
what is paused, sold out or not for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from socialshop.deals import service as deals
from socialshop.deals.service import DealView
from socialshop.infra.locales import mark_text
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.languages import Language
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.recommendations import rules
from socialshop.recommendations.rules import Reason, Segment
from socialshop.recommendations.sentences import because
from socialshop.recommendations.store import computing, reading
from socialshop.recommendations.store.personal import PERSONAL

__all__ = ["PERSONAL", "Recommendation", "Recommendations", "compute_due", "recommend"]

SPAN = 5_000


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A deal that the member can buy now, and the sentence that says why it is shown."""

    deal: DealView
    reason: Reason
    because: str


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The strongest first; `segment` None: the member does not want goods chosen, and sees what everybody sees."""

    segment: Segment | None
    deals: Sequence[Recommendation]


def recommend(uow: UnitOfWork, number: int, language: Language, limit: int = rules.MOST) -> Recommendations:
    """Up to `limit` deals for a member, one a product, each with its reason in `language`.

    Five statements, and one more where a deal is offered to the member among some.
    """
    standing = reading.standing(uow.session, number)
    segment = rules.segment_of(standing.last_bought_at, uow.now) if standing.personal else None
    asked = reading.Asked(number, *standing, _open_tiers(uow, number), [*rules.STRONGEST_FIRST[segment]])
    found = reading.find(uow.session, asked, uow.now, limit)
    views = deals.deals_by_id(uow, [row.deal_id for row in found])
    offered = [row.deal_id for row in found if row.reason is Reason.OFFERED]
    grounds = loyalty.why_offered(uow, offered, language) if offered else {}
    comma = mark_text(",", language)
    why = {deal_id: "".join(comma + ground for ground in each) for deal_id, each in grounds.items()}
    return Recommendations(
        segment,
        [
            Recommendation(
                views[row.deal_id],
                row.reason,
                because(row.reason, language, title=row.title, count=row.figure, why=why.get(row.deal_id, "")),
            )
            for row in found
        ],
    )


def compute_due(uow: UnitOfWork, zone: str, *, span: int = SPAN) -> bool:
    """Do the next step of the day's run; True while there are more. For the periodic table.

    A day is the shop's. First what is bought together and by many, then what that suggests, `span` members a step.
    """
    run = computing.open_run(uow.session, uow.now.astimezone(ZoneInfo(zone)).date())
    if run is None:
        return False
    if run.done_through == 0:
        computing.compute_products(uow.session, uow.now)
    through = computing.last_of_span(uow.session, run.done_through, span)
    if through is None:
        computing.note_progress(uow.session, run.day, run.done_through, uow.now)
        return False
    computing.suggest(uow.session, run.done_through, through, uow.now)
    computing.note_progress(uow.session, run.day, through, None)
    return True


def _open_tiers(uow: UnitOfWork, number: int) -> list[str]:
    """The tiers whose deals the member may buy, as `memberships.require_tier` decides it."""
    has = memberships.benefits_of(uow, [number])[number]
    return [tier.code for tier in memberships.tiers(uow) if has.exclusive_deals or tier.benefits.level <= has.level]
