"""What is wrong with a value, in plain words: pydantic's own are of a programmer's types. Pure.

A sentence follows the name of the field, so it begins with a verb. `{…}` is what pydantic tells of the bound.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails

_WHOLE, _TRUTH, _OBJECT, _LIST = (
    "should be a whole number",
    "should be true or false",
    "should be a JSON object",
    "should be a list",
)
_INSTANT = "should be an instant such as 2026-01-31T12:00:00Z"
WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is unknown here",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "too_short": "has too few entries; there should be {min_length} at least",
    "too_long": "has too many entries; there may be {max_length} at most",
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": "is too large a number",
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than": "should be more than {gt}",
    "greater_than_equal": "should be {ge} or more",
    "less_than": "should be less than {lt}",
    "less_than_equal": "should be {le} or less",
    "string_type": "should be a text",
    "string_too_short": "is too short; it should have {min_length} characters at least",
    "string_too_long": "is too long; it may have {max_length} characters at most",
    "string_pattern_mismatch": "does not have the form {pattern}",
    "literal_error": "should be {expected}",
    "enum": "should be {expected}",
    "is_instance_of": "should be one of those that are listed",
    "union_tag_invalid": "should say one of {expected_tags}",
    "union_tag_not_found": "does not say its {discriminator}",
    "none_required": "should be null",
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": "should have an offset, as in 2026-01-31T12:00:00+08:00",
    "date_type": "should be a day such as 2026-01-31",
    "date_from_datetime_parsing": "should be a day such as 2026-01-31",
    "date_parsing": "should be a day such as 2026-01-31",
}


def words_of(error: ErrorDetails) -> tuple[str, dict[str, Any]]:
    """One of pydantic's errors as a sentence with `{…}` left in it, and what stands there: for another language."""
    words = WORDS.get(error["type"])
    if words is None:
        return "{said}", {"said": error["msg"].removeprefix("Value error, ")}
    return words, dict(error.get("ctx", {}))


def in_plain_words(error: ErrorDetails) -> str:
    """One of pydantic's errors, with its context, as a sentence; what a validator of ours says stays as it is."""
    words, told = words_of(error)
    return words.format(**told)
