"""What sales earned a member, why, and when it matures."""

from __future__ import annotations

from collections.abc import Iterable

from flask import render_template

from socialshop.commissions import service as commissions
from socialshop.commissions.explanation import Facts, Step
from socialshop.ledger import service as ledger
from socialshop.memberships import service as memberships
from socialshop.orders import service as orders
from socialshop.pages.earned_words import tell
from socialshop.pages.shopper.maturing import coming_next
from socialshop.pages.shopper.membership import tier_name
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut

# Who has these had the room in hand: its host, and the leader whose deal it is on.
_OF_THE_ROOM = frozenset({"host", "leader_margin"})


@shopper.page("/earnings", tab="earnings")
def show_earnings(visit: Visit) -> str:
    """The wallet, and the commissions with what becomes of each, the newest first."""
    number, currency = visit.caller.number, visit.settings.currency
    found = commissions.commissions_of(visit.uow, number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    wallet = ledger.wallet(visit.uow, number, currency)
    facts = {"commissions": rows, "next": after, "wallet": wallet, "currency": currency}
    return render_template("shopper/earnings.html", coming=coming_next(visit), **facts)


@shopper.page("/earnings/<commission_id>", ids={"commission_id": "acr"}, tab="earnings")
def explain(visit: Visit) -> str:
    """Why the member has this, step by step, with the way to what was bought where it is theirs to see."""
    found = commissions.explain(visit.uow, visit.ids["commission_id"], visit.caller.number)
    facts, own, room = found.facts, False, None
    if isinstance(facts, Facts):
        own = facts.buyer == visit.caller.number
        if facts.kind in _OF_THE_ROOM and not own:
            room = orders.order(visit.uow, facts.order_id, None).room_id
    told = told_steps(visit, found.steps)
    return render_template("shopper/explanation.html", facts=facts, told=told, own_order=own, room_id=room)


def told_steps(visit: Visit, steps: Iterable[Step]) -> list[str]:
    """The steps of an explanation in plain words."""
    tiers = {tier.code: tier_name(tier) for tier in memberships.tiers(visit.uow)}
    return [tell(step, tiers) for step in steps]
