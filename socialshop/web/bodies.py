"""Reading what a request carries: strict JSON within bounds, validated whole or refused with the field's name."""

from __future__ import annotations

import contextlib
from typing import NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from socialshop.infra.plainwords import in_plain_words
from socialshop.kernel import strict_json
from socialshop.web import problems
from socialshop.web.problems import InvalidFields, Refused
from socialshop.web.schemas import Nothing

MAX_BODY_BYTES = 1_000_000
MAX_NESTING = 64
_MAX_ERRORS = 20
_LONGEST_NAME = 100
# pydantic's names of what a script should tell apart; the rest is `not_allowed`.
_REASONS = {"extra_forbidden": "unknown_field", "missing": "missing"}
# The field of a fault that is in no field: of a body that is no object, or of two fields that do not go together.
_WHOLE = "body"

Model = TypeVar("Model", bound=BaseModel)


def read_body(model: type[Model]) -> Model:
    """The request's body as `model`.

    Raises Refused (413, 415, 400) where it is no JSON within bounds, InvalidFields (422) where it says the wrong thing.
    """
    raw = read_raw()
    if not raw and model is Nothing:
        return model()
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise Refused(problems.WRONG_MEDIA_TYPE, "send application/json in UTF-8")
    _check_texts(_parse(raw))
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        _refuse(error)


def receive_body() -> None:
    """Wait for the body's bytes and keep them; what is wrong with them is said where they are read."""
    with contextlib.suppress(RequestEntityTooLarge):
        request.get_data(cache=True)


def read_raw() -> bytes:
    """The body's bytes, kept for a second call. Raises Refused (413) past MAX_BODY_BYTES.

    A chunked body tells no length: werkzeug then stops at its own bound, one byte further, without a word. What was
    cut must not be read as if it were whole.
    """
    raw = request.get_data(cache=True)
    if len(raw) > MAX_BODY_BYTES:
        raise Refused(problems.BODY_TOO_LARGE, f"a body may be {MAX_BODY_BYTES:,} bytes long")
    return raw


def read_query(model: type[Model]) -> Model:
    """The query string as `model`; a parameter that is unknown or given twice is refused (422)."""
    values = {}
    for name, texts in request.args.lists():
        if len(texts) > 1:
            raise InvalidFields([_fault(name, "repeated", "given more than once")])
        values[name] = texts[0]
    _check_texts(values)
    try:
        return model.model_validate_strings(values)
    except ValidationError as error:
        _refuse(error)


def _parse(raw: bytes) -> object:
    try:
        return strict_json.parse(raw.decode("utf-8"))
    except strict_json.NestedTooDeeply:
        raise Refused(problems.NESTED_TOO_DEEPLY, f"nested more than {MAX_NESTING} deep") from None
    except strict_json.NotStrict as error:
        raise Refused(problems.MALFORMED_JSON, f"the body {error}") from None
    except ValueError:
        # The parser's own words would echo the input; a password may stand in it.
        raise Refused(problems.MALFORMED_JSON, "the body is not well-formed JSON in UTF-8") from None


def _check_texts(value: object) -> None:
    """Refuse nesting past the bound, and U+0000 or a lone surrogate in any text or name: PostgreSQL stores neither."""
    stack: list[tuple[object, str, int]] = [(value, "", 0)]
    while stack:
        item, at, depth = stack.pop()
        if isinstance(item, str):
            _check_text(item, at)
            continue
        if isinstance(item, (dict, list)) and depth >= MAX_NESTING:
            raise Refused(problems.NESTED_TOO_DEEPLY, f"nested more than {MAX_NESTING} deep")
        if isinstance(item, dict):
            for name, inner in item.items():
                _check_text(name, at)
                stack.append((inner, f"{at}.{name}" if at else name, depth + 1))
        elif isinstance(item, list):
            stack.extend((inner, f"{at}.{i}" if at else str(i), depth + 1) for i, inner in enumerate(item))


def _check_text(text: str, at: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidFields([_fault(at, "not_allowed", "a lone surrogate is no text")]) from None
    if "\x00" in text:
        raise InvalidFields([_fault(at, "not_allowed", "U+0000 is no text")])


def _refuse(error: ValidationError) -> NoReturn:
    raise InvalidFields(
        [
            _fault(
                ".".join(str(part) for part in one["loc"]),
                _REASONS.get(one["type"], "not_allowed"),
                in_plain_words(one),
            )
            for one in error.errors(include_url=False, include_input=False)[:_MAX_ERRORS]
        ]
    ) from None


def _fault(field: str, reason: str, detail: str) -> dict[str, str]:
    return {"field": field[:_LONGEST_NAME] or _WHOLE, "reason": reason, "detail": detail}
