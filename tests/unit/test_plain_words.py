"""What is wrong with a body is said in plain words, whatever is wrong with whichever body."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import BaseModel, ValidationError

from socialshop.commissions.errors import PlanInvalid
from socialshop.commissions.plan import parse_plan
from socialshop.infra.plainwords import WORDS, in_plain_words
from socialshop.web.operations import table_of

BAD = (None, True, 1.5, -1, 10**30, "", "x", "x" * 10_000, "2026-13-01", [], [None] * 10_000, {}, {"a": 1})
_PROGRAMMERS = re.compile(r"Input|String|Field|valid (integer|string|list|dictionary)|instance of")


def _models(app: Flask) -> Iterator[type[BaseModel]]:
    for row in table_of(app).values():
        yield from (model for model in (row.body, row.query) if inspect.isclass(model))


def _faults(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for name in [*model.model_fields, "unknown_to_all"]:
        for value in BAD:
            for document in ({name: value}, [], {}):
                try:
                    model.model_validate(document)
                except ValidationError as error:
                    yield from (
                        (found["type"], in_plain_words(found)) for found in error.errors(include_url=False)[:50]
                    )


def test_every_fault_of_every_body_has_words_of_ours(app: Flask) -> None:
    found = {fault for model in set(_models(app)) for fault in _faults(model)}
    assert len(found) > 40
    raw = {(kind, said) for kind, said in found if _PROGRAMMERS.search(said)}
    assert raw == set()
    unknown = {kind for kind, _ in found} - WORDS.keys() - {"value_error", "text", "unknown_currency"}
    assert unknown <= {"ladder", "repeats", "segment"}, unknown
    assert not [said for _, said in found if re.search(r"\{[a-z]", said)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hold_days": "3"}, "hold_days: should be a whole number"),
        ({"hold_days": -1}, "hold_days: should be 0 or more"),
        ({"name": ""}, "name: is too short; it should have 1 characters at least"),
        ({"legs": []}, "legs: has too few entries; there should be 1 at least"),
        ({"legs": 3}, "legs: should be a list"),
        ({"surprise": 1}, "surprise: is unknown here"),
    ],
)
def test_a_plan_is_refused_in_the_same_words(changed: dict[str, object], said: str) -> None:
    legs = [{"kind": "sale", "level": 1, "rate_bps": 100}]
    with pytest.raises(PlanInvalid) as refused:
        parse_plan({"name": "P", "currency": "CNY", "hold_days": 1, "legs": legs} | changed)
    assert refused.value.detail == said
