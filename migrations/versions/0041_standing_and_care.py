"""How members stand: rules of behaviour, reports, decisions with one appeal, limits; and questions to the shop."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0041"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _limits()
    _rules()
    _reports()
    _decisions()
    _questions()


def _limits() -> None:
    """What a member may not do for a while; a row a decision. Rooms and deals read it in their own statements."""
    op.execute(
        """
        CREATE TABLE member_limits (
            decision_id uuid CONSTRAINT pk_member_limits PRIMARY KEY,
            member      bigint NOT NULL CONSTRAINT fk_member_limits_member REFERENCES members (number),
            kind        text NOT NULL CONSTRAINT ck_member_limits_kind CHECK (kind IN ('limited', 'frozen')),
            begins_at   timestamptz NOT NULL,
            ends_at     timestamptz NOT NULL CONSTRAINT ck_member_limits_ends_at CHECK (ends_at > begins_at),
            lifted_at   timestamptz
        );
        CREATE INDEX ix_member_limits_member ON member_limits (member, ends_at) WHERE lifted_at IS NULL
        """
    )
    for_application_role("REVOKE UPDATE, DELETE, TRUNCATE ON member_limits FROM {role}")
    for_application_role("GRANT UPDATE (lifted_at) ON member_limits TO {role}")


def _rules() -> None:
    """Versions of the rules of behaviour in two languages, and who has read which."""
    op.execute(
        """
        CREATE TABLE behaviour_rules (
            version      integer CONSTRAINT pk_behaviour_rules PRIMARY KEY,
            text_zh      text NOT NULL CONSTRAINT ck_behaviour_rules_text_zh CHECK (text_zh <> ''),
            text_en      text NOT NULL CONSTRAINT ck_behaviour_rules_text_en CHECK (text_en <> ''),
            published_by uuid,
            published_at timestamptz NOT NULL
        );
        INSERT INTO behaviour_rules (version, text_zh, text_en, published_at) VALUES (1,
            '一、如实评价，只写你买到并使用过的商品。
二、不公开他人的姓名、电话、地址等个人信息。
三、不辱骂、不骚扰、不歧视任何人。
四、不发布广告、虚假信息，不引导到站外交易。
五、不为团凑假人数，不自己给自己下单。
违反规则，商店可能提醒、限制或冻结账户；每次决定都会说明理由和期限，你可以申诉一次，由另一位管理员处理。你的钱始终是你的。',
            'One: say what is so, and only of what you bought and used.
Two: name nobody else, and tell no telephone number, address or the like.
Three: insult, harass and discriminate against nobody.
Four: no advertisements, no false news, no leading of buyers elsewhere.
Five: no invented people in rooms, no orders to yourself.
Who breaks a rule may be warned, limited or frozen. Each decision says why and until when,
and you may appeal once, to somebody else of the shop. Your money stays yours.',
            '2000-01-01 00:00:00+00');
        CREATE TABLE rules_readings (
            member  bigint NOT NULL CONSTRAINT fk_rules_readings_member REFERENCES members (number),
            version integer NOT NULL CONSTRAINT fk_rules_readings_version REFERENCES behaviour_rules (version),
            read_at timestamptz NOT NULL,
            CONSTRAINT pk_rules_readings PRIMARY KEY (member, version)
        );
        """
    )
    append_only("behaviour_rules")


def _decisions() -> None:
    """A decision never changes; it has one appeal, decided by somebody else: the CHECK holds that whatever is asked."""
    op.execute(
        """
        CREATE TABLE standing_decisions (
            id                uuid CONSTRAINT pk_standing_decisions PRIMARY KEY,
            member            bigint NOT NULL CONSTRAINT fk_standing_decisions_member REFERENCES members (number),
            kind              text NOT NULL CONSTRAINT ck_standing_decisions_kind
                CHECK (kind IN ('dismissed', 'warned', 'limited', 'frozen')),
            reason            text NOT NULL,
            ends_at           timestamptz,
            decided_by        uuid NOT NULL,
            decided_at        timestamptz NOT NULL,
            appeal            text,
            appealed_at       timestamptz,
            appeal_outcome    text CONSTRAINT ck_standing_decisions_appeal_outcome
                CHECK (appeal_outcome IN ('upheld', 'lifted')),
            appeal_reason     text,
            appeal_decided_by uuid,
            appeal_decided_at timestamptz,
            CONSTRAINT ck_standing_decisions_ends_at CHECK ((kind IN ('limited', 'frozen')) = (ends_at IS NOT NULL)),
            CONSTRAINT ck_standing_decisions_appeal CHECK ((appeal IS NULL) = (appealed_at IS NULL)),
            CONSTRAINT ck_standing_decisions_appealed CHECK (kind <> 'dismissed' OR appealed_at IS NULL),
            CONSTRAINT ck_standing_decisions_another CHECK (appeal_decided_by <> decided_by),
            CONSTRAINT ck_standing_decisions_decided CHECK (
                (appeal_outcome IS NULL) = (appeal_decided_by IS NULL)
                AND (appeal_outcome IS NULL) = (appeal_decided_at IS NULL)
                AND (appeal_outcome IS NULL OR (appealed_at IS NOT NULL AND appeal_reason IS NOT NULL)))
        );
        CREATE INDEX ix_standing_decisions_member ON standing_decisions (member, id);
        CREATE INDEX ix_standing_decisions_appealed ON standing_decisions (appealed_at)
            WHERE appealed_at IS NOT NULL AND appeal_outcome IS NULL;
        ALTER TABLE reports ADD CONSTRAINT fk_reports_decision_id
            FOREIGN KEY (decision_id) REFERENCES standing_decisions (id);
        """
    )
    for_application_role("REVOKE UPDATE, DELETE, TRUNCATE ON standing_decisions FROM {role}")
    for_application_role(
        "GRANT UPDATE (reason, appeal, appealed_at, appeal_outcome, appeal_reason, appeal_decided_by,"
        " appeal_decided_at) ON standing_decisions TO {role}"
    )


def _reports() -> None:
    """One report a member and subject; `about` is who answers for the subject. Open until a decision names it."""
    op.execute(
        """
        CREATE TABLE reports (
            id          uuid CONSTRAINT pk_reports PRIMARY KEY,
            reporter    bigint NOT NULL CONSTRAINT fk_reports_reporter REFERENCES members (number),
            kind        text NOT NULL CONSTRAINT ck_reports_kind CHECK (kind IN ('post', 'member', 'room')),
            subject_id  uuid NOT NULL,
            about       bigint NOT NULL CONSTRAINT fk_reports_about REFERENCES members (number),
            ground      text NOT NULL CONSTRAINT ck_reports_ground
                CHECK (ground IN ('untrue', 'personal', 'abuse', 'advertising', 'fraud', 'other')),
            words       text NOT NULL CONSTRAINT ck_reports_words CHECK (length(words) <= 1000),
            reported_at timestamptz NOT NULL,
            decision_id uuid,
            CONSTRAINT uq_reports_reporter_kind_subject_id UNIQUE (reporter, kind, subject_id),
            CONSTRAINT ck_reports_about CHECK (about <> reporter)
        );
        CREATE INDEX ix_reports_open ON reports (id) WHERE decision_id IS NULL;
        CREATE INDEX ix_reports_subject_id ON reports (subject_id) WHERE decision_id IS NULL
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON reports FROM {role}")


