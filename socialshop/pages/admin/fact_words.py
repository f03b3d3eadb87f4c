"""Facts of the audit record in words: what each is called; money, shares, times and lists as a reader writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from socialshop.infra import wired
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.words import ROLES
from socialshop.pages.formats import instant, joined, money, rate, why

FACTS = {
    "account_days": lazy_gettext("account at least days old"),
    "account_since": lazy_gettext("account since"),
    "approved_today": lazy_gettext("approved by the rule that day"),
    "auto": lazy_gettext("without a person"),
    "daily_count": lazy_gettext("a day at most"),
    "daily_minor": lazy_gettext("a day at most, sum"),
    "first_too": lazy_gettext("first payouts too"),
    "most_reversed_bps": lazy_gettext("taken back at most"),
    "none": lazy_gettext("nothing found"),
    "on": lazy_gettext("on"),
    "paid_before": lazy_gettext("paid before"),
    "reversed_bps": lazy_gettext("taken back"),
    "rule_version": lazy_gettext("version of the rule"),
    "severe": lazy_gettext("severe"),
    "target_hours": lazy_gettext("hours to look at it"),
    "today_minor": lazy_gettext("approved by the rule that day, sum"),
    "versions": lazy_gettext("versions"),
    "wait_minutes": lazy_gettext("minutes to wait"),
    "warning": lazy_gettext("warning"),
    "amount_minor": lazy_gettext("sum"),
    "audit_entries": lazy_gettext("entries of the record"),
    "audit_head_hash": lazy_gettext("head of the record"),
    "audit_unsealed": lazy_gettext("of these not yet sealed"),
    "bands": lazy_gettext("bands"),
    "batch": lazy_gettext("batch"),
    "after": lazy_gettext("after"),
    "before": lazy_gettext("before"),
    "between": lazy_gettext("between"),
    "birthday_month": lazy_gettext("birthday this month"),
    "brand": lazy_gettext("brand"),
    "buy_at": lazy_gettext("bought at"),
    "by": lazy_gettext("by"),
    "carrier": lazy_gettext("carrier"),
    "ceiling_minor": lazy_gettext("at most"),
    "changed": lazy_gettext("what is different"),
    "channel": lazy_gettext("channel"),
    "channels": lazy_gettext("channels"),
    "check_in_points": lazy_gettext("points a check-in"),
    "children": lazy_gettext("people below"),
    "chops": lazy_gettext("chops"),
    "circle_only": lazy_gettext("for the circle alone"),
    "closes": lazy_gettext("closes it"),
    "code": lazy_gettext("code"),
    "codes": lazy_gettext("codes"),
    "content_hash": lazy_gettext("hash of the batch"),
    "control_bps": lazy_gettext("left out"),
    "counted": lazy_gettext("counted so far"),
    "country": lazy_gettext("country"),
    "currency": lazy_gettext("currency"),
    "days": lazy_gettext("days"),
    "days_of_month": lazy_gettext("days of the month"),
    "deals": lazy_gettext("deals"),
    "deals_ended": lazy_gettext("deals ended"),
    "depth": lazy_gettext("levels"),
    "digest": lazy_gettext("picture"),
    "document": lazy_gettext("rules"),
    "document_hash": lazy_gettext("hash of the document"),
    "draft": lazy_gettext("draft"),
    "effective_at": lazy_gettext("in force from"),
    "endless": lazy_gettext("without end"),
    "ends_at": lazy_gettext("ends at"),
    "entries": lazy_gettext("journal entries"),
    "event_types": lazy_gettext("events"),
    "ever": lazy_gettext("so far"),
    "expires_at": lazy_gettext("good until"),
    "expiry_days": lazy_gettext("days until they end"),
    "findings": lazy_gettext("findings"),
    "first_day": lazy_gettext("first day"),
    "first_difference": lazy_gettext("first difference"),
    "floor": lazy_gettext("floor"),
    "former": lazy_gettext("formerly"),
    "former_until": lazy_gettext("former good until"),
    "from": lazy_gettext("from"),
    "from_minor": lazy_gettext("from so much on"),
    "gift": lazy_gettext("gift"),
    "given_up": lazy_gettext("what was given up"),
    "goal": lazy_gettext("goal"),
    "gone": lazy_gettext("gone"),
    "group_size": lazy_gettext("people a room"),
    "head_hash": lazy_gettext("head of the books"),
    "host_perk": lazy_gettext("for the host"),
    "hundred_points_minor": lazy_gettext("a hundred points are worth"),
    "items": lazy_gettext("requests"),
    "kept": lazy_gettext("kept"),
    "kind": lazy_gettext("kind"),
    "kind_class": lazy_gettext("notices"),
    "kinds": lazy_gettext("kinds"),
    "last_day": lazy_gettext("last day"),
    "lasts_seconds": lazy_gettext("lasts, seconds"),
    "late": lazy_gettext("late"),
    "late_payer": lazy_gettext("of late payers"),
    "law": lazy_gettext("law"),
    "leader_margin": lazy_gettext("leader’s margin"),
    "leaders": lazy_gettext("leaders"),
    "least_points": lazy_gettext("points at least"),
    "low_stock_at": lazy_gettext("low from"),
    "margin_bps": lazy_gettext("leader’s share"),
    "member": lazy_gettext("member"),
    "member_day": lazy_gettext("member day"),
    "members": lazy_gettext("members"),
    "minimum_minor": lazy_gettext("of orders from"),
    "minimum_tier": lazy_gettext("from the tier"),
    "mission": lazy_gettext("mission"),
    "month": lazy_gettext("month"),
    "move": lazy_gettext("change"),
    "name": lazy_gettext("name"),
    "new": lazy_gettext("new ones"),
    "newcomer_bps": lazy_gettext("of newcomers"),
    "newcomer_days": lazy_gettext("joined within days"),
    "newcomer_only": lazy_gettext("newcomers alone"),
    "newcomers_only": lazy_gettext("newcomers alone"),
    "not_bought_days": lazy_gettext("nothing bought for days"),
    "note": lazy_gettext("note"),
    "number": lazy_gettext("number"),
    "offered": lazy_gettext("is offered"),
    "open_to": lazy_gettext("open to"),
    "order": lazy_gettext("order"),
    "order_points_per_unit": lazy_gettext("points a unit of money"),
    "per_day": lazy_gettext("a day"),
    "per_member_limit": lazy_gettext("a member at most"),
    "per_month": lazy_gettext("each month"),
    "per_week": lazy_gettext("a week"),
    "period": lazy_gettext("period"),
    "picks": lazy_gettext("goods"),
    "picture": lazy_gettext("picture"),
    "pictures": lazy_gettext("pictures"),
    "place": lazy_gettext("place"),
    "plan": lazy_gettext("membership"),
    "plans": lazy_gettext("memberships"),
    "points": lazy_gettext("points"),
    "postings": lazy_gettext("postings"),
    "price": lazy_gettext("price"),
    "price_cap_bps": lazy_gettext("of a price at most"),
    "price_minor": lazy_gettext("price"),
    "price_steps": lazy_gettext("ladder"),
    "products": lazy_gettext("goods"),
    "quantity": lazy_gettext("how many"),
    "questions": lazy_gettext("questions"),
    "queued": lazy_gettext("to be told"),
    "quota": lazy_gettext("all at most"),
    "rate_bps": lazy_gettext("rate"),
    "reason": lazy_gettext("reason"),
    "reference": lazy_gettext("reference"),
    "restock": lazy_gettext("back in stock"),
    "return_days": lazy_gettext("days to send back"),
    "review": lazy_gettext("review"),
    "reward": lazy_gettext("reward"),
    "role": lazy_gettext("role"),
    "room_ttl_seconds": lazy_gettext("a room lasts, seconds"),
    "rose": lazy_gettext("rose"),
    "rule": lazy_gettext("rule"),
    "seat_hold_seconds": lazy_gettext("seat held, seconds"),
    "segment": lazy_gettext("for whom"),
    "sent": lazy_gettext("sent in"),
    "severity": lazy_gettext("how grave"),
    "share": lazy_gettext("share"),
    "shipping_minor": lazy_gettext("shipping"),
    "sign_off": lazy_gettext("signed by"),
    "simulation": lazy_gettext("trial"),
    "since": lazy_gettext("since"),
    "site": lazy_gettext("place"),
    "sku": lazy_gettext("unit"),
    "skus": lazy_gettext("units"),
    "spends_below_minor": lazy_gettext("mean of orders below"),
    "spends_from_minor": lazy_gettext("mean of orders from"),
    "stacking": lazy_gettext("with others"),
    "start_minor": lazy_gettext("begins at"),
    "starts_at": lazy_gettext("begins"),
    "stock": lazy_gettext("stock"),
    "stock_differences": lazy_gettext("differences of stock"),
    "streak_bonuses": lazy_gettext("for days in a row"),
    "stream_url": lazy_gettext("stream"),
    "subject": lazy_gettext("about"),
    "supply": lazy_gettext("price of supply"),
    "survey": lazy_gettext("survey"),
    "taken_minor": lazy_gettext("sum taken back"),
    "target": lazy_gettext("target"),
    "terms": lazy_gettext("terms"),
    "tiers": lazy_gettext("tiers"),
    "times": lazy_gettext("times"),
    "title": lazy_gettext("title"),
    "to": lazy_gettext("to"),
    "together": lazy_gettext("decided together"),
    "total_minor": lazy_gettext("total"),
    "tracking": lazy_gettext("tracking number"),
    "unsealed": lazy_gettext("not yet sealed"),
    "until": lazy_gettext("until"),
    "url": lazy_gettext("address"),
    "version": lazy_gettext("version"),
    "warn_days": lazy_gettext("warned days before"),
    "was_hash": lazy_gettext("hash before"),
    "way": lazy_gettext("way"),
    "worth_minor": lazy_gettext("worth"),
}
# What a fact says by a word of its own.
_VALUES = {
    "channel": {"bank": lazy_gettext("Bank"), "alipay": lazy_gettext("Alipay"), "wechat": lazy_gettext("WeChat")},
    "kind": {"note": lazy_gettext("Note"), "review": lazy_gettext("Review")},
}
# Sums whose name does not say that they are one.
_SUMS = frozenset({"floor", "supply", "price"})
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.*", re.ASCII)


@admin.app_template_global()
def fact_words(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each fact: what it is called, and what it is. What is not said is left out; a sum says its currency itself."""
    currency = str(facts.get("currency") or wired.settings().currency)
    has_sums = any(_is_sum(name) for name in facts)
    for name, value in facts.items():
        if value in (None, "", [], {}) or (name == "currency" and has_sums):
            continue
        yield fact_name(name), _told(name, value, currency)


