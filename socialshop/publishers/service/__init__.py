"""The door of publishers."""

from __future__ import annotations

from socialshop.publishers.service.applying import (
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_URL,
    PERSONAL,
    Site,
    SiteKind,
    Status,
    apply_to_publish,
    decide,
    number_of,
    publisher_of,
    publishers,
    show_publisher,
)
from socialshop.publishers.service.counting import COLUMNS, PublisherDay, as_table, days
from socialshop.publishers.service.feeding import Item, address_of, as_rss, items, new_key, tag_of
from socialshop.publishers.service.listing import LONGEST_CHANNEL, channels_of, end_channel, list_channel

__all__ = [
    "COLUMNS",
    "LONGEST_CHANNEL",
    "LONGEST_NAME",
    "LONGEST_REASON",
    "LONGEST_URL",
    "PERSONAL",
    "Item",
    "PublisherDay",
    "Site",
    "SiteKind",
    "Status",
    "address_of",
    "apply_to_publish",
    "as_rss",
    "as_table",
    "channels_of",
    "days",
    "decide",
    "end_channel",
    "items",
    "list_channel",
    "new_key",
    "number_of",
    "publisher_of",
    "publishers",
    "show_publisher",
    "tag_of",
]
