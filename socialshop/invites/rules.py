"""What an invite code looks like. Pure; randomness is passed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

# No 0 O 1 I L U: read aloud, written down or printed small, a code is still that code.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10


def new_code(choose: Callable[[Sequence[str]], str]) -> str:
    """A code of about 49 random bits; `choose` is `secrets.choice` wherever a code can be used."""
    return "".join(choose(ALPHABET) for _ in range(LENGTH))


def canonical(text: str) -> str:
    """A code as it is kept, however it was typed."""
    return text.strip().upper()
