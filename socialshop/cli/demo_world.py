"""A small believable shop: some 200 members who brought each other in, and 600 orders over four months.

The same seed and day give the same files.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from socialshop.kernel.money import to_decimal_text
from socialshop.kernel.time import to_text

DAYS = 120
LEADER, MEMBER = "leader", "member"
_MEMBERS = 200
_ORDERS = 600
_DAYS_OF_JOINING = 60
_DAYS_TO_RECEIPT = 3
_SURNAMES, _GIVEN, _FOREIGN, _LAST = (
    line.split()
    for line in (
        "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹",
        "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 小满 思远 雨桐 子涵 一诺 梓萱 浩然 欣怡 嘉怡 若曦",
        "Ava Noah Mia Liam Zoe Owen Ruth Hugo Nina Omar Iris Theo Lena Max Elif Jonas Carla Yusuf Aino Pavel",
        "Adams Berg Costa Diaz Evans Fischer Garcia Haas Ito Jensen Kaya Lopez Moreau Novak Olsen Park Rossi",
    )
)
_MEMBER_COLUMNS = ("external_id", "sponsor_external_id", "joined_at", "display_name")
_ORDER_COLUMNS = (
    *("external_id", "member_external_id", "ordered_at", "amount", "currency", "quantity"),
    *("host_external_id", "received_at"),
)
# In minor units: tea, towels, fruit boxes, a kettle, a down quilt.
_PRICES = (1990, 2990, 3990, 5990, 8900, 12900, 19900, 39900)


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """Rows of two import files, header first."""

    members: Sequence[Sequence[str]]
    orders: Sequence[Sequence[str]]


def generate(start: datetime, currency: str, seed: int) -> DemoWorld:
    """Members who join from `start` on below LEADER, MEMBER or each other, and buy until DAYS later."""
    chance = random.Random(seed)  # noqa: S311 - a pleasant shop, no secret
    joined: dict[str, datetime] = {LEADER: start, MEMBER: start}
    # A sponsor is drawn from everybody who is there and everybody who has sponsored: who has brought many brings more.
    pool = [LEADER, LEADER, MEMBER]
    members = []
    for number in range(1, _MEMBERS + 1):
        name = f"demo-{number:03}"
        sponsor = chance.choice(pool) if chance.random() < 0.9 else ""  # noqa: PLR2004
        pool += [name, sponsor] if sponsor else [name]
        day = _DAYS_OF_JOINING * number / _MEMBERS
        joined[name] = start + timedelta(days=day, minutes=chance.randrange(60))
        members.append((name, sponsor, to_text(joined[name].replace(microsecond=0)), _person(chance)))
    orders = [_order(chance, i, start, joined, currency) for i in range(1, _ORDERS + 1)]
    return DemoWorld([_MEMBER_COLUMNS, *members], [_ORDER_COLUMNS, *orders])


def _person(chance: random.Random) -> str:
    if chance.random() < 0.7:  # noqa: PLR2004
        return chance.choice(_SURNAMES) + chance.choice(_GIVEN)
    return f"{chance.choice(_FOREIGN)} {chance.choice(_LAST)}"


def _order(
    chance: random.Random, number: int, start: datetime, joined: dict[str, datetime], currency: str
) -> tuple[str, ...]:
    buyer = chance.choice(list(joined))
    until_today = start + timedelta(days=DAYS - _DAYS_TO_RECEIPT) - joined[buyer]
    ordered = (joined[buyer] + until_today * chance.random()).replace(microsecond=0) + timedelta(seconds=1)
    quantity = chance.choice((1, 1, 1, 2, 3))
    amount = to_decimal_text(chance.choice(_PRICES) * quantity, currency)
    host = chance.choice((LEADER, MEMBER, "", ""))
    received = ordered + timedelta(days=_DAYS_TO_RECEIPT)
    return (
        f"demo-order-{number:03}",
        buyer,
        to_text(ordered),
        amount,
        currency,
        str(quantity),
        host if host != buyer else "",
        to_text(received),
    )


def write(rows: Iterable[Sequence[str]], path: Path) -> Path:
    """The rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path
