"""The pages of members and of who may become one."""

from __future__ import annotations

from socialshop.pages.section import Section

shopper = Section("shopper", __name__)
