"""What a campaign did, said plainly in English and Chinese. Pure. "Not yet known" is an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from socialshop.kernel.languages import LANGUAGES, Language
from socialshop.kernel.money import Money
from socialshop.loyalty.lift import LEAST_BUYERS, LEAST_MEMBERS, Interval, Metric, Verdict

SENTENCES: Mapping[Verdict, tuple[str, str]] = {
    Verdict.NOT_BEGUN: ("Not yet known: it has not begun.", "尚无结论：活动还没开始。"),
    Verdict.GOES_ON: ("Not yet known: it goes on.", "尚无结论：活动仍在进行。"),
    Verdict.NO_CONTROL: (
        "Not to be known: nobody was left out, so there is nothing to compare with.",
        "无法得知：没有对照组，无从比较。",
    ),
    Verdict.TOO_FEW: (
        f"Not known: each group needs {LEAST_MEMBERS} members, and {LEAST_BUYERS} of both must have bought.",
        f"无法得知：每组至少需要 {LEAST_MEMBERS} 人，且两组共至少 {LEAST_BUYERS} 人下单。",
    ),
    Verdict.UNCLEAR: (
        "Not known whether it did anything: {what} lies between {low} and {high} (95 %).",
        "不能确定是否有效果：{what}在 {low} 与 {high} 之间（95%）。",
    ),
    Verdict.HARM: (
        "It did harm: {what} is {estimate}, between {low} and {high} (95 %).",
        "效果为负：{what}为 {estimate}，在 {low} 与 {high} 之间（95%）。",
    ),
    Verdict.LIFT: (
        "It worked, by less than the goal: {what} is {estimate}, between {low} and {high} (95 %).",
        "有效果但未达目标：{what}为 {estimate}，在 {low} 与 {high} 之间（95%）。",
    ),
    Verdict.REACHED: (
        "It worked, and the goal is reached: {what} is {estimate}, between {low} and {high} (95 %).",
        "有效果且达到目标：{what}为 {estimate}，在 {low} 与 {high} 之间（95%）。",
    ),
}
WHAT: Mapping[Metric, tuple[str, str]] = {
    Metric.BUYERS: ("the difference of the rates of buyers", "下单率之差"),
    Metric.SPEND: ("the difference of what is spent per head", "人均消费之差"),
}
_POINTS = ("{} points of a percent", "{} 个百分点")
_PERCENT = 100


class Said(NamedTuple):
    """A verdict on a metric with its difference, to be told; `currency` is that of money."""

    verdict: Verdict
    metric: Metric
    difference: Interval | None
    currency: str


def tell(language: Language, said: Said, money: Callable[[Money], str] = str) -> str:
    """The sentence; `money` writes an amount."""
    place = LANGUAGES.index(language)
    figures = {} if said.difference is None else said.difference._asdict()
    written = {name: _written(place, said, figure, money) for name, figure in figures.items()}
    return SENTENCES[said.verdict][place].format(what=WHAT[said.metric][place], **written)


def _written(place: int, said: Said, figure: int, money: Callable[[Money], str]) -> str:
    if said.metric is Metric.SPEND:
        return money(Money(figure, said.currency))
    whole, part = divmod(abs(figure), _PERCENT)
    return _POINTS[place].format(f"{'-' if figure < 0 else '+'}{whole}.{part:02}")
