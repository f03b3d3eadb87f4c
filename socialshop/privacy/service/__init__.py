"""The door of privacy."""

from __future__ import annotations

from socialshop.privacy.service.erasing import erase, finish_erasures
from socialshop.privacy.service.exporting import Part, export_of, glance_at
from socialshop.privacy.service.leaving import Leaving, leaving_of
from socialshop.privacy.service.looking import KINDS, DeskLook, LookRow, looks, looks_at, note_look
from socialshop.privacy.service.merging import (
    LONGEST_REASON,
    MERGE_PREFIX,
    Merged,
    approve_merge,
    ask_merge,
    follow_merged,
    merges,
    reject_merge,
)
from socialshop.privacy.service.retention import RETENTION, Kept, forget
from socialshop.privacy.store.merging import MergeRow

__all__ = [
    "KINDS",
    "LONGEST_REASON",
    "MERGE_PREFIX",
    "RETENTION",
    "DeskLook",
    "Kept",
    "Leaving",
    "LookRow",
    "MergeRow",
    "Merged",
    "Part",
    "approve_merge",
    "ask_merge",
    "erase",
    "export_of",
    "finish_erasures",
    "follow_merged",
    "forget",
    "glance_at",
    "leaving_of",
    "looks",
    "looks_at",
    "merges",
    "note_look",
    "reject_merge",
]
