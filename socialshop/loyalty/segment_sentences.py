"""Whom a segment asks for, and why a member is in it, in English and Chinese. Pure.

Fields are written as in `sentences`. To a member the figures of a band of spending are not told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from socialshop.kernel.money import Money
from socialshop.loyalty.segments import Segment
from socialshop.loyalty.sentences import say

_BECAUSE: Mapping[str, tuple[str, str]] = {
    "tiers": ("because of your tier", "因为你的会员等级"),
    "plans": ("because of your plan", "因为你的会员计划"),
    "newcomer_days": ("because you joined not long ago", "因为你刚加入不久"),
    "birthday_month": ("because it is the month of your birthday", "因为本月是你的生日月"),
    "not_bought_days": (
        "because you have bought nothing for {not_bought_days} days",
        "因为你已有 {not_bought_days} 天没有购买",
    ),
    "spends": ("because of what you usually spend on an order", "因为你平时的订单金额"),
}
_RULES: Mapping[str, tuple[str, str]] = {
    "tiers": ("in {tiers}", "等级：{tiers}"),
    "plans": ("with the plan {plans}", "会员计划：{plans}"),
    "newcomer_days": ("joined within {newcomer_days} days", "加入未满 {newcomer_days} 天"),
    "birthday_month": ("with the birthday this month", "本月生日"),
    "not_bought_days": (
        "bought before, and nothing for {not_bought_days} days",
        "曾购买，但已 {not_bought_days} 天未再购买",
    ),
    "spends_from": ("a mean order from {spends_from:money}", "平均订单金额不低于 {spends_from:money}"),
    "spends_below": ("a mean order below {spends_below:money}", "平均订单金额低于 {spends_below:money}"),
}

Writer = Callable[[Money], str]


def because(segment: Segment, language: str) -> list[str]:
    """Why a member is in it, a few words each."""
    banded = segment.spends_from_minor is not None or segment.spends_below_minor is not None
    asked = _asked(segment) | {"spends": banded}
    facts = segment.model_dump()
    return [say(language, code, facts, catalogue=_BECAUSE) for code, is_asked in asked.items() if is_asked]


def rule_words(segment: Segment, language: str, currency: str, money: Writer = str) -> list[str]:
    """Whom it asks for, a few words each; all of it must hold."""
    asked = _asked(segment) | {
        "spends_from": segment.spends_from_minor is not None,
        "spends_below": segment.spends_below_minor is not None,
    }
    listed = {"tiers": ", ".join(segment.tiers), "plans": ", ".join(segment.plans), "currency": currency}
    facts = segment.model_dump() | listed
    return [say(language, code, facts, money=money, catalogue=_RULES) for code, is_asked in asked.items() if is_asked]


def _asked(segment: Segment) -> dict[str, bool]:
    return {
        "tiers": bool(segment.tiers),
        "plans": bool(segment.plans),
        "newcomer_days": segment.newcomer_days is not None,
        "birthday_month": segment.birthday_month,
        "not_bought_days": segment.not_bought_days is not None,
    }
