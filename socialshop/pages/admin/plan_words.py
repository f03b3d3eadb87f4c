"""A commission plan in words: who a share is for, what it gives, when it is paid, and what the legal guard says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext, ngettext

from socialshop.commissions import guard
from socialshop.commissions.findings import Finding, Severity
from socialshop.commissions.plan import COUNTED, Leg, parse_plan, reach_of
from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant
from socialshop.pages.admin.section import admin
from socialshop.pages.formats import instant, joined, money, rate


@admin.app_template_global()
def leg_words(kind: str, level: int) -> str:
    """For what somebody earns: a level above the buyer, the room's host, or the buyer."""
    if kind == "sale":
        return str(gettext("Level %(level)s", level=level))
    if kind == "host" and level:
        return str(gettext("Host of the room, as the deal promised"))
    if kind == "tier" and level:
        return str(gettext("Difference of tiers, level %(level)s", level=level))
    names = {
        "host": gettext("Host of the room"),
        "self": gettext("The buyer"),
        "tier": gettext("Difference of tiers"),
        "lead": gettext("Bounty for a first order"),
        "milestone": gettext("Milestone"),
        "click": gettext("Clicks on a publisher’s link"),
        "view": gettext("Views of a publisher’s banner"),
        "leader_margin": gettext("Leader’s margin"),
    }
    return str(names.get(kind, kind))


@admin.app_template_global()
def share_words(leg: Mapping[str, Any], currency: str) -> str:
    """What a share gives: a rate, a fixed sum, or the rate of each tier."""
    if "rates" in leg:
        named = joined(f"{tier} {rate(bps)}" for tier, bps in sorted(leg["rates"].items(), key=lambda one: one[1]))
        reach = int(leg["reach"])
        said = ngettext("%(rates)s, %(num)s level up", "%(rates)s, up to %(num)s levels up", reach, rates=named)
        return str(said)
    if leg["kind"] in COUNTED:
        return _counted_words(leg, currency)
    if "min_order_minor" in leg:
        bounty, least = (money(Money(int(leg[name]), currency)) for name in ("fixed_minor", "min_order_minor"))
        return str(gettext("%(bounty)s, of an order from %(least)s on", bounty=bounty, least=least))
    if "rate_bps" in leg:
        return rate(int(leg["rate_bps"]))
    return money(Money(int(leg["fixed_minor"]), currency))


def _counted_words(leg: Mapping[str, Any], currency: str) -> str:
    """What is paid for what is counted and not sold."""
    if leg["kind"] == "milestone":
        return _milestone_words(leg, currency)
    if leg["kind"] == "view":
        each = money(Money(int(leg["per_thousand_minor"]), currency))
        return str(gettext("%(amount)s a thousand views", amount=each))
    return str(gettext("%(amount)s a click", amount=money(Money(int(leg["fixed_minor"]), currency))))


def _milestone_words(leg: Mapping[str, Any], currency: str) -> str:
    """What a milestone gives, and for what."""
    amount, least = (money(Money(int(leg[name]), currency)) for name in ("fixed_minor", "min_order_minor"))
    facts = {"amount": amount, "least": least}
    if leg["counts"] == "sales":
        said = ngettext(
            "%(amount)s once for %(num)s order of %(least)s or more",
            "%(amount)s once for %(num)s orders of %(least)s or more",
            int(leg["reaches"]),
            **facts,
        )
    else:
        said = ngettext(
            "%(amount)s once for %(num)s member brought in who bought for %(least)s or more",
            "%(amount)s once for %(num)s members brought in who bought for %(least)s or more",
            int(leg["reaches"]),
            **facts,
        )
    spans = {"day": gettext("in a day"), "month": gettext("in a month")}
    return f"{said} ({spans[leg['period']]})" if leg.get("period") else str(said)


@admin.app_template_global()
def condition_words(leg: Mapping[str, Any]) -> list[str]:
    """When a share is paid, a sentence a condition; none for one that always is."""
    return list(_conditions(leg.get("when") or {}))


