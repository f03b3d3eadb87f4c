"""What conditions, tiers and activity are decided from: the facts of a sale, kept with its line. Pure.

A plan asks for some of them, and only those are looked up and kept: what the snapshot does not say was not asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from socialshop.commissions.plan import Plan
from socialshop.kernel.time import parse_instant, to_text


class Needs(NamedTuple):
    """What a plan asks of a sale besides its amount and the tree.

    `sale` is what was sold, where and when; `order` what the whole order came to; `periods` the day and month of the
    sale; `tiers` how many uplines' tiers, the buyer's and the host's besides (-1:
    none); `active_days` and `active_reach` how long an upline may not have bought, and how many are looked at.
    """

    sale: bool = False
    first_order: bool = False
    order: bool = False
    periods: bool = False
    tiers: int = -1
    active_days: int = 0
    active_reach: int = 0


class SaleFacts(NamedTuple):
    """The facts of one line's sale; ids as plans spell them. What was not asked is empty.

    `bears`: a bounty of the order hangs on this line. `used` is what the counters of caps stood at before the line.
    """

    sale_at: datetime | None = None
    product: str | None = None
    deal: str | None = None
    channel: str | None = None
    first_order: bool = False
    tiers: Mapping[int, str] = {}
    active: frozenset[int] = frozenset()
    order_minor: int | None = None
    bears: bool = False
    periods: Mapping[str, str] = {}
    used: Mapping[str, int] = {}


NOTHING = SaleFacts()
NEEDS_NOTHING = Needs()


def needs_of(plan: Plan) -> Needs:
    """What the plan asks; NEEDS_NOTHING for one of plain shares."""
    conditions = [leg.when for _, leg in plan.sale_legs if leg.when is not None]
    by_tier = any(when.tiers or when.buyer_tiers for when in conditions) or any(leg.kind == "tier" for leg in plan.legs)
    activity, bounty = plan.activity, any(leg.kind == "lead" for leg in plan.legs)
    return Needs(
        sale=any(_of_sale(when) for when in (when.model_dump(exclude_none=True) for when in conditions)),
        first_order=bounty or any(when.first_order for when in conditions),
        order=bounty,
        periods=plan.caps is not None,
        tiers=plan.depth if by_tier else -1,
        active_days=activity.within_days if activity else 0,
        active_reach=plan.depth if activity else 0,
    )


def members_of(needs: Needs, buyer: int, host: int | None, uplines: Sequence[int]) -> list[int]:
    """Whose tiers are asked for at a sale."""
    if needs.tiers < 0:
        return []
    return list(dict.fromkeys([buyer, *([] if host is None else [host]), *uplines[: needs.tiers]]))


def document_of(facts: SaleFacts) -> dict[str, Any]:
    """As it is kept: only what was found."""
    said: dict[str, Any] = {
        "sale_at": None if facts.sale_at is None else to_text(facts.sale_at),
        "product": facts.product,
        "deal": facts.deal,
        "channel": facts.channel,
        "first_order": facts.first_order or None,
        "tiers": {str(member): tier for member, tier in sorted(facts.tiers.items())} or None,
        "active": sorted(facts.active) or None,
        "order_minor": facts.order_minor,
        "bears": facts.bears or None,
        "periods": dict(facts.periods) or None,
        "used": {key: used for key, used in sorted(facts.used.items()) if used} or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def read(document: Mapping[str, Any] | None) -> SaleFacts:
    """As it was kept; NOTHING where nothing was."""
    if not document:
        return NOTHING
    at = document.get("sale_at")
    return SaleFacts(
        sale_at=None if at is None else parse_instant(at),
        product=document.get("product"),
        deal=document.get("deal"),
        channel=document.get("channel"),
        first_order=document.get("first_order", False),
        tiers={int(member): tier for member, tier in document.get("tiers", {}).items()},
        active=frozenset(document.get("active", ())),
        order_minor=document.get("order_minor"),
        bears=document.get("bears", False),
        periods=document.get("periods", {}),
        used=document.get("used", {}),
    )


def _of_sale(said: Mapping[str, Any]) -> bool:
    return any(name in said for name in ("products", "deals", "channels", "sold_from", "sold_until"))
