"""What an audit entry says, and the canonical text whose hash it carries. Pure.

One definition for recording and proving; docs/audit.md describes it for an outsider. Every line ends with a line feed:

    socialshop audit 1
    <recorded_at, RFC 3339, UTC, always six decimals>
    <actor's id, or ->
    <action>
    <target>
    <facts: JSON, names sorted, no spaces, no escapes but those that JSON demands>
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime

from socialshop.kernel.time import exact_text, to_text

_NOBODY = "-"
_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
_TARGET = re.compile(r"[!-~]{1,200}", re.ASCII)


def check_names(action: str, target: str) -> None:
    """Raises ValueError for an action that is not `room.verb_past`, or a target that is no public id or reference."""
    if not _ACTION.fullmatch(action):
        raise ValueError(f"an action is named like payout.approved, not {action!r}")
    if not _TARGET.fullmatch(target):
        raise ValueError(f"a target is a public id or a reference without spaces, not {target!r}")


def plain_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts as JSON keeps them: ids and instants as text. Raises TypeError for what has no one spelling (floats)."""
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    raise TypeError(f"a fact is text, a whole number, an id or an instant, not {type(value).__name__}")


def facts_text(facts: Mapping[str, object]) -> str:
    """The one spelling of plain facts."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(recorded_at: datetime, actor: uuid.UUID | None, action: str, target: str, facts: str) -> bytes:
    """SHA-256 of the canonical text; `facts` as `facts_text` spells them."""
    lines = ("socialshop audit 1", exact_text(recorded_at), actor or _NOBODY, action, target, facts)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).digest()
