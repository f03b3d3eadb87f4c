"""Surveys: made by the shop, answered once by a member for points, and read as counts."""

from __future__ import annotations

from socialshop.loyalty.service.surveys.asking import (
    SURVEY_PREFIX,
    NewSurvey,
    Tally,
    add,
    answer,
    close,
    of_member,
    own,
    survey,
    surveys,
    tallies,
)
from socialshop.loyalty.store.surveys import OwnRow, SurveyRow

__all__ = [
    "SURVEY_PREFIX",
    "NewSurvey",
    "OwnRow",
    "SurveyRow",
    "Tally",
    "add",
    "answer",
    "close",
    "of_member",
    "own",
    "survey",
    "surveys",
    "tallies",
]
