"""The door of invites."""

from __future__ import annotations

from socialshop.invites.service.attributing import (
    Attribution,
    Origin,
    Stats,
    attribute,
    attribution_of,
    origin_of,
    record_sales,
    stats,
)
from socialshop.invites.service.links import (
    Link,
    NewLink,
    Shared,
    create_link,
    link_named,
    link_of,
    links_of,
    own_code,
)
from socialshop.invites.service.visiting import (
    Landing,
    Visit,
    clicks_are_due,
    judge_clicks,
    landing,
    recognize,
    record_click,
    take_clicks,
)

__all__ = [
    "Attribution",
    "Landing",
    "Link",
    "NewLink",
    "Origin",
    "Shared",
    "Stats",
    "Visit",
    "attribute",
    "attribution_of",
    "clicks_are_due",
    "create_link",
    "judge_clicks",
    "landing",
    "link_named",
    "link_of",
    "links_of",
    "origin_of",
    "own_code",
    "recognize",
    "record_click",
    "record_sales",
    "stats",
    "take_clicks",
]
