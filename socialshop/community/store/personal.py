"""What community holds of a person.

A published rating outlives its author, without a word or a picture: a product's average must not move because somebody
left. Whatever else the person wrote is gone.
"""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "posts",
        ("author", "reason"),
        reads="""
            SELECT p.id, p.kind, g.title AS product, p.rating, p.title, p.body, p.status, p.reason, p.written_at
            FROM posts p JOIN products g ON g.id = p.product_id WHERE p.author = :number ORDER BY p.id
        """,
        ids={"id": "post"},
        erases=(
            "DELETE FROM post_pictures WHERE post_id IN (SELECT id FROM posts WHERE author = :number)",
            """
            UPDATE posts SET body = '', title = CASE WHEN kind = 'note' THEN '' END, reason = NULL,
                status = CASE WHEN kind = 'review' AND status = 'published' THEN status ELSE 'withdrawn' END
            WHERE author = :number
            """,
        ),
        stays="Published ratings of a number, in the averages of products.",
    ),
    Holding(
        "post_pictures",
        ("content",),
        reads="""
            SELECT c.id, c.post_id, c.place, c.width, c.height,
                translate(encode(c.content, 'base64'), E'\\n', '') AS webp_base64
            FROM post_pictures c JOIN posts p ON p.id = c.post_id WHERE p.author = :number ORDER BY c.post_id, c.place
        """,
        ids={"id": "pic", "post_id": "post"},
        erases=("DELETE FROM post_pictures WHERE post_id IN (SELECT id FROM posts WHERE author = :number)",),
    ),
    Holding(
        "reports",
        ("reporter", "about", "words"),
        reads="""
            SELECT id, kind, ground, words, reported_at, decision_id IS NOT NULL AS decided
            FROM reports WHERE reporter = :number ORDER BY id
        """,
        ids={"id": "rpt"},
        erases=("UPDATE reports SET words = '' WHERE reporter = :number",),
        stays="That a number was reported, and what was decided: who reported whom is told to neither.",
    ),
    Holding(
        "standing_decisions",
        ("member", "reason", "decided_by", "appeal", "appeal_reason", "appeal_decided_by"),
        reads="""
            SELECT id, kind, reason, ends_at, decided_at, appeal, appealed_at, appeal_outcome, appeal_reason,
                appeal_decided_at
            FROM standing_decisions WHERE member = :number AND kind <> 'dismissed' ORDER BY id
        """,
        ids={"id": "dec"},
        erases=(
            """
            UPDATE standing_decisions SET reason = '', appeal = CASE WHEN appeal IS NOT NULL THEN '' END,
                appeal_reason = CASE WHEN appeal_reason IS NOT NULL THEN '' END
            WHERE member = :number
            """,
        ),
        stays="That something was decided about a number, and by whom of the shop.",
    ),
    Holding(
        "behaviour_rules",
        ("published_by",),
        hidden="Rules are the shop's; what its people did is read out from the audit record.",
        stays="Who published the shop's rules.",
    ),
    Holding(
        "rules_readings",
        ("member",),
        reads="SELECT version, read_at FROM rules_readings WHERE member = :number ORDER BY version",
        stays="Which rules a number had read, and when.",
    ),
    Holding(
        "questions",
        ("member",),
        reads="""
            SELECT id, topic, status, asked_at, answered_at, closed_at FROM questions
            WHERE member = :number ORDER BY id
        """,
        ids={"id": "qst"},
        erases=(
            """
            UPDATE questions SET status = 'closed', closed_at = waits_since
            WHERE member = :number AND status <> 'closed'
            """,
        ),
        stays="That a number asked, and how long the answer took.",
    ),
    Holding(
        "question_messages",
        ("staff_id", "body"),
        reads="""
            SELECT m.question_id, CASE WHEN m.staff_id IS NULL THEN 'member' ELSE 'shop' END AS by, m.body, m.said_at
            FROM question_messages m JOIN questions q ON q.id = m.question_id WHERE q.member = :number ORDER BY m.id
        """,
        ids={"question_id": "qst"},
        erases=(
            """
            UPDATE question_messages SET body = ''
            WHERE question_id IN (SELECT id FROM questions WHERE member = :number)
            """,
        ),
        stays="That something was said; who answered was the shop.",
    ),
    Holding(
        "circle_notices",
        ("leader", "body"),
        reads="SELECT id, body, posted_at FROM circle_notices WHERE leader = :number ORDER BY id",
        ids={"id": "cnt"},
        erases=("UPDATE circle_notices SET body = '' WHERE leader = :number",),
        stays="That a number told its circle something.",
    ),
)
