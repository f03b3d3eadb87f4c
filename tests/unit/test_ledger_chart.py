"""The chart of accounts: which names exist, and what is true of each."""

from __future__ import annotations

import re
import uuid

import pytest

from socialshop.ledger import chart
from socialshop.ledger.chart import Account, Type
from socialshop.ledger.errors import UnknownAccount

ROOM = uuid.UUID("01890000-0000-7000-8000-00000000abcd")


@pytest.mark.parametrize(
    ("name", "type_", "sign", "folded", "beancount"),
    [
        (chart.member_pending(42), Type.LIABILITIES, 1, False, "Liabilities:Member:42:Pending"),
        (chart.member_wallet(42), Type.LIABILITIES, 1, False, "Liabilities:Member:42:Wallet"),
        (chart.member_reserved(42), Type.LIABILITIES, 1, False, "Liabilities:Member:42:Reserved"),
        (chart.member_receivable(42), Type.ASSETS, -1, False, "Assets:Member:42:Receivable"),
        (chart.room_escrow(ROOM), Type.LIABILITIES, 1, False, f"Liabilities:Room:{ROOM}:Escrow"),
        (chart.provider_clearing("import"), Type.ASSETS, 0, True, "Assets:Provider:Import:Clearing"),
        (chart.payout_clearing("bank"), Type.LIABILITIES, 0, False, "Liabilities:Payout:Bank:Clearing"),
        (chart.SALES, Type.INCOME, 0, True, "Income:Shop:Sales"),
        (chart.COMMISSION_EXPENSE, Type.EXPENSES, 0, True, "Expenses:Shop:Commission-expense"),
        (chart.TAX_WITHHELD, Type.LIABILITIES, 0, True, "Liabilities:Shop:Tax-withheld"),
    ],
)
def test_each_account_has_its_type_its_bound_and_its_beancount_name(
    name: str, type_: Type, sign: int, folded: bool, beancount: str
) -> None:
    assert chart.account(name) == Account(name, type_, sign, folded)
    assert chart.beancount_name(name) == beancount


@pytest.mark.parametrize(
    "name",
    [
        "",
        "shop",
        "shop:salse",
        "member:0:wallet",
        "member:-1:wallet",
        "member:007:wallet",
        "member:1:Wallet",
        "member:1:wallet\n",
        "member:1",
        "member:١:wallet",
        "room:1:escrow",
        "provider::clearing",
        "provider:Stripe:clearing",
        "payout:bank transfer:clearing",
    ],
)
def test_a_name_outside_the_chart_is_refused(name: str) -> None:
    with pytest.raises(UnknownAccount):
        chart.account(name)


def test_families_are_named_by_what_their_members_share() -> None:
    assert re.sub(chart.FAMILY_PATTERN, chart.FAMILY_NAME, chart.member_wallet(42)) == "member:*:wallet"
    assert re.sub(chart.FAMILY_PATTERN, chart.FAMILY_NAME, chart.room_escrow(ROOM)) == "room:*:escrow"
    assert re.sub(chart.FAMILY_PATTERN, chart.FAMILY_NAME, chart.SALES) == chart.SALES