@admin.app_template_global()
def activity_words(activity: Mapping[str, Any]) -> str:
    """What becomes of the share of an upline who has not bought for long."""
    days = int(activity["within_days"])
    if activity["inactive"] == "forfeit":
        sentence = ngettext(
            "An upline who bought nothing in the %(num)s day before earns nothing; the share stays with the shop.",
            "An upline who bought nothing in the %(num)s days before earns nothing; the share stays with the shop.",
            days,
        )
        return str(sentence)
    sentence = ngettext(
        "An upline who bought nothing in the %(num)s day before is passed over, up to level %(reach)s of the tree.",
        "An upline who bought nothing in the %(num)s days before is passed over, up to level %(reach)s of the tree.",
        days,
        reach=activity["reach"],
    )
    return str(sentence)


@admin.app_template_global()
def cap_words(cap: Mapping[str, Any], currency: str) -> str:
    """The most that may be paid of something."""
    amount = money(Money(int(cap["amount_minor"]), currency))
    sentences = {
        ("order", None): gettext("%(amount)s an order", amount=amount),
        ("member", None): gettext("%(amount)s a member", amount=amount),
        ("member", "day"): gettext("%(amount)s a member and day", amount=amount),
        ("member", "month"): gettext("%(amount)s a member and month", amount=amount),
        ("plan", None): gettext("%(amount)s in all", amount=amount),
        ("plan", "day"): gettext("%(amount)s a day", amount=amount),
        ("plan", "month"): gettext("%(amount)s a month", amount=amount),
    }
    return str(sentences[cap["per"], cap.get("period")])


@admin.app_template_global()
def guard_words(finding: Finding, document: Mapping[str, Any], country: str) -> str:
    """What the legal guard says of a share, and by which law."""
    plan = parse_plan(dict(document))
    leg = plan.legs[finding.leg]
    law = gettext(guard.rule_for(country).source)
    if finding.code == "levels":
        return str(gettext("Pays level %(level)s above the buyer (%(law)s).", level=reach_of(plan, leg), law=law))
    if leg.kind in COUNTED:
        return _counted_finding(finding, leg, plan.currency, law)
    if finding.code == "team_reward":
        return str(gettext("Pays by rank out of what others' teams sell (%(law)s).", law=law))
    amount = money(Money(leg.fixed_minor or 0, plan.currency))
    if finding.code == "headcount" and leg.kind == "lead":
        least = money(Money(leg.min_order_minor, plan.currency))
        sentence = gettext(
            "Pays %(sum)s for a first order of %(least)s. Pay for heads and not for sales is prohibited (%(law)s).",
            sum=amount,
            least=least,
            law=law,
        )
        return str(sentence)
    return str(gettext("Pays %(sum)s for each unit, even of a sale that brought less.", sum=amount))


def _counted_finding(finding: Finding, leg: Leg, currency: str, law: str) -> str:
    """What the guard says of a leg that is paid for what is counted."""
    if leg.kind == "milestone":
        sentence = gettext(
            "Pays %(sum)s for a milestone whose sales come to %(least)s or more. Pay for heads and not for sales is "
            "prohibited (%(law)s).",
            sum=money(Money(leg.fixed_minor, currency)),
            least=money(Money(leg.reaches * leg.min_order_minor, currency)),
            law=law,
        )
        return str(sentence)
    if finding.severity is Severity.REFUSAL:
        return str(gettext("Pays every member for clicks or views, behind which stands no sale (%(law)s).", law=law))
    return str(gettext("Pays publishers for clicks or views: bought advertising, and no reward for sales."))


def _conditions(when: Mapping[str, Any]) -> Iterator[str]:
    for name, sentence in (
        ("products", gettext("Only for these goods: %(those)s", those=_listed(when, "products"))),
        ("deals", gettext("Only in rooms of these deals: %(those)s", those=_listed(when, "deals"))),
        ("channels", gettext("Only by links of these channels: %(those)s", those=_listed(when, "channels"))),
        ("buyer_tiers", gettext("Only for buyers in these tiers: %(those)s", those=_listed(when, "buyer_tiers"))),
        ("tiers", gettext("Only to members in these tiers: %(those)s", those=_listed(when, "tiers"))),
        ("first_order", gettext("Only for a buyer's first order")),
    ):
        if name in when:
            yield str(sentence)
    if "sold_from" in when:
        yield str(gettext("Only for sales from %(instant)s on", instant=instant(parse_instant(when["sold_from"]))))
    if "sold_until" in when:
        yield str(gettext("Only for sales before %(instant)s", instant=instant(parse_instant(when["sold_until"]))))


def _listed(when: Mapping[str, Any], name: str) -> str:
    found = when.get(name)
    return joined(found) if isinstance(found, list) else ""
