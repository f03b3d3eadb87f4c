"""Surveys that members answer once; the boards of those who bring most, and who agreed to be named on them."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0039"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _surveys()
    _boards()
    append_only("survey_answers")
    for_application_role("REVOKE DELETE, TRUNCATE ON surveys FROM {role}")
    for_application_role("REVOKE UPDATE, TRUNCATE ON survey_replies FROM {role}")


def _surveys() -> None:
    """That a member answered is kept for good; what of it is the member's own words is not.

    A reply's `choice` is an option by its place, a step of a scale, or 0 for words.
    """
    op.execute(
        """
        CREATE TABLE surveys (
            id         uuid CONSTRAINT pk_surveys PRIMARY KEY,
            title_zh   text NOT NULL,
            title_en   text NOT NULL,
            questions  jsonb NOT NULL CONSTRAINT ck_surveys_questions CHECK (jsonb_typeof(questions) = 'array'),
            points     bigint CONSTRAINT ck_surveys_points CHECK (points BETWEEN 0 AND 1000000000),
            opens_at   timestamptz NOT NULL,
            closes_at  timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT ck_surveys_window CHECK (closes_at >= opens_at)
        );
        CREATE TABLE survey_answers (
            survey_id   uuid NOT NULL CONSTRAINT fk_survey_answers_survey_id REFERENCES surveys (id),
            member      bigint NOT NULL CONSTRAINT fk_survey_answers_member REFERENCES members (number),
            answered_at timestamptz NOT NULL,
            CONSTRAINT pk_survey_answers PRIMARY KEY (survey_id, member)
        );
        CREATE TABLE survey_replies (
            survey_id uuid NOT NULL,
            member    bigint NOT NULL CONSTRAINT fk_survey_replies_member REFERENCES members (number),
            question  smallint NOT NULL CONSTRAINT ck_survey_replies_question CHECK (question >= 1),
            choice    smallint NOT NULL CONSTRAINT ck_survey_replies_choice CHECK (choice BETWEEN 0 AND 100),
            words     text,
            CONSTRAINT pk_survey_replies PRIMARY KEY (survey_id, question, choice, member),
            CONSTRAINT fk_survey_replies_answer FOREIGN KEY (survey_id, member)
                REFERENCES survey_answers (survey_id, member),
            CONSTRAINT ck_survey_replies_words CHECK ((choice = 0) = (words IS NOT NULL))
        );
        CREATE INDEX ix_survey_replies_member ON survey_replies (member);
        """
    )


def _boards() -> None:
    """A month's board is written anew while refunds of its sales are likely; then it stays."""
    op.execute(
        """
        CREATE TABLE board_rows (
            month  date NOT NULL CONSTRAINT ck_board_rows_month CHECK (extract(day FROM month) = 1),
            metric text NOT NULL CONSTRAINT ck_board_rows_metric CHECK (metric IN ('friends', 'volume')),
            member bigint NOT NULL CONSTRAINT fk_board_rows_member REFERENCES members (number),
            figure bigint NOT NULL CONSTRAINT ck_board_rows_figure CHECK (figure > 0),
            place  bigint NOT NULL CONSTRAINT ck_board_rows_place CHECK (place >= 1),
            CONSTRAINT pk_board_rows PRIMARY KEY (month, metric, member)
        );
        CREATE INDEX ix_board_rows_place ON board_rows (month, metric, place, member);
        CREATE TABLE board_names (
            member   bigint CONSTRAINT pk_board_names PRIMARY KEY
                CONSTRAINT fk_board_names_member REFERENCES members (number),
            named_at timestamptz NOT NULL
        );
        """
    )
