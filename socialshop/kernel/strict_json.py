"""JSON that can be read in one way only (RFC 8259): no name twice in an object, no NaN, no number without end."""

from __future__ import annotations

import json
from typing import Any, NoReturn

# Far more than any amount or id has; and a number of thousands of digits takes long to read.
MAX_DIGITS = 100
_LONGEST_NAME = 60


class NotStrict(ValueError):
    """Well-formed JSON that is refused. The message continues "the document ..." and shows no value of it."""


class NestedTooDeeply(NotStrict):
    """Deeper than the parser goes, which is far deeper than any document of ours."""


def parse(text: str) -> object:
    """The document. Raises NotStrict, or a bare ValueError where it is malformed: its words would echo the text."""
    try:
        document: object = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_bounded_integer
        )
    except RecursionError:
        raise NestedTooDeeply("is nested too deeply") from None
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"has the name {repeated[:_LONGEST_NAME]!a} twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise NotStrict(f"has {name}, which is no number in JSON")


def _bounded_integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise NotStrict(f"has a whole number of {len(digits):,} digits; {MAX_DIGITS} are the most")
    return int(digits)
