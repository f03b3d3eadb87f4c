"""A member's tier: where I am, what is missing, what I would get, and why it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from flask import render_template
from flask_babel import gettext, lazy_gettext, ngettext

from socialshop.kernel.money import BPS
from socialshop.memberships import service as memberships
from socialshop.memberships.sentences import why
from socialshop.memberships.service import Benefits, PartnerRow, StockRow, TierView, VoucherRow
from socialshop.pages import languages
from socialshop.pages.formats import joined, rate
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit

_CHANGES_SHOWN = 20
_SOURCES = {
    "order": lazy_gettext("What you bought"),
    "refund": lazy_gettext("What you sent back"),
    "referral": lazy_gettext("First purchases of members you brought"),
    "referral_refund": lazy_gettext("First purchases that were sent back"),
    "check_in": lazy_gettext("Checking in"),
    "review": lazy_gettext("Reviews"),
    "share": lazy_gettext("Sharing"),
    "mission": lazy_gettext("Missions"),
}
_USES = {
    "member_price": lazy_gettext("Paid your price as a member"),
    "free_shipping": lazy_gettext("Free shipping"),
    "early_access": lazy_gettext("Came before the others"),
    "exclusive_deal": lazy_gettext("Deals for members only"),
    "points_multiplier": lazy_gettext("Orders that earned more points"),
    "service_line": lazy_gettext("Asked on a line of your own"),
    "monthly_coupon": lazy_gettext("Monthly coupons used"),
    "birthday_coupon": lazy_gettext("Birthday gifts used"),
    "partner_voucher": lazy_gettext("Partners' vouchers of your plan"),
    "tier_voucher": lazy_gettext("Partners' vouchers of your tier"),
}


@shopper.page("/membership", tab="me")
def show_membership(visit: Visit) -> str:
    """The card, the path to the next tier, every tier, and the changes so far with their reasons."""
    found = memberships.membership_of(visit.uow, visit.caller.number)
    changes = memberships.changes_of(visit.uow, visit.caller.number, None, _CHANGES_SHOWN)
    language, zone = languages.reader(), visit.zone
    given = [found.benefits, *(tier.benefits for tier in found.ladder)]
    return render_template(
        "shopper/membership.html",
        found=found,
        partners=memberships.partners_named(visit.uow, {code for each in given for code in each.partner_vouchers}),
        changes=[(change.at, why(change, language, zone)) for change in changes],
    )


@shopper.app_template_global()
def tier_name(tier: TierView | Benefits) -> str:
    """The name of a tier in the reader's language."""
    zh, en = (tier.tier_name_zh, tier.tier_name_en) if isinstance(tier, Benefits) else (tier.name_zh, tier.name_en)
    return zh if languages.reader() == "zh" else en


@shopper.app_template_global()
def growth_words(kind: str) -> str:
    """What growth comes from; a kind that has no words here by its own name."""
    return str(_SOURCES.get(kind, kind))


@shopper.app_template_global()
def use_words(benefit: str) -> str:
    """Which benefit was used; one that has no words here by its own name."""
    return str(_USES.get(benefit, benefit))


@shopper.app_template_global()
def partner_name(named: PartnerRow | VoucherRow | StockRow | None, code: str) -> str:
    """What a partner is called in the reader's language; one that has no name by its code."""
    found = None if named is None else named.title_zh if languages.reader() == "zh" else named.title_en
    return found or code


@shopper.app_template_global()
def voucher_words(codes: Sequence[str], partners: Mapping[str, PartnerRow]) -> str:
    """That these partners' vouchers come every month, the partners by name."""
    named = joined([partner_name(partners.get(code), code) for code in codes])
    return str(gettext("A voucher every month of %(partners)s", partners=named))


@shopper.app_template_global()
def benefit_words(has: Benefits, partners: Mapping[str, PartnerRow] = MappingProxyType({})) -> list[str]:
    """What somebody has, a sentence each; nothing for what is as for everybody. `partners` have names."""
    said = [
        gettext("%(rate)s off all goods", rate=rate(has.discount_bps)) if has.discount_bps else "",
        gettext("Free shipping") if has.free_shipping else "",
        gettext("%(rate)s of the points", rate=rate(has.points_multiplier_bps))
        if has.points_multiplier_bps > BPS
        else "",
        ngettext(
            "Deals %(num)s hour before the others", "Deals %(num)s hours before the others", has.early_access_hours
        )
        if has.early_access_hours
        else "",
        gettext("Every deal for members only") if has.exclusive_deals else "",
        gettext("Questions answered in half the time") if has.service_line else "",
        ngettext("%(num)s coupon every month", "%(num)s coupons every month", len(has.monthly_coupons))
        if has.monthly_coupons
        else "",
        ngettext("%(num)s gift on your birthday", "%(num)s gifts on your birthday", len(has.birthday_coupons))
        if has.birthday_coupons
        else "",
        voucher_words(has.partner_vouchers, partners) if has.partner_vouchers else "",
    ]
    return [str(sentence) for sentence in said if sentence]
