"""What deals hold of a person: who opened them."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "deals",
        ("opened_by",),
        reads="SELECT id, title, created_at FROM deals WHERE opened_by = :number ORDER BY id",
        ids={"id": "deal"},
        stays="The shop's own offer; who opened it is a number.",
    ),
    Holding(
        "deal_invitations",
        ("member",),
        reads="SELECT deal_id, invited_at FROM deal_invitations WHERE member = :number ORDER BY deal_id",
        ids={"deal_id": "deal"},
        erases=("DELETE FROM deal_invitations WHERE member = :number",),
    ),
    Holding(
        "storefronts",
        ("leader", "intro"),
        reads="SELECT id, title, intro, kept_at FROM storefronts WHERE leader = :number",
        ids={"id": "sfr"},
        erases=(
            "DELETE FROM storefront_picks WHERE storefront_id IN (SELECT id FROM storefronts WHERE leader = :number)",
            """
            DELETE FROM shop_pictures WHERE storefront_id IN (SELECT id FROM storefronts WHERE leader = :number)
            """,
            "DELETE FROM storefronts WHERE leader = :number",
        ),
    ),
    Holding(
        "shop_pictures",
        ("alt_en", "alt_zh", "large"),
        reads="""
            SELECT c.id, c.storefront_id, c.alt_en, c.alt_zh, c.width, c.height,
                translate(encode(c.large, 'base64'), E'\\n', '') AS webp_base64
            FROM shop_pictures c JOIN storefronts s ON s.id = c.storefront_id WHERE s.leader = :number
        """,
        ids={"id": "gpc", "storefront_id": "sfr"},
        erases=(
            """
            DELETE FROM shop_pictures WHERE storefront_id IN (SELECT id FROM storefronts WHERE leader = :number)
            """,
        ),
    ),
    Holding(
        "flash_sessions",
        ("opened_by",),
        reads="SELECT id, brand, title, intro, starts_at, ends_at, stream_url, made_at FROM flash_sessions"
        " WHERE opened_by = :number ORDER BY id",
        ids={"id": "fls"},
        stays="The shop's own offer; who opened it is a number.",
    ),
    Holding(
        "flash_session_reminders",
        ("member",),
        reads="SELECT session_id, asked_at FROM flash_session_reminders WHERE member = :number ORDER BY session_id",
        ids={"session_id": "fls"},
        erases=("DELETE FROM flash_session_reminders WHERE member = :number",),
    ),
    Holding(
        "leader_goods_chosen",
        ("leader",),
        reads="SELECT sku_id FROM leader_goods_chosen WHERE leader = :number ORDER BY sku_id",
        ids={"sku_id": "sku"},
        erases=("DELETE FROM leader_goods_chosen WHERE leader = :number",),
    ),
)
