"""Community over HTTP, for the shop."""

from __future__ import annotations

from socialshop.community.admin_routes import conduct, posts, questions

ROOMS = (posts.room, conduct.room, questions.room)
