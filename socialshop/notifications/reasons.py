"""Why a payout is held or refused: the published list, each in English and Chinese. Pure.

A decision keeps the code; whoever reads it is told in their own language. A decision from before the list has the words
that somebody typed, and keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class PayoutReason(StrEnum):
    """Why a payout was held or refused."""

    ACCOUNT_WRONG = "account_wrong"
    ACCOUNT_OF_ANOTHER = "account_of_another"
    ACCOUNT_SHARED = "account_shared"
    NAME_TO_CHECK = "name_to_check"
    ORDERS_IN_QUESTION = "orders_in_question"
    MANY_RETURNS = "many_returns"
    COMMISSION_OWED = "commission_owed"
    ACCOUNTS_LINKED = "accounts_linked"
    WE_ASK_YOU = "we_ask_you"
    RULES_BROKEN = "rules_broken"
    OTHER = "other"


class Words(NamedTuple):
    """What the member reads, and to what the reason may lead."""

    english: str
    chinese: str
    holds: bool
    rejects: bool


REASONS: Mapping[PayoutReason, Words] = {
    PayoutReason.ACCOUNT_WRONG: Words(
        "something about the account cannot be right. Please name it anew.",
        "收款账户信息有误，请重新填写。",
        True,
        True,
    ),
    PayoutReason.ACCOUNT_OF_ANOTHER: Words(
        "the account belongs to somebody else. Please name one of your own.",
        "收款账户不是你本人的，请使用本人账户。",
        True,
        True,
    ),
    PayoutReason.ACCOUNT_SHARED: Words(
        "other members named the same account, so we look at it first.",
        "有其他会员使用同一收款账户，需要先核实。",
        True,
        False,
    ),
    PayoutReason.NAME_TO_CHECK: Words(
        "we still have to check the name of the account's holder.", "收款人姓名有待核实。", True, False
    ),
    PayoutReason.ORDERS_IN_QUESTION: Words(
        "we look at some of the orders that it comes from.", "相关订单正在核实。", True, True
    ),
    PayoutReason.MANY_RETURNS: Words(
        "many of the orders that it comes from were given back.", "相关订单的退款较多。", True, True
    ),
    PayoutReason.COMMISSION_OWED: Words(
        "commission that was taken back has to be settled first.", "需先结清应退回的佣金。", True, True
    ),
    PayoutReason.ACCOUNTS_LINKED: Words(
        "your account is tied to others in a way that we have to look at.",
        "你的账户与其他账户存在关联，需要核实。",
        True,
        True,
    ),
    PayoutReason.WE_ASK_YOU: Words(
        "we have a question for you and will write to you.", "我们有问题需要向你核实，会与你联系。", True, False
    ),
    PayoutReason.RULES_BROKEN: Words(
        "the commission was not earned by the shop's rules.", "佣金的获得不符合商店规则。", False, True
    ),
    PayoutReason.OTHER: Words("ask us: we tell you what it is about.", "具体情况请联系我们，我们会说明。", True, True),
}


def reason_words(said: str, language: str) -> str:
    """A reason in the reader's language; what is none of the list is what somebody typed."""
    try:
        words = REASONS[PayoutReason(said)]
    except ValueError:
        return said
    return words.chinese if language == "zh" else words.english
