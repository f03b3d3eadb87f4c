"""What a coupon gives, under which conditions, and why it is not used here, in English and Chinese. Pure.

Fields are written as in `sentences`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from socialshop.kernel.money import Money
from socialshop.loyalty import segment_sentences
from socialshop.loyalty.coupons import Reason, Terms, Way
from socialshop.loyalty.sentences import say

_TERMS: Mapping[str, tuple[str, str]] = {
    "amount": ("{amount:money} off", "立减 {amount:money}"),
    "percentage": ("{rate:rate} off, at most {ceiling:money}", "优惠 {rate:rate}，最高 {ceiling:money}"),
    "shipping": ("free shipping", "免运费"),
    "shipping_up_to": ("at most {amount:money} off the shipping", "运费最高抵 {amount:money}"),
    "gift": ("a gift: {gift}", "赠品：{gift}"),
    "minimum": ("from {minimum:money} of goods", "满 {minimum:money} 可用"),
    "goods": ("for some goods only", "限部分商品"),
    "tiers": ("for some tiers only", "限部分会员等级"),
    "newcomers_only": ("for a first order", "限首单"),
    "days_of_month": ("on day {days} of the month", "限每月 {days} 日"),
    "channels": ("through an invitation by {channels}", "限经 {channels} 邀请链接购买"),
    "alone": ("with no other coupon", "不与其他券叠加"),
    "other_kinds": ("beside coupons of other kinds", "可与其他类型的券叠加"),
    "any": ("beside other coupons", "可与其他券叠加"),
}
_REASONS: Mapping[str, tuple[str, str]] = {
    "gone": ("It is not yours, or cannot be used now.", "此券不属于你，或当前不可用。"),
    "other_currency": ("It is for another currency.", "币种不符。"),
    "other_goods": ("It is for other goods.", "不适用于此商品。"),
    "below_minimum": ("The goods cost less than it asks.", "未满使用金额。"),
    "other_tier": ("It is for members of other tiers.", "不适用于你的会员等级。"),
    "not_newcomer": ("It is for a first order.", "仅限首单使用。"),
    "other_day": ("It is for another day.", "今天不可用。"),
    "other_channel": ("It is for who comes through another kind of invite link.", "仅限经指定渠道的邀请链接购买。"),
    "budget_used_up": ("The shop has given away all that was set aside for it.", "活动预算已用完。"),
    "nothing_to_save": ("There is nothing that it could take off.", "没有可减免的金额。"),
    "not_together": ("It does not stand beside the others.", "不能与其他券叠加。"),
    "others_save_more": ("Without it you pay less, or the same.", "不用此券更划算，或一样。"),
}
_BECAUSE: Mapping[str, tuple[str, str]] = {
    "newcomer": ("because you became a member", "因为你成为了会员"),
    "monthly": ("because your tier or plan gives it every month", "因为你的会员等级或计划每月赠送"),
    "birthday": ("because it was your birthday", "因为你的生日"),
    "birthday_benefit": ("because your tier or plan gives it on your birthday", "因为你的会员等级或计划在生日赠送"),
    "member_day": ("because it was the member day", "因为会员日"),
}

Writer = Callable[[Money], str]


def what_it_gives(terms: Terms, language: str, money: Writer = str) -> str:
    """What the coupon takes off, in a few words."""
    code = "shipping_up_to" if terms.kind == "shipping" and terms.amount_minor else terms.kind
    return say(language, code, terms.model_dump(), money=money, catalogue=_TERMS)


def conditions(terms: Terms, language: str, money: Writer = str) -> list[str]:
    """What it asks for, and beside what it stands, a few words each."""
    asked = {
        "minimum": terms.minimum_minor > 0,
        "goods": bool(terms.deals or terms.products),
        "tiers": bool(terms.tiers),
        "newcomers_only": terms.newcomers_only,
        "days_of_month": bool(terms.days_of_month),
        "channels": bool(terms.channels),
        terms.stacking: True,
    }
    listed = {"days": ", ".join(map(str, terms.days_of_month)), "channels": ", ".join(terms.channels)}
    facts = terms.model_dump() | listed
    return [say(language, code, facts, money=money, catalogue=_TERMS) for code, is_asked in asked.items() if is_asked]


def because(terms: Terms, way: Way, language: str) -> list[str]:
    """Why a member was given it, a few words each; none where somebody gave it by hand, or for a code."""
    if terms.segment is not None:
        return segment_sentences.because(terms.segment, language)
    return [say(language, way, {}, catalogue=_BECAUSE)] if way in _BECAUSE else []


def why(reason: Reason, language: str) -> str:
    """Why a coupon is not used."""
    return say(language, reason, {}, catalogue=_REASONS)
