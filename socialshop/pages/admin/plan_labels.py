"""What the fields of a plan's form are called. A field or choice without a name here goes by the document's own."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext

from socialshop.pages.admin.plan_words import leg_words
from socialshop.pages.admin.section import admin

LABELS = {
    "level": lazy_gettext("How many levels above the buyer"),
    "rate_bps": lazy_gettext("Share of the price (%)"),
    "fixed_minor": lazy_gettext("Fixed sum"),
    "min_order_minor": lazy_gettext("Of orders of at least"),
    "per_thousand_minor": lazy_gettext("Sum a thousand"),
    "rates": lazy_gettext("Share of each tier"),
    "reach": lazy_gettext("Up to how many levels up"),
    "products": lazy_gettext("Only these goods (ids)"),
    "deals": lazy_gettext("Only rooms of these deals (ids)"),
    "channels": lazy_gettext("Only links of these channels"),
    "buyer_tiers": lazy_gettext("Only buyers in these tiers"),
    "tiers": lazy_gettext("Only to members in these tiers"),
    "first_order": lazy_gettext("Only a buyer’s first order"),
    "sold_from": lazy_gettext("Only sales from then on"),
    "sold_until": lazy_gettext("Only sales before then"),
    "within_days": lazy_gettext("Days in which an upline must have bought something"),
    "inactive": lazy_gettext("The share of one who did not"),
    "per": lazy_gettext("Of what"),
    "period": lazy_gettext("In what time"),
    "amount_minor": lazy_gettext("At most"),
    "who": lazy_gettext("Who is paid"),
    "counts": lazy_gettext("What is counted"),
    "reaches": lazy_gettext("Once it comes to"),
    "falls_below": lazy_gettext("Where refunds let it fall below"),
}
HINTS = {
    "rates": lazy_gettext("A tier’s code and its share a line, such as: gold 6"),
    "products": lazy_gettext("Several with commas."),
    "deals": lazy_gettext("Several with commas."),
    "channels": lazy_gettext("Several with commas."),
    "buyer_tiers": lazy_gettext("Codes of tiers, several with commas."),
    "tiers": lazy_gettext("Codes of tiers, several with commas."),
}
CHOICES = {
    "inactive": {"forfeit": lazy_gettext("stays with the shop"), "pass_up": lazy_gettext("goes to the next above")},
    "per": {
        "order": lazy_gettext("one order"),
        "member": lazy_gettext("one member"),
        "plan": lazy_gettext("the whole plan, its budget"),
    },
    "period": {"day": lazy_gettext("a day"), "month": lazy_gettext("a month")},
    "counts": {
        "sales": lazy_gettext("orders of members brought"),
        "buyers": lazy_gettext("members brought who bought"),
    },
    "falls_below": {"claw_back": lazy_gettext("it is clawed back"), "keep": lazy_gettext("it is kept")},
    "who": {"publishers": lazy_gettext("publishers"), "members": lazy_gettext("all members")},
}
_NOTHING = {"period": lazy_gettext("ever"), "inactive": lazy_gettext("all uplines earn")}


@admin.app_template_global()
def plan_label(name: str) -> str:
    """What a field is called."""
    return str(LABELS.get(name, name))


@admin.app_template_global()
def plan_hint(name: str) -> str | None:
    """How a field is filled in, where its name does not say it."""
    return str(HINTS[name]) if name in HINTS else None


@admin.app_template_global()
def plan_choices(name: str, options: tuple[str, ...]) -> list[tuple[str, str]]:
    """What may be chosen in a field, nothing first."""
    words = CHOICES.get(name, {})
    return [("", str(_NOTHING.get(name, "—")))] + [(one, str(words.get(one, one))) for one in options]


@admin.app_template_global()
def kind_words(kind: str) -> str:
    """Whom a kind of leg pays."""
    return str(gettext("A level above the buyer")) if kind == "sale" else leg_words(kind, 0)
