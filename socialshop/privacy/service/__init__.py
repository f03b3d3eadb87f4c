"""The door of privacy."""

from __future__ import annotations

from socialshop.privacy.service.erasing import erase, finish_erasures
from socialshop.privacy.service.exporting import Part, export_of, glance_at
from socialshop.privacy.service.leaving import Leaving, leaving_of
from socialshop.privacy.service.looking import KINDS, LookRow, looks_at, note_look
from socialshop.privacy.service.retention import RETENTION, Kept, forget

__all__ = [
    "KINDS",
    "RETENTION",
    "Kept",
    "Leaving",
    "LookRow",
    "Part",
    "erase",
    "export_of",
    "finish_erasures",
    "forget",
    "glance_at",
    "leaving_of",
    "looks_at",
    "note_look",
]