def fact_name(name: str) -> str:
    """What a fact is called; one that has no words here by its own name."""
    return str(FACTS.get(name, name.replace("_", " ")))


def _is_sum(name: str) -> bool:
    return name.endswith("_minor") or name in _SUMS


def _told(name: str, value: Any, currency: str) -> str:
    """A value as a reader writes it."""
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, int):
        if _is_sum(name):
            return money(Money(value, currency))
        return rate(value) if name.endswith("_bps") else str(value)
    if isinstance(value, list):
        return joined(_told(name, one, currency) for one in value)
    if isinstance(value, dict):
        inner = str(value.get("currency") or currency)
        return joined((joined((key, told), ":") for key, told in _inside(value, inner)), ",")
    return _text(name, str(value))


def _inside(value: Mapping[str, Any], currency: str) -> Iterator[tuple[str, str]]:
    for name, one in value.items():
        if one not in (None, "", [], {}, False) and name != "currency":
            yield fact_name(name), _told(name, one, currency)


def _text(name: str, value: str) -> str:
    if name == "role" and value in ROLES:
        return str(ROLES[value])
    if name == "reason":
        return why(value)
    if value in _VALUES.get(name, ()):
        return str(_VALUES[name][value])
    if _INSTANT.fullmatch(value):
        try:
            return instant(parse_instant(value))
        except InvalidValue:
            return value
    return value
