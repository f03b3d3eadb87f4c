"""What invites hold of a person. A link that leads to somebody who has left leads nowhere; what it brought stays."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "invite_links",
        ("owner_id", "code", "channel", "vanity"),
        reads="""
            SELECT code, vanity, kind, target_id, channel, expires_at, paused_at, created_at FROM invite_links
            WHERE owner_id = :id ORDER BY id
        """,
        erases=(
            """
            UPDATE invite_links SET code = 'gone-' || gen_random_uuid(), vanity = NULL, vanity_key = NULL,
                channel = CASE WHEN channel IS NOT NULL THEN id::text END
            WHERE owner_id = :id AND code NOT LIKE 'gone-%'
            """,
        ),
        stays="That a link was there, and what it brought: sums.",
        merges=(
            """
            UPDATE invite_links l SET owner_id = :kept_id, channel = CASE WHEN EXISTS (
                SELECT FROM invite_links k WHERE k.owner_id = :kept_id AND k.kind = l.kind
                    AND k.target_id IS NOT DISTINCT FROM l.target_id AND k.channel IS NOT DISTINCT FROM l.channel
            ) THEN 'merged-' || l.code ELSE l.channel END
            WHERE l.owner_id = :id AND l.code NOT LIKE 'gone-%'
            """,
        ),
    ),
    Holding(
        "invite_clicks",
        ("member_id", "visitor"),
        reads="SELECT link_id, clicked_at, verdict FROM invite_clicks WHERE member_id = :id ORDER BY id",
        erases=(
            # A browser whose member is gone is some browser: its own hash would still tell one person's clicks apart.
            """
            UPDATE invite_clicks SET member_id = NULL, visitor = sha256(gen_random_uuid()::text::bytea)
            WHERE member_id = :id
               OR visitor IN (SELECT visitor FROM invite_visitors WHERE member_id = :id)
            """,
        ),
        stays="That somebody clicked, and when, until it is forgotten.",
    ),
    Holding(
        "banner_views",
        ("visitor",),
        hidden="Which banner some browser fetched; what it is known by lasts a day, or is that of links followed.",
        erases=(
            """
            UPDATE banner_views SET visitor = sha256(gen_random_uuid()::text::bytea)
            WHERE visitor IN (SELECT visitor FROM invite_visitors WHERE member_id = :id)
            """,
        ),
        stays="That somebody saw a banner, and when, until it is forgotten.",
    ),
    Holding(
        "invite_visitors",
        ("member_id", "visitor"),
        reads="SELECT seen_at FROM invite_visitors WHERE member_id = :id ORDER BY seen_at",
        erases=("DELETE FROM invite_visitors WHERE member_id = :id",),
        merges=(
            """
            UPDATE invite_visitors SET member_id = :kept_id WHERE member_id = :id
            """,
        ),
    ),
    Holding(
        "attributions",
        ("member_id",),
        reads="SELECT source, touched_at, attributed_at FROM attributions WHERE member_id = :id",
        stays="Through which link a number came: the tree rests on it.",
    ),
)
