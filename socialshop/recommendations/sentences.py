"""Because of what a deal is shown to somebody, in English and Chinese. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from socialshop.kernel.languages import Language
from socialshop.recommendations.rules import Reason

SENTENCES: Mapping[Reason, tuple[str, str]] = {
    Reason.OFFERED: ("Offered to you and some others{why}.", "专为你和部分会员提供{why}。"),
    Reason.BOUGHT_TOGETHER: (
        "Because you bought “{title}”: {count} people have both.",
        "因为你买过「{title}」：有 {count} 人两样都买了。",
    ),
    Reason.ROOM_FRIENDS: (
        "Because {count} people whom you bought together with have it.",
        "因为有 {count} 位与你拼过团的人买了它。",
    ),
    Reason.TIER: ("Because it is kept for tiers such as yours.", "因为它专供你这样等级的会员。"),
    Reason.NEW_SINCE: ("Because it is new since you were last here.", "因为你上次来过之后它才上架。"),
    Reason.PRICE_BAND: ("Because it costs about what you usually pay.", "因为价格与你平时购买的相近。"),
    Reason.POPULAR: (
        "Because {count} people bought it in the last four weeks.",
        "因为最近四周有 {count} 人购买。",
    ),
    Reason.MOST_FILLED: ("Because its rooms fill: {count} did lately.", "因为它容易成团：近期已成 {count} 团。"),
    Reason.NEW: ("Because it is new in the shop.", "因为它是新品。"),
}


def because(reason: Reason, language: Language, *, title: str | None, count: int | None, why: str = "") -> str:
    """The sentence of a reason; `title` of what was bought, `count` of people or rooms, where the reason has one.

    `why` are the grounds of an offer, each behind a comma.
    """
    return SENTENCES[reason][1 if language == "zh" else 0].format(title=title, count=count, why=why)
