"""Wire shapes of surveys: made, answered once, read as counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.loyalty.rules import MOST_POINTS
from socialshop.loyalty.schemas.missions import Title
from socialshop.loyalty.service.earning import Earned
from socialshop.loyalty.service.surveys import SURVEY_PREFIX, NewSurvey, OwnRow, SurveyRow, Tally
from socialshop.loyalty.survey_rules import (
    LONGEST_WORDS,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    Given,
    Kind,
    Option,
    Question,
)
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, Wire, with_example

LONGEST_QUESTION = 200
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)]

_QUESTIONS = [
    {
        "kind": "single",
        "text_zh": "最喜欢哪种茶？",
        "text_en": "Which tea do you like most?",
        "options": [{"zh": "绿茶", "en": "Green"}, {"zh": "红茶", "en": "Black"}],
        "required": True,
    },
    {"kind": "text", "text_zh": "还想要什么？", "text_en": "What else?", "options": [], "required": False},
]
_DRAFT = {
    "title_zh": "关于茶",
    "title_en": "About tea",
    "questions": _QUESTIONS,
    "points": 30,
    "closes_at": "2036-04-01T00:00:00Z",
}
_PLAIN = {
    **_DRAFT,
    "id": "svy_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "opens_at": "2036-03-01T00:00:00Z",
}
_ANSWERS = {"answers": [{"question": 1, "choices": [2]}, {"question": 2, "text": "Oolong"}]}
_RESULTS = {
    "answered": 40,
    "questions": [
        {**_QUESTIONS[0], "answered": 40, "counts": [28, 12], "words": []},
        {**_QUESTIONS[1], "answered": 6, "counts": [], "words": ["Oolong"]},
    ],
}


class OptionWire(Wire):
    """An option of a question."""

    zh: Text
    en: Text


class QuestionWire(Wire):
    """A question: one option (`single`), any of them (`multiple`), a step from 1 to 5 (`scale`), or words (`text`)."""

    kind: Literal["single", "multiple", "text", "scale"]
    text_zh: Text
    text_en: Text
    options: list[OptionWire] = Field(default_factory=list, max_length=MOST_OPTIONS)
    required: bool = True

    def question(self) -> Question:
        """The command."""
        options = tuple(Option(option.zh, option.en) for option in self.options)
        return Question(Kind(self.kind), self.text_zh, self.text_en, options, self.required)


class SurveyDraft(Wire):
    """A survey to open, at once where `opens_at` is null; `points` null: what the rules give for one."""

    model_config = with_example(_DRAFT)

    title_zh: Title
    title_en: Title
    questions: list[QuestionWire] = Field(min_length=1, max_length=MOST_QUESTIONS)
    points: int | None = Field(None, ge=0, le=MOST_POINTS)
    opens_at: GivenInstant | None = None
    closes_at: GivenInstant

    def new(self) -> NewSurvey:
        """The command."""
        questions = tuple(each.question() for each in self.questions)
        return NewSurvey(self.title_zh, self.title_en, questions, self.points, self.opens_at, self.closes_at)


class GivenWire(Wire):
    """An answer to the question at this place, from 1 on: places of options, a step, or words."""

    question: int = Field(ge=1, le=MOST_QUESTIONS)
    choices: list[Annotated[int, Field(ge=1, le=MOST_OPTIONS)]] = Field(default_factory=list, max_length=MOST_OPTIONS)
    text: Annotated[str, StringConstraints(max_length=LONGEST_WORDS)] | None = None


class SurveyAnswers(Wire):
    """What you answer; words are yours, read without your name, and gone with your account."""

    model_config = with_example(_ANSWERS)

    answers: list[GivenWire] = Field(min_length=1, max_length=MOST_QUESTIONS)

    def given(self) -> list[Given]:
        """The command."""
        return [Given(each.question, each.choices, each.text) for each in self.answers]


class AnsweredWire(Wire):
    """Thank you: what it gave, 0 where a cap of points left nothing."""

    model_config = with_example({"points": 30})

    points: int

    @classmethod
    def of(cls, earned: Earned) -> AnsweredWire:
        """The wire form of what was earned."""
        return cls(points=earned.points)


class _Survey(Wire):
    id: str
    title_zh: str
    title_en: str
    questions: list[QuestionWire]
    points: int | None
    opens_at: Instant
    closes_at: Instant


class OwnSurveyWire(_Survey):
    """A survey, and whether you answered it."""

    model_config = with_example({**_PLAIN, "answered": False})

    answered: bool

    @classmethod
    def of(cls, own: OwnRow) -> OwnSurveyWire:
        """The wire form of a survey as a member sees it."""
        return cls(**_plain(own.survey), answered=own.answered)


class OwnSurveyPage(Page[OwnSurveyWire]):
    """Surveys that go on, in the order they were made."""

    model_config = with_example({"data": [{**_PLAIN, "answered": False}], "next_cursor": None})


class SurveyWire(_Survey):
    """A survey, and how many answered; null while they are fewer than five."""

    model_config = with_example({**_PLAIN, "answered": 40})

    answered: int | None

    @classmethod
    def of(cls, row: SurveyRow, answered: int | None) -> SurveyWire:
        """The wire form of a survey as the shop sees it."""
        return cls(**_plain(row), answered=answered)


class SurveyPage(Page[SurveyWire]):
    """Surveys, the newest first."""

    model_config = with_example({"data": [{**_PLAIN, "answered": 40}], "next_cursor": None})


class TallyWire(QuestionWire):
    """What was answered to a question: counts by option or step, null where hidden; words without names."""

    answered: int | None
    counts: list[int | None]
    words: list[str]


class SurveyResultsWire(Wire):
    """Counts below five are hidden, and whatever would tell them."""

    model_config = with_example(_RESULTS)

    answered: int | None
    questions: list[TallyWire]

    @classmethod
    def of(cls, answered: int | None, tallies: list[Tally]) -> SurveyResultsWire:
        """The wire form of results."""
        return cls(answered=answered, questions=[_tally(tally) for tally in tallies])


def _tally(tally: Tally) -> TallyWire:
    question = tally.question
    return TallyWire(
        kind=question.kind.value,
        text_zh=question.text_zh,
        text_en=question.text_en,
        options=[OptionWire(zh=option.zh, en=option.en) for option in question.options],
        required=question.required,
        answered=tally.answered,
        counts=list(tally.counts),
        words=list(tally.words),
    )


def _plain(row: SurveyRow) -> dict[str, Any]:
    questions = [QuestionWire.model_validate(each) for each in row.questions]
    return {**row._asdict(), "id": to_public(SURVEY_PREFIX, row.id), "questions": questions}
