"""The one catalogue of sentences in which movements of points are explained, in English and Chinese. Pure.

`{paid:money}` is the fact `paid_minor` in `currency`; `{multiplier:rate}` is `multiplier_bps` as a percentage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from socialshop.kernel.languages import LANGUAGES
from socialshop.kernel.money import Money

_FIELD = re.compile(r"\{(\w+)(?::(money|rate))?\}")
_PERCENT = 100

SENTENCES: Mapping[str, tuple[str, str]] = {
    "earned_order": (
        "An order of {paid:money}: points at {per_unit} for each unit of money, times {multiplier:rate}, rounded down"
        " once. They are yours once the goods can no longer be sent back.",
        "订单实付 {paid:money}，每元 {per_unit} 积分，乘以 {multiplier:rate}，最后向下取整；退货期满后归你。",
    ),
    "earned_check_in": ("You checked in, day {streak} in a row.", "签到，连续第 {streak} 天。"),
    "earned_check_in_bonus": (
        "You checked in, day {streak} in a row: {bonus} of the points are the bonus.",
        "签到，连续第 {streak} 天，其中 {bonus} 积分为连签奖励。",
    ),
    "earned_review": ("You reviewed what you bought.", "评价了购买的商品。"),
    "earned_share": ("Somebody bought through what you shared.", "有人通过你的分享下单。"),
    "earned_survey": ("You answered a survey.", "完成了问卷。"),
    "earned_mission": ("You finished a mission.", "完成了任务。"),
    "earned_note": ("You wrote a note.", "发布了笔记。"),
    "earned": ("Earned by a rule of the shop.", "按商店规则获得。"),
    "matured": ("The goods can no longer be sent back: the points are yours.", "退货期已满，积分归你。"),
    "taken_back": (
        "The order was refunded: the points that it gave were taken back.",
        "订单已退款，收回其积分。",
    ),
    "taken_back_owed": (
        "The order was refunded, and you had used its points: they are owed, and paid from what you earn next.",
        "订单已退款而积分已使用：记为欠分，由之后获得的积分抵扣。",
    ),
    "taken_back_share": (
        "The order that came through what you shared was refunded: its points were taken back.",
        "经你分享的订单已退款，收回其积分。",
    ),
    "taken_back_mission": (
        "A refund left the mission unfinished: its points were taken back.",
        "因退款任务未完成，收回其积分。",
    ),
    "netted": ("Owed points were paid from what you have.", "以现有积分抵扣欠分。"),
    "used_reward": ("Taken for “{title}”.", "兑换「{title}」。"),
    "used_order": ("They paid a part of an order.", "抵扣了部分订单金额。"),
    "used_adjustment": ("Taken by the shop: {reason}", "商店扣减：{reason}"),
    "held_order": ("Set aside for an order that is not confirmed yet.", "为尚未确认的订单预留。"),
    "returned_reward": ("“{title}” could not be given: the points are back.", "「{title}」未能兑付，积分已退回。"),
    "returned_order": (
        "The order came to nothing, or was refunded: the points are back.",
        "订单未成或已退款，积分已退回。",
    ),
    "expired": ("They ended unused.", "积分到期失效。"),
    "adjusted": ("Given by the shop: {reason}", "商店赠送：{reason}"),
    "other": ("Moved by the shop.", "商店操作。"),
}


def code_of(kind: str, *, lot_kind: str | None, purpose: str | None, owed: bool, facts: Mapping[str, Any]) -> str:
    """Which sentence tells this movement: the most particular one that there is."""
    plain = kind.removeprefix("points_")
    about = lot_kind if plain in {"earned", "taken_back"} else purpose
    particular = [f"{plain}_owed"] if owed else []
    if facts.get("bonus"):
        particular.append(f"{plain}_{about}_bonus")
    return next((code for code in (*particular, f"{plain}_{about}", plain) if code in SENTENCES), "other")


def say(
    language: str,
    code: str,
    facts: Mapping[str, Any],
    *,
    money: Callable[[Money], str] = str,
    catalogue: Mapping[str, tuple[str, str]] = SENTENCES,
) -> str:
    """The sentence `code` of the catalogue in `language`, with its figures; `money` writes an amount."""
    sentence = catalogue[code][LANGUAGES.index(language)]
    return _FIELD.sub(lambda field: _written(field[1], field[2], facts, money), sentence)


def _written(name: str, form: str | None, facts: Mapping[str, Any], money: Callable[[Money], str]) -> str:
    if form == "money":
        return money(Money(int(facts[f"{name}_minor"]), str(facts["currency"])))
    if form == "rate":
        whole, part = divmod(int(facts[f"{name}_bps"]), _PERCENT)
        return f"{whole}.{part:02} %" if part else f"{whole} %"
    return str(facts.get(name, ""))
