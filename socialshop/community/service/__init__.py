"""The door of community."""

from __future__ import annotations

from socialshop.community.rules import Kind, Rating, Status, Words
from socialshop.community.service.moderating import publish, reject
from socialshop.community.service.reading import (
    ToWrite,
    any_post,
    count_pending,
    note,
    note_subject,
    note_titles,
    notes,
    own_post,
    own_posts,
    picture,
    queue,
    rating_of,
    ratings_of,
    reviews,
    sales_of,
    to_write,
)
from socialshop.community.service.writing import revise, withdraw, write
from socialshop.community.store.personal import PERSONAL
from socialshop.community.store.posts import PostRow, SalesRow

__all__ = [
    "PERSONAL",
    "Kind",
    "PostRow",
    "Rating",
    "SalesRow",
    "Status",
    "ToWrite",
    "Words",
    "any_post",
    "count_pending",
    "note",
    "note_subject",
    "note_titles",
    "notes",
    "own_post",
    "own_posts",
    "picture",
    "publish",
    "queue",
    "rating_of",
    "ratings_of",
    "reject",
    "reviews",
    "revise",
    "sales_of",
    "to_write",
    "withdraw",
    "write",
]