def _questions() -> None:
    """A question waits for the shop until `due_at`; what its member writes later makes it wait anew."""
    op.execute(
        """
        CREATE TABLE questions (
            id          uuid CONSTRAINT pk_questions PRIMARY KEY,
            member      bigint NOT NULL CONSTRAINT fk_questions_member REFERENCES members (number),
            topic       text NOT NULL CONSTRAINT ck_questions_topic CHECK (topic IN ('order', 'deal', 'general')),
            target_id   uuid,
            status      text NOT NULL DEFAULT 'open' CONSTRAINT ck_questions_status
                CHECK (status IN ('open', 'answered', 'closed')),
            asked_at    timestamptz NOT NULL,
            waits_since timestamptz NOT NULL,
            due_at      timestamptz NOT NULL CONSTRAINT ck_questions_due_at CHECK (due_at > waits_since),
            answered_at timestamptz,
            closed_at   timestamptz,
            CONSTRAINT ck_questions_target_id CHECK ((topic = 'general') = (target_id IS NULL)),
            CONSTRAINT ck_questions_answered_at CHECK (status <> 'answered' OR answered_at IS NOT NULL),
            CONSTRAINT ck_questions_closed_at CHECK ((status = 'closed') = (closed_at IS NOT NULL))
        );
        CREATE INDEX ix_questions_member ON questions (member, id);
        CREATE INDEX ix_questions_open ON questions (due_at) WHERE status = 'open';
        CREATE INDEX ix_questions_status ON questions (status, id);
        CREATE TABLE question_messages (
            id          uuid CONSTRAINT pk_question_messages PRIMARY KEY,
            question_id uuid NOT NULL CONSTRAINT fk_question_messages_question_id REFERENCES questions (id),
            staff_id    uuid,
            body        text NOT NULL CONSTRAINT ck_question_messages_body CHECK (length(body) <= 5000),
            said_at     timestamptz NOT NULL
        );
        CREATE INDEX ix_question_messages_question_id ON question_messages (question_id, id)
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON questions FROM {role}")
    for_application_role("REVOKE DELETE, TRUNCATE ON question_messages FROM {role}")
