"""What a link says in Chinese and in English. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from socialshop.deals.ladder import Ladder
from socialshop.infra.locales import money_text
from socialshop.invites.rules import ShareSubject
from socialshop.kernel.languages import Language
from socialshop.kernel.money import Money

TEXTS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "share": "一起买「{title}」",
        "share_note": "看看这篇笔记「{title}」",
        "share_bargain": "帮我砍价「{title}」",
        "share_storefront": "来逛逛我的小店「{title}」",
        "share_session": "{brand}专场「{title}」，限时一起买",
        "share_price": "，一起买价 {price}",
        "share_price_bargain": "，最低 {price}",
        "share_starts": "，{at} 开场",
        "share_ladder": "，{least} 人起每人 {price}，满 {most} 人每人 {lowest}",
        "share_seats": "，还差 {left} 人",
        "share_seats_bargain": "，还差 {left} 刀",
        "share_ends": "，{at} 截止",
        "share_shop": "和我一起买，更便宜。邀请码 {code}",
        "share_tail": "：{url}",
    },
    "en": {
        "share": "Buy “{title}” together with me",
        "share_note": "Read “{title}” before you buy",
        "share_storefront": "Have a look at my storefront “{title}”",
        "share_session": "{brand} flash session “{title}”, for a short time only",
        "share_bargain": "Help me bring down the price of “{title}”",
        "share_price": " for {price}",
        "share_price_bargain": " to {price}",
        "share_starts": ", starts {at}",
        "share_ladder": ": {price} each with {least}, {lowest} each with {most}",
        "share_seats": ", seats left: {left}",
        "share_seats_bargain": ", chops to go: {left}",
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
        "invites_bargain": "请你帮忙砍一刀",
        "invites_storefront": "邀请你逛逛小店",
        "invites_session": "邀请你来限时专场",
        "invites_shop": "邀请你加入",
        "shop_title": "一起买，更便宜",
        "shop_body": "和朋友一起成团，享受一起买的价格；未成团，全额退款。",
        "together": "一起买价",
        "together_bargain": "最低砍到",
        "ladder": "满 {most} 人每人 {lowest}",
        "alone": "单独购买 {price}",
        "alone_bargain": "起价 {price}",
        "seats": "{size} 人成团，还差 {left} 人",
        "seats_bargain": "共 {size} 刀，还差 {left} 刀",
        "group": "{size} 人成团",
        "starts": "{at} 开场",
        "ends": "{at} 截止",
        "over": "本团已结束，可扫码自己开一个",
        "over_bargain": "这次砍价已结束，可扫码自己发起一个",
        "over_session": "本场已结束，可扫码看看其他专场",
        "scan": "长按或扫码加入",
        "scan_note": "长按或扫码阅读",
        "scan_bargain": "长按或扫码砍一刀",
        "scan_storefront": "长按或扫码进店",
        "scan_session": "长按或扫码进场",
        "code": "邀请码",
    },
    "en": {
        "somebody": "A member",
        "invites": "invites you to buy together",
        "invites_note": "shares a note with you",
        "invites_storefront": "invites you to a storefront",
        "invites_session": "invites you to a flash session",
        "invites_bargain": "asks you to chop a price",
        "invites_shop": "invites you to join",
        "shop_title": "Buy together, pay less",
        "shop_body": "Fill a group with friends and pay less. If it does not fill, you get your money back.",
        "together": "Price together",
        "together_bargain": "Lowest price",
        "ladder": "{lowest} each with {most}",
        "alone": "{price} alone",
        "alone_bargain": "From {price}",
        "seats": "A group of {size}, seats left: {left}",
        "seats_bargain": "Chops: {size}, to go: {left}",
        "group": "A group of {size}",
        "starts": "Starts {at}",
        "ends": "Ends {at}",
        "over": "This one is over. Scan to open your own.",
        "over_bargain": "This bargain is over. Scan to start your own.",
        "over_session": "This session is over. Scan to see others.",
        "scan": "Scan to join",
        "scan_note": "Scan to read",
        "scan_bargain": "Scan to chop",
        "scan_storefront": "Scan to have a look",
        "scan_session": "Scan to come in",
        "code": "Invite code",
    },
}


def words(texts: Mapping[str, str], name: str, subject: ShareSubject) -> str:
    """The words of this name for what the subject asks for, where it has words of its own."""
    return texts.get(f"{name}_{subject.act}", texts[name])


def instant_text(at: datetime, zone: str) -> str:
    """`2026-01-31 20:00 (UTC+08:00)`: the shop's clock, with its distance from UTC."""
    there = at.astimezone(ZoneInfo(zone))
    offset = there.strftime("%z")
    return f"{there:%Y-%m-%d %H:%M} (UTC{offset[:3]}:{offset[3:5]})"


def ladder_words(language: Language, steps: Ladder, currency: str) -> Mapping[str, object]:
    """The first price and the lowest, and with how many people each is paid."""
    first, last = steps[0], steps[-1]
    return {
        "least": first.size,
        "price": money_text(Money(first.price_minor, currency), language),
        "most": last.size,
        "lowest": money_text(Money(last.price_minor, currency), language),
    }


def share_text(language: Language, subject: ShareSubject | None, *, code: str, url: str, zone: str) -> str:
    """What a member sends along with a link."""
    texts = TEXTS[language]
    if subject is None:
        return texts["share_shop"].format(code=code) + texts["share_tail"].format(url=url)
    said = words(texts, "share", subject).format(title=subject.title, brand=subject.brand)
    if subject.price is not None and subject.ladder:
        said += texts["share_ladder"].format(**ladder_words(language, subject.ladder, subject.price.currency))
    elif subject.price is not None:
        said += words(texts, "share_price", subject).format(price=money_text(subject.price, language))
    if subject.is_open and subject.starts_at is not None:
        said += texts["share_starts"].format(at=instant_text(subject.starts_at, zone))
    if subject.is_open and subject.seats_left is not None:
        said += words(texts, "share_seats", subject).format(left=subject.seats_left)
    if subject.is_open and subject.ends_at is not None:
        said += texts["share_ends"].format(at=instant_text(subject.ends_at, zone))
    return said + texts["share_tail"].format(url=url)


def share_texts(subject: ShareSubject | None, *, code: str, url: str, zone: str) -> Mapping[Language, str]:
    """The same in each language: who is sent it may not read the sender's."""
    return {language: share_text(language, subject, code=code, url=url, zone=zone) for language in TEXTS}
