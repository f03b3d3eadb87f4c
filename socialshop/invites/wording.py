"""What a link says in Chinese and in English. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from socialshop.infra.locales import money_text
from socialshop.invites.rules import ShareSubject
from socialshop.kernel.languages import Language

TEXTS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "share": "一起买「{title}」",
        "share_note": "看看这篇笔记「{title}」",
        "share_price": "，一起买价 {price}",
        "share_seats": "，还差 {left} 人",
        "share_ends": "，{at} 截止",
        "share_shop": "和我一起买，更便宜。邀请码 {code}",
        "share_tail": "：{url}",
    },
    "en": {
        "share": "Buy “{title}” together with me",
        "share_note": "Read “{title}” before you buy",
        "share_price": " for {price}",
        "share_seats": ", seats left: {left}",
        "share_ends": ", ends {at}",
        "share_shop": "Buy together with me and pay less. Invite code {code}",
        "share_tail": ": {url}",
    },
}

POSTER: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "somebody": "一位会员",
        "invites": "邀请你一起买",
        "invites_note": "分享了一篇笔记",
        "invites_shop": "邀请你加入",
        "shop_title": "一起买，更便宜",
        "shop_body": "和朋友一起成团，享受一起买的价格；未成团，全额退款。",
        "together": "一起买价",
        "alone": "单独购买 {price}",
        "seats": "{size} 人成团，还差 {left} 人",
        "group": "{size} 人成团",
        "ends": "{at} 截止",
        "over": "本团已结束，可扫码自己开一个",
        "scan": "长按或扫码加入",
        "scan_note": "长按或扫码阅读",
        "code": "邀请码",
    },
    "en": {
        "somebody": "A member",
        "invites": "invites you to buy together",
        "invites_note": "shares a note with you",
        "invites_shop": "invites you to join",
        "shop_title": "Buy together, pay less",
        "shop_body": "Fill a group with friends and pay less. If it does not fill, you get your money back.",
        "together": "Price together",
        "alone": "{price} alone",
        "seats": "A group of {size}, seats left: {left}",
        "group": "A group of {size}",
        "ends": "Ends {at}",
        "over": "This one is over. Scan to open your own.",
        "scan": "Scan to join",
        "scan_note": "Scan to read",
        "code": "Invite code",
    },
}


def instant_text(at: datetime, zone: str) -> str:
    """`2026-01-31 20:00 (UTC+08:00)`: the shop's clock, with its distance from UTC."""
    there = at.astimezone(ZoneInfo(zone))
    offset = there.strftime("%z")
    return f"{there:%Y-%m-%d %H:%M} (UTC{offset[:3]}:{offset[3:5]})"


def share_text(language: Language, subject: ShareSubject | None, *, code: str, url: str, zone: str) -> str:
    """What a member sends along with a link."""
    texts = TEXTS[language]
    if subject is None:
        return texts["share_shop"].format(code=code) + texts["share_tail"].format(url=url)
    said = texts["share_note" if subject.to_read else "share"].format(title=subject.title)
    if subject.price is not None:
        said += texts["share_price"].format(price=money_text(subject.price, language))
    if subject.is_open and subject.seats_left is not None:
        said += texts["share_seats"].format(left=subject.seats_left)
    if subject.is_open and subject.ends_at is not None:
        said += texts["share_ends"].format(at=instant_text(subject.ends_at, zone))
    return said + texts["share_tail"].format(url=url)
