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
)
