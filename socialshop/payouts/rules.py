"""What a payout may go to, and the canonical text of a frozen batch. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from email_validator import EmailNotValidError, validate_email
from stdnum import iban, luhn

from socialshop.kernel.errors import InvalidValue

LONGEST_HOLDER = 100
# How long a reviewer has a case for themselves.
CLAIM_LASTS = timedelta(minutes=30)
LONGEST_ACCOUNT = 100
LONGEST_REFERENCE, LONGEST_REASON = 140, 500

# ISO 13616: country, two check digits, then what the country's banks use.
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
# ISO/IEC 7812-1: up to 19 digits, the last a check digit by Luhn's formula (annex B), which JR/T 0008 takes over for
# the cards of China's banks; those in use have 16 to 19.
_CARD = re.compile(r"[0-9]{16,19}", re.ASCII)
# Alipay: the mobile number or e-mail that one signs in with, or the user id of 16 digits that begins with 2088.
_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_ALIPAY_ID = re.compile(r"2088[0-9]{12}", re.ASCII)
# WeChat: an id of 6 to 20 characters that begins with a letter, or an OpenID of 28 that begins with o.
_WECHAT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{5,19}|o[A-Za-z0-9_-]{27}", re.ASCII)
# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@")


class Channel(StrEnum):
    """The way that money leaves."""

    BANK = "bank"
    ALIPAY = "alipay"
    WECHAT = "wechat"


def checked_holder(text: str, *, field: str = "holder") -> str:
    """The account holder's name without space around it. Raises InvalidValue."""
    holder = text.strip()
    if not 1 <= len(holder) <= LONGEST_HOLDER or not holder.isprintable() or holder.startswith(_FORMULA):
        raise InvalidValue(f"a holder's name has 1 to {LONGEST_HOLDER} visible characters", field=field)
    return holder


def is_same_name(one: str, other: str) -> bool:
    """Whether two spellings are of one name: neither capitals nor the width or number of spaces make another."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def checked_account(channel: Channel, text: str) -> str:
    """The account in its one spelling: an IBAN in capitals, a card in digits, a handle. Raises InvalidValue."""
    return _CHECKS[channel]("".join(text.split()))


def is_iban(account: str) -> bool:
    """Whether a bank account, as it is kept, is an IBAN: a card's number has digits alone."""
    return not account.isdecimal()


def _bank_account(account: str) -> str:
    if account.isdecimal():
        if not _CARD.fullmatch(account) or not luhn.is_valid(account):
            raise InvalidValue("no card number: 16 to 19 digits whose check digit fits", field="account")
        return account
    written = account.upper()
    # Length and form by the registry that SWIFT keeps, then the check digits (ISO/IEC 7064 MOD 97-10).
    if not _IBAN.fullmatch(written) or not iban.is_valid(written, check_country=False):
        raise InvalidValue("no IBAN of its country whose check digits fit, nor a card number", field="account")
    return written


def _alipay_account(account: str) -> str:
    if _MOBILE.fullmatch(account) or _ALIPAY_ID.fullmatch(account):
        return account
    try:
        email = validate_email(account, check_deliverability=False).normalized
    except EmailNotValidError:
        email = ""
    if not email or len(email) > LONGEST_ACCOUNT or email.startswith(_FORMULA):
        raise InvalidValue("an Alipay account is a mobile number, an e-mail or a user id", field="account")
    return email


def _wechat_account(account: str) -> str:
    if not _WECHAT.fullmatch(account):
        raise InvalidValue("a WeChat account is an id of 6 to 20 characters or an OpenID", field="account")
    return account


_CHECKS = {Channel.BANK: _bank_account, Channel.ALIPAY: _alipay_account, Channel.WECHAT: _wechat_account}


def may_become(status: str, outcome: str) -> bool:
    """Whether the channel may say this of an item that stands so: paid money may come back, the same again is fine."""
    return status == outcome or (status, outcome) in {("batched", "paid"), ("batched", "failed"), ("paid", "returned")}


class Item(NamedTuple):
    """One line of a batch: what is paid to whom."""

    request_id: uuid.UUID
    amount_minor: int
    holder: str
    account: str


def batch_hash(batch_id: uuid.UUID, channel: str, currency: str, items: Iterable[Item]) -> bytes:
    """SHA-256 of a batch's canonical text (docs/payouts.md): a head line, then a line an item in id order."""
    sha = hashlib.sha256(f"socialshop payout batch 1\n{batch_id}\t{channel}\t{currency}\n".encode())
    for item in sorted(items):
        sha.update("\t".join((str(item.request_id), str(item.amount_minor), item.holder, item.account)).encode())
        sha.update(b"\n")
    return sha.digest()


class Part(Protocol):
    """What a payout takes of a commission."""

    @property
    def accrual_id(self) -> uuid.UUID: ...
    @property
    def part_minor(self) -> int: ...


def statement_hash(facts: Sequence[object], parts: Iterable[Part]) -> bytes:
    """SHA-256 of a statement's text (docs/payouts.md): facts, then a line a commission in the order of ids."""
    sha = hashlib.sha256(("socialshop payout statement 1\n" + "\t".join(map(str, facts)) + "\n").encode())
    for accrual_id, part_minor in sorted((part.accrual_id, part.part_minor) for part in parts):
        sha.update(f"{accrual_id}\t{part_minor}\n".encode())
    return sha.digest()
