"""The chart of accounts: the only place that spells an account's name, and what is true of each.

Value flows from negative to positive, so a member's money is positive and an expense negative; `Account.type` is
the accountant's view, for exports.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from socialshop.ledger.errors import UnknownAccount


class Type(StrEnum):
    """The accountant's five kinds, without the one that a shop's daily books do not touch."""

    ASSETS = "Assets"
    LIABILITIES = "Liabilities"
    INCOME = "Income"
    EXPENSES = "Expenses"


@dataclass(frozen=True, slots=True)
class Account:
    """What the chart says of an account.

    `sign`: 1 its balance never goes below zero, -1 never above, 0 free. `folded`: its balance is the sealed sum plus
    what was posted since, so that no sale waits on its row.
    """

    name: str
    type: Type
    sign: int
    folded: bool


SALES = "shop:sales"
SHIPPING = "shop:shipping"
SUBSIDY = "shop:subsidy"
COMMISSION_EXPENSE = "shop:commission_expense"
POINTS_LIABILITY = "shop:points_liability"
POINTS_EXPENSE = "shop:points_expense"
COUPON_EXPENSE = "shop:coupon_expense"
PLAN_REVENUE = "shop:plan_revenue"
PLAN_REVENUE_DEFERRED = "shop:plan_revenue_deferred"
TAX_WITHHELD = "shop:tax_withheld"
PROVIDER_FEES = "shop:provider_fees"
BAD_DEBT = "shop:bad_debt"
DISPUTED = "shop:disputed"

_SHOP = {
    SALES: Type.INCOME,
    SHIPPING: Type.INCOME,
    SUBSIDY: Type.EXPENSES,
    COMMISSION_EXPENSE: Type.EXPENSES,
    POINTS_LIABILITY: Type.LIABILITIES,
    POINTS_EXPENSE: Type.EXPENSES,
    COUPON_EXPENSE: Type.EXPENSES,
    PLAN_REVENUE: Type.INCOME,
    PLAN_REVENUE_DEFERRED: Type.LIABILITIES,
    TAX_WITHHELD: Type.LIABILITIES,
    PROVIDER_FEES: Type.EXPENSES,
    BAD_DEBT: Type.EXPENSES,
    DISPUTED: Type.ASSETS,
}

# (pattern, type, sign, folded) of the families that have an account a member, room, provider or channel.
_FAMILIES = (
    (re.compile(r"member:[1-9][0-9]{0,18}:(pending|wallet|reserved)"), Type.LIABILITIES, 1, False),
    (re.compile(r"member:[1-9][0-9]{0,18}:receivable"), Type.ASSETS, -1, False),
    (re.compile(r"room:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:escrow"), Type.LIABILITIES, 1, False),
    (re.compile(r"provider:[a-z][a-z0-9_]{0,39}:clearing"), Type.ASSETS, 0, True),
    (re.compile(r"payout:[a-z][a-z0-9_]{0,39}:clearing"), Type.LIABILITIES, 0, False),
)

_NO_ROOM = uuid.UUID(int=0)
# What the shop owes others, by the names of the accounts; and what members owe it.
PAYABLE = (
    r"^member:[0-9]+:(pending|wallet|reserved)$",
    r"^room:[^:]+:escrow$",
    r"^payout:[^:]+:clearing$",
    r"^shop:(tax_withheld|plan_revenue_deferred)$",
)
RECEIVABLE = (r"^member:[0-9]+:receivable$",)
RECEIVABLES = "member:*:receivable"
# For sums over a family: what this matches is replaced by FAMILY_NAME (both in PostgreSQL's and Python's syntax).
FAMILY_PATTERN = r"^(member|room):[^:]+:"
FAMILY_NAME = r"\1:*:"


def member_pending(number: int) -> str:
    """Commission accrued and not yet matured."""
    return f"member:{number}:pending"


def member_wallet(number: int) -> str:
    """What the member may spend or have paid out."""
    return f"member:{number}:wallet"


def member_reserved(number: int) -> str:
    """Set aside for payouts asked for."""
    return f"member:{number}:reserved"


def member_receivable(number: int) -> str:
    """What the member owes the shop after a clawback: zero or below."""
    return f"member:{number}:receivable"


def room_escrow(room: uuid.UUID) -> str:
    """Buyers' money captured for a room that has not filled."""
    return f"room:{room}:escrow"


def provider_clearing(name: str) -> str:
    """Money at a payment provider; `import` stands for purchases paid elsewhere."""
    return f"provider:{name}:clearing"


def payout_clearing(channel: str) -> str:
    """Money on its way out through a channel, until the channel says paid or failed."""
    return f"payout:{channel}:clearing"


@lru_cache(maxsize=65_536)
def account(name: str) -> Account:
    """The account of this name. Raises UnknownAccount for one that the chart does not spell."""
    if name in _SHOP:
        return Account(name, _SHOP[name], 0, folded=True)
    for pattern, type_, sign, folded in _FAMILIES:
        if pattern.fullmatch(name):
            return Account(name, type_, sign, folded)
    raise UnknownAccount(f"{name!r} is not in the chart of accounts")


def type_of(name: str) -> Type:
    """The accountant's kind of an account, or of a family of accounts as sums name it. Raises UnknownAccount."""
    kind, star, rest = name.partition(":*:")
    if not star:
        return account(name).type
    return account(f"{kind}:{_NO_ROOM if kind == 'room' else 1}:{rest}").type


def of_type(*types: Type) -> list[str]:
    """The shop's own accounts of these kinds, in the order of the chart."""
    return [name for name, type_ in _SHOP.items() if type_ in types]


def beancount_name(name: str) -> str:
    """The account in beancount's spelling: its type first, each part led by a capital or a digit."""
    parts = name.replace("_", "-").split(":")
    return ":".join([account(name).type.value, *(part[0].upper() + part[1:] for part in parts)])
