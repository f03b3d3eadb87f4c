"""Asking somebody outside whether a real name is a person's: the protocol, and a sandbox that answers by the name."""

from __future__ import annotations

from collections import OrderedDict
from enum import StrEnum
from typing import NamedTuple, Protocol

from socialshop.infra import wired
from socialshop.infra.outside import OutcomeUnknown, Refused

_KEPT = 1_000


class Verdict(StrEnum):
    """What became of a check: `waiting` is looked into later, `unclear` is for a person of the shop."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    UNCLEAR = "unclear"
    WAITING = "waiting"


class Named(NamedTuple):
    """Whose name it is: a person's or a business's, of a country (ISO 3166-1) where one was said."""

    real_name: str
    kind: str
    country: str | None


class NameAnswer(NamedTuple):
    """A verdict, and by which reference the provider knows the check."""

    verdict: Verdict
    reference: str


class PayeeGateway(Protocol):
    """A provider that checks names.

    `at_once`: it answers without leaving this machine, so whoever names an account need not wait for a worker.
    """

    at_once: bool

    def verify(self, key: str, named: Named) -> NameAnswer:
        """Check a name; the same key again is the same check. Raises OutcomeUnknown, Refused."""

    def look(self, reference: str) -> NameAnswer:
        """What became of a check that waits. Raises OutcomeUnknown, Refused."""


def payee_gateway() -> PayeeGateway | None:
    """Who checks names for the app at hand."""
    found: PayeeGateway | None = wired.part("payee_gateway")
    return found


class SandboxPayees:
    """Answers by a word of the name, in either language; a name without one is verified. Never in production.

    `timeout` gives no answer the first time that a key comes and is verified when it comes again.
    """

    at_once = True
    _WORDS = (
        (Verdict.MISMATCH, ("mismatch", "不符")),
        (Verdict.UNCLEAR, ("unclear", "存疑")),
        (Verdict.WAITING, ("slow", "稍候")),
    )
    _SILENT = ("timeout", "超时")

    def __init__(self) -> None:
        self._seen: OrderedDict[str, Named] = OrderedDict()

    def verify(self, key: str, named: Named) -> NameAnswer:
        """See PayeeGateway."""
        before = self._seen.setdefault(key, named)
        while len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        if before != named:
            raise Refused("key_reused")
        said = named.real_name.casefold()
        if before is named and any(word in said for word in self._SILENT):
            raise OutcomeUnknown("time-out after it was taken")
        verdict = next((each for each, words in self._WORDS if any(word in said for word in words)), Verdict.VERIFIED)
        return NameAnswer(verdict, f"sandbox-{key}")

    def look(self, reference: str) -> NameAnswer:
        """See PayeeGateway."""
        return NameAnswer(Verdict.VERIFIED, reference)
