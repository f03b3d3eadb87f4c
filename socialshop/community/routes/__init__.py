"""Community over HTTP, for members."""

from __future__ import annotations

from socialshop.community.routes import conduct, leading, posts, questions

ROOMS = (posts.room, conduct.room, questions.room, leading.room)
