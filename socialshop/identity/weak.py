"""Passwords that are tried first: those that everybody knows, plain patterns, and the account's own address. Pure.

NIST SP 800-63B, 3.1.1.2: a password is compared with a list of what is commonly used or expected. The list is data,
`common_passwords.txt`; nothing is asked of the network, and nothing is demanded of a password's composition.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

_LIST = Path(__file__).with_name("common_passwords.txt")
# The longest part that may be repeated to make a pattern: 12121212, abcabcabc, tealteal.
_LONGEST_UNIT = 4
# What stands before the @ says something of its owner from so many signs on.
_SHORTEST_NAME = 4


def is_common(password: str) -> bool:
    """Whether it is one of the first that anybody would try, with digits or marks behind it or without."""
    plain = _plain(password)
    return bool({plain, _stem(plain)} & _common()) or _is_repeated(plain) or _is_run(plain)


def is_the_address(password: str, email: str) -> bool:
    """Whether it is the e-mail address of its account, or its part before the @, with digits or marks behind or not."""
    address, plain = _plain(email), _plain(password)
    name = address.partition("@")[0]
    if plain == address or len(name) < _SHORTEST_NAME:
        return plain == address
    return plain.startswith(name) and not any(sign.isalpha() for sign in plain[len(name) :])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _stem(plain: str) -> str:
    """The text without the digits and marks at its end."""
    return plain.rstrip("".join({sign for sign in plain if not sign.isalpha()}))


def _is_repeated(plain: str) -> bool:
    return any(
        plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, min(_LONGEST_UNIT, len(plain) // 2) + 1)
    )


def _is_run(plain: str) -> bool:
    """Signs that follow each other up or down: 12345678, 0987654321, abcdefgh."""
    steps = {ord(later) - ord(sign) for sign, later in pairwise(plain)}
    if plain.isdecimal():
        steps = {step % 10 for step in steps}
    return steps in ({1}, {-1}, {9})


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
