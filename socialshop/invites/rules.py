"""What an invite code looks like, what links lead to, when they are closed, and who is a robot.

Pure; randomness is passed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from socialshop.deals.ladder import Ladder
from socialshop.deals.pictures import ShownPicture
from socialshop.kernel.money import Money

# No 0 O 1 I L U: read aloud, written down or printed small, a code is still that code.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
# The same visitor on the same link counts once in this time.
REPEAT_WITHIN = timedelta(hours=24)
LONGEST_CHANNEL = 40
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
# Crawlers, link previews of messengers, and programs say what they are; one that lies is a matter for the risk judges.
_BOT = re.compile(
    r"bot\b|bot[/_;-]|crawl|spider|slurp|preview|facebookexternalhit|whatsapp/|telegram|headless|monitor|scan|curl/|wget/"
    r"|python|java/|okhttp|go-http|libwww|axios|node-fetch|httpclient",
    re.IGNORECASE,
)


# A code of the owner's choice: words and figures, single hyphens between them, at least one letter.
SHORTEST_VANITY, LONGEST_VANITY = 4, 20
_VANITY = re.compile(r"(?=[0-9-]*[A-Z])[A-Z0-9]+(-[A-Z0-9]+)*")
# Taken for each other where they are printed small or written down, so that one code stands for all that look like it.
_LOOKS_LIKE = str.maketrans({"0": "O", "1": "I", "L": "I", "2": "Z", "5": "S", "8": "B", "U": "V", "-": None})
# What would speak for the shop, or for somebody who handles other people's money.
RESERVED = frozenset(
    "ADMIN ADMINISTRATOR API BANK BILLING CONTACT CUSTOMER FINANCE HELP HELPDESK LOGIN MODERATOR NULL OFFICIAL PAY"
    " PAYMENT PAYMENTS PAYOUT PAYOUTS REFUND REFUNDS ROOT SECURITY SERVICE SHOP SIGNIN SIGNUP SOCIALSHOP STAFF SUPPORT"
    " SYSTEM TEAM TEST TRUST UNDEFINED VERIFIED VERIFY WALLET".split()
)
_RESERVED_KEYS = frozenset(word.translate(_LOOKS_LIKE) for word in RESERVED)


class Kind(StrEnum):
    """What a link leads to; a `member` link leads to its owner."""

    MEMBER = "member"
    DEAL = "deal"
    ROOM = "room"
    PRODUCT = "product"
    NOTE = "note"
    BARGAIN = "bargain"
    STOREFRONT = "storefront"
    SESSION = "session"


class Good(NamedTuple):
    """One of several things on offer: what it is called and costs, where that is known."""

    title: str
    price: Money | None


class Closed(StrEnum):
    """Why a link binds nobody."""

    PAUSED = "paused"
    EXPIRED = "expired"


class Act(StrEnum):
    """What whoever follows a link is asked to do."""

    BUY = "buy"
    READ = "note"
    CHOP = "bargain"
    VISIT = "storefront"
    WATCH = "session"


@dataclass(frozen=True, slots=True)
class ShareSubject:
    """What somebody invites to, as a stranger may see it; what a kind of thing lacks is None.

    `price` is what one unit costs here, bought together where people buy together, and `price_alone` what it costs
    without a group; with a `ladder` it falls as more pay, and `seats_paid` have by now. `seats_left` of `size` are
    free. `cover` shows it. After `ends_at` nothing can be joined; `is_open` is False as soon as nothing can be, for
    whatever reason.
    `left` units may still be bought, and from `low_at` on that is few. `act` is what it asks for: of a bargain `price`
    is the lowest, `price_alone` the first, and seats are chops. A flash session has a `brand`, `starts_at`, and
    `goods`, the first of what stands in it.
    """

    title: str
    price: Money | None
    is_open: bool
    size: int | None = None
    seats_left: int | None = None
    ends_at: datetime | None = None
    price_alone: Money | None = None
    act: Act = Act.BUY
    ladder: Ladder = ()
    seats_paid: int = 0
    cover: ShownPicture | None = None
    left: int | None = None
    low_at: int = 0
    brand: str = ""
    starts_at: datetime | None = None
    goods: tuple[Good, ...] = ()


def new_code(choose: Callable[[Sequence[str]], str]) -> str:
    """A code of about 49 random bits; `choose` is `secrets.choice` wherever a code can be used."""
    return "".join(choose(ALPHABET) for _ in range(LENGTH))


def canonical(text: str) -> str:
    """A code as it is kept, however it was typed."""
    return text.strip().upper()


def closed(expires_at: datetime | None, paused_at: datetime | None, now: datetime) -> Closed | None:
    """Why a link binds nobody now; None while it is open."""
    if expires_at is not None and expires_at <= now:
        return Closed.EXPIRED
    return None if paused_at is None else Closed.PAUSED


def vanity_key(code: str) -> str | None:
    """What tells a canonical code of its owner's choice from others; None for what cannot be one.

    Without hyphens it never has the length of the shop's own codes, so that none looks like one of those.
    """
    key = code.translate(_LOOKS_LIKE) if _VANITY.fullmatch(code) else ""
    return key if len(key) >= SHORTEST_VANITY and len(code) <= LONGEST_VANITY and len(key) != LENGTH else None


def is_reserved(code: str) -> bool:
    """Whether a canonical code speaks for the shop, as a whole or in one of its parts, or looks as if it did."""
    return not _RESERVED_KEYS.isdisjoint(part.translate(_LOOKS_LIKE) for part in (code, *code.split("-")))


def is_code(text: str) -> bool:
    """Whether a canonical text can be a code at all: what cannot asks the database nothing."""
    return _CODE.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def is_bot(user_agent: str) -> bool:
    """Whether a client says that it is a program; one that says nothing is taken for one."""
    return not user_agent or _BOT.search(user_agent) is not None
