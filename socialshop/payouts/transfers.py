"""Paying item by item through a provider: the protocol, and a sandbox that keeps its own books in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from socialshop.infra import wired
from socialshop.infra.outside import OutcomeUnknown, Refused


class Transferred(StrEnum):
    """What became of a transfer: `sent` is on its way and looked at later."""

    SENT = "sent"
    PAID = "paid"
    FAILED = "failed"


class Wanted(NamedTuple):
    """So much to this account."""

    amount_minor: int
    currency: str
    holder: str
    account: str


class TransferAnswer(NamedTuple):
    """Where a transfer stands, by which reference the provider knows it, and why it failed."""

    state: Transferred
    reference: str
    reason: str | None = None


class TransferGateway(Protocol):
    """A provider that pays."""

    def send(self, key: str, wanted: Wanted) -> TransferAnswer:
        """Pay; the same key again is the same transfer. Raises OutcomeUnknown; Refused: it never will."""

    def look(self, reference: str) -> TransferAnswer:
        """Where a transfer stands. Raises OutcomeUnknown."""


TransferGateways = Mapping[str, TransferGateway]


def transfer_gateways() -> TransferGateways:
    """Who pays, by channel, for the app at hand; of other channels a file is taken to the bank."""
    found: TransferGateways = wired.part("transfer_gateways")
    return found


class SandboxTransfers:
    """Answers by a word of the holder's name; its books are a file a key, so that nothing is paid twice by one.

    `timeout` pays and does not answer the first time, `slow` is on its way and paid when it is looked at, `refused` is
    refused for good, `lost` never answers; all else is paid at once. Never in production.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, key: str, wanted: Wanted) -> TransferAnswer:
        """See TransferGateway."""
        said = wanted.holder.casefold()
        if "refused" in said:
            raise Refused("account_closed")
        if "lost" in said:
            raise OutcomeUnknown("no answer")
        entry = json.dumps({**wanted._asdict()}, sort_keys=True)
        is_new = self._write(key, entry)
        if self._path(key).read_text(encoding="utf-8") != entry:
            raise Refused("key_reused")
        if is_new and "timeout" in said:
            raise OutcomeUnknown("time-out after it was paid")
        return TransferAnswer(Transferred.SENT if is_new and "slow" in said else Transferred.PAID, f"sandbox-{key}")

    def look(self, reference: str) -> TransferAnswer:
        """See TransferGateway."""
        if not self._path(reference.removeprefix("sandbox-")).exists():
            raise OutcomeUnknown("no such transfer")
        return TransferAnswer(Transferred.PAID, reference)

    def _write(self, key: str, entry: str) -> bool:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with self._path(key).open("x", encoding="utf-8") as book:
                book.write(entry)
        except FileExistsError:
            return False
        return True

    def _path(self, key: str) -> Path:
        return self._folder.joinpath(f"{key}.json")
