"""Wire shapes of the rules of review."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import Field

from socialshop.kernel.ids import to_public
from socialshop.payouts.ruleset import DEFAULT, PayoutRules, document_of
from socialshop.payouts.schemas.review import Note
from socialshop.payouts.service import PayoutRulesInForce, RulesRow
from socialshop.web.schemas import Instant, Wire, with_example

_MEMBER = "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"
_VERSION = {
    "version": 1,
    "rules": document_of(DEFAULT),
    "note": "small sums of known members",
    "published_by": _MEMBER,
    "published_at": "2026-02-03T12:00:00Z",
    "signed_by": None,
    "signed_at": None,
    "stopped_by": None,
    "stopped_at": None,
}


class RulesVersion(Wire):
    """A version of the rules: it holds once it is signed, and approves nothing any more once it is stopped."""

    model_config = with_example(_VERSION)

    version: int
    rules: PayoutRules
    note: str
    published_by: str
    published_at: Instant
    signed_by: str | None
    signed_at: Instant | None
    stopped_by: str | None
    stopped_at: Instant | None

    @classmethod
    def of(cls, row: RulesRow) -> RulesVersion:
        """The wire form of a version."""
        return cls(
            version=row.version,
            rules=PayoutRules.model_validate(row.document),
            note=row.note,
            published_by=to_public("mbr", row.published_by),
            published_at=row.published_at,
            signed_by=_person(row.signed_by),
            signed_at=row.signed_at,
            stopped_by=_person(row.stopped_by),
            stopped_at=row.stopped_at,
        )


class PayoutRulesWire(Wire):
    """The rules of review in force, whether automatic approval is at work, and the versions, the newest first."""

    model_config = with_example(
        {"version": 0, "rules": document_of(DEFAULT), "automatic": False, "history": [_VERSION]}
    )

    version: int
    rules: PayoutRules
    automatic: bool
    history: list[RulesVersion]

    @classmethod
    def of(cls, held: PayoutRulesInForce, history: list[RulesRow]) -> PayoutRulesWire:
        """The wire form of what holds."""
        versions = [RulesVersion.of(row) for row in history]
        return cls(version=held.version, rules=held.rules, automatic=held.is_automatic, history=versions)


class NewPayoutRules(Wire):
    """Other rules, and why; another admin signs them."""

    model_config = with_example({"rules": document_of(DEFAULT), "note": "small sums of known members"})

    rules: PayoutRules
    note: Note


class RulesSignature(Wire):
    """Which version is signed: the newest, as it was read."""

    model_config = with_example({"version": 1})

    version: Annotated[int, Field(ge=1)]


def _person(id_: uuid.UUID | None) -> str | None:
    return None if id_ is None else to_public("mbr", id_)
