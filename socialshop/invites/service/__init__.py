"""The door of invites."""

from __future__ import annotations

from socialshop.invites.service.attributing import (
    Origin,
    Stats,
    attribute,
    links_with_stats,
    origin_of,
    record_sales,
    stats,
)
from socialshop.invites.service.links import (
    Link,
    NewLink,
    Shared,
    ShareKit,
    create_link,
    find_link,
    link_named,
    link_of,
    links_of,
    own_code,
    share_kit,
)
from socialshop.invites.service.visiting import (
    Landing,
    Visit,
    clicks_are_due,
    find_subject,
    forget_clicks,
    forget_visitors,
    judge_clicks,
    landing,
    recognize,
    record_click,
    take_clicks,
)
from socialshop.invites.store.personal import PERSONAL

__all__ = [
    "PERSONAL",
    "Landing",
    "Link",
    "NewLink",
    "Origin",
    "ShareKit",
    "Shared",
    "Stats",
    "Visit",
    "attribute",
    "clicks_are_due",
    "create_link",
    "find_link",
    "find_subject",
    "forget_clicks",
    "forget_visitors",
    "judge_clicks",
    "landing",
    "link_named",
    "link_of",
    "links_of",
    "links_with_stats",
    "origin_of",
    "own_code",
    "recognize",
    "record_click",
    "record_sales",
    "share_kit",
    "stats",
    "take_clicks",
]
