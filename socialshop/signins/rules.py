"""What a phone number is, how long and how often a code is good, and what a passkey may be called. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.languages import Language

CODE_DIGITS = 6
CODE_GOOD_FOR = timedelta(minutes=5)
MOST_ATTEMPTS = 5
# Who asks again and again fills nobody's phone, and pays for it with waiting.
SENT_EVERY = timedelta(minutes=1)
SENT_A_DAY = 5
LONGEST_PHONE = 30
LONGEST_PASSKEY_NAME = 60
CHALLENGE_GOOD_FOR = timedelta(minutes=5)
# ITU-T E.164, 6.2: at most 15 digits, the country code first.
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_BETWEEN_DIGITS = str.maketrans("", "", " -().")

TEXTS: Mapping[Language, str] = {
    "en": "{code} is your code to sign in. It is good for 5 minutes. Tell it to nobody, not to us either.",
    "zh": "验证码 {code}，5 分钟内有效。请勿告诉任何人，包括本店。",
}


def normalized_phone(text: str) -> str:
    """The number as it is kept, +8613800000000, without what people write between digits. Raises InvalidValue."""
    number = text.strip().translate(_BETWEEN_DIGITS)
    if not _E164.fullmatch(number):
        raise InvalidValue("a phone number with its country, such as +86 138 0000 0000", field="phone")
    return number


def passkey_name(text: str) -> str:
    """What a member calls a passkey, without space around it. Raises InvalidValue."""
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_PASSKEY_NAME or not name.isprintable():
        raise InvalidValue("a name has 1 to 60 visible characters", field="name")
    return name


def words_of(code: str, language: Language) -> str:
    """What a phone is sent."""
    return TEXTS[language].format(code=code)
