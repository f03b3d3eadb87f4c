"""Why a tier is what it is, in English and Chinese. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from socialshop.infra.locales import instant_text
from socialshop.kernel.languages import Language
from socialshop.memberships.store.reading import ChangeRow

_CHANGES: Mapping[str, tuple[str, str]] = {
    "upgraded": (
        "Growth of {growth} in a {days}-day period reached the {threshold} that {tier} asks"
        " (programme version {version}).",
        "{days} 天内成长值 {growth}，达到{tier}所需的 {threshold}（方案版本 {version}）。",
    ),
    "warned": (
        "Growth of {growth} in a {days}-day period is below the {threshold} that the tier asks. Without more it becomes"
        " {tier} at {until} (programme version {version}).",
        "{days} 天内成长值 {growth}，低于保级所需的 {threshold}。"
        "若不再增长，{until} 变为{tier}（方案版本 {version}）。",
    ),
    "kept": (
        "Growth of {growth} in a {days}-day period reached the {threshold} that {tier} asks again: the warning is over"
        " (programme version {version}).",
        "{days} 天内成长值 {growth}，重新达到{tier}所需的 {threshold}，预警解除（方案版本 {version}）。",
    ),
    "downgraded": (
        "The grace is over and growth of {growth} in a {days}-day period is below the {threshold} that the tier before"
        " asks: {tier} (programme version {version}).",
        "宽限期已过，{days} 天内成长值 {growth}，低于原等级所需的 {threshold}，变为{tier}（方案版本 {version}）。",
    ),
    "moved": (
        "The tiers have changed (programme version {version}): in the place of the tier before stands {tier}.",
        "会员等级已调整（方案版本 {version}）：原等级由{tier}取代。",
    ),
}


def why(change: ChangeRow, language: Language, zone: str) -> str:
    """The sentence that explains a change: the growth, the rule and the version that it was decided by."""
    sentence = _CHANGES[change.kind][1 if language == "zh" else 0]
    return sentence.format(
        growth=change.growth,
        threshold=change.threshold,
        days=change.period_days,
        version=change.version,
        tier=change.name_zh if language == "zh" else change.name_en,
        until=_text(change.lapses_at, language, zone),
    )


def _text(at: datetime | None, language: Language, zone: str) -> str:
    return "" if at is None else instant_text(at, language, zone)
