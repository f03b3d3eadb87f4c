"""Questions of a survey, what answers them, and what of the answers may be shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from socialshop.kernel.errors import InvalidValue

SCALE = 5
MOST_OPTIONS = 20
MOST_QUESTIONS = 30
LONGEST_WORDS = 1_000
# Fewer than these are not shown, as in deeper levels of a team (programme rules: at least five people).
SHOWN_FROM = 5
WORDS = 0


class Kind(StrEnum):
    """One option, any number of them, the member's own words, or a step from 1 to 5."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TEXT = "text"
    SCALE = "scale"


class Option(NamedTuple):
    """An option of a question."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question in both languages; `options` of the two kinds that have some."""

    kind: Kind
    text_zh: str
    text_en: str
    options: tuple[Option, ...] = ()
    required: bool = True

    @property
    def places(self) -> int:
        """How many options or steps there are to choose from."""
        return SCALE if self.kind is Kind.SCALE else len(self.options)

    @property
    def has_options(self) -> bool:
        """Whether it is of a kind that has options."""
        return self.kind in {Kind.SINGLE, Kind.MULTIPLE}


class Reply(NamedTuple):
    """A part of an answer: to the question at this place (from 1) an option's place or a step, or words (choice 0)."""

    question: int
    choice: int
    words: str | None = None


class Given(NamedTuple):
    """What a member sent as answer to one question."""

    question: int
    choices: Sequence[int] = ()
    words: str | None = None


def document_of(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The questions as they are kept."""
    return [
        {
            "kind": each.kind.value,
            "text_zh": each.text_zh,
            "text_en": each.text_en,
            "options": [option._asdict() for option in each.options],
            "required": each.required,
        }
        for each in questions
    ]


def parse(document: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    """The questions as they were kept; the document was checked before it was."""
    return tuple(
        Question(
            Kind(each["kind"]),
            each["text_zh"],
            each["text_en"],
            tuple(Option(**option) for option in each["options"]),
            each["required"],
        )
        for each in document
    )


def check_questions(questions: Sequence[Question]) -> None:
    """Raises InvalidValue: none or too many, options where there may be none, or fewer than two where there must be."""
    if not 1 <= len(questions) <= MOST_QUESTIONS:
        raise InvalidValue(f"a survey has 1 to {MOST_QUESTIONS} questions", field="questions")
    for each in questions:
        least, most = (2, MOST_OPTIONS) if each.has_options else (0, 0)
        if not least <= len(each.options) <= most:
            raise InvalidValue(f"a question to choose from has 2 to {MOST_OPTIONS} options", field="questions")


def replies_of(questions: Sequence[Question], given: Sequence[Given]) -> list[Reply]:
    """What is kept of an answer. Raises InvalidValue: a question answered twice, wrongly, or not at all."""
    by_place = {each.question: each for each in given}
    if len(by_place) < len(given) or not by_place.keys() <= set(range(1, len(questions) + 1)):
        raise InvalidValue("answer each question of the survey once", field="answers")
    found: list[Reply] = []
    for place, question in enumerate(questions, 1):
        found += _replies(place, question, by_place.get(place, Given(place)))
    if not found:
        raise InvalidValue("answer at least one question", field="answers")
    return found


def _replies(place: int, question: Question, given: Given) -> list[Reply]:
    words = (given.words or "").strip()
    choices = sorted(set(given.choices))
    most = 0 if question.kind is Kind.TEXT else question.places if question.kind is Kind.MULTIPLE else 1
    fits = (
        len(choices) <= most
        and all(1 <= choice <= question.places for choice in choices)
        and (not words or question.kind is Kind.TEXT)
        and len(words) <= LONGEST_WORDS
    )
    if not fits or (question.required and not words and not choices):
        raise InvalidValue(f"question {place} is not answered by what it asks for", field="answers")
    return [Reply(place, WORDS, words)] if words else [Reply(place, choice) for choice in choices]


def shown(kind: Kind, counts: Sequence[int], answered: int) -> list[int | None]:
    """The counts as they may be shown, None where one is hidden.

    All are hidden where fewer than five answered; so is each count below five. If just one of counts that add up is
    hidden, so is the smallest of the others: the sum would tell it.
    """
    if answered < SHOWN_FROM:
        return [None] * len(counts)
    found: list[int | None] = [None if 0 < count < SHOWN_FROM else count for count in counts]
    if kind is not Kind.MULTIPLE and found.count(None) == 1:
        others = [(count, place) for place, count in enumerate(found) if count]
        if others:
            found[min(others)[1]] = None
    return found
