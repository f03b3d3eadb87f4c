"""The admins' desk; finance reads it."""

from __future__ import annotations

from flask_babel import lazy_gettext

from socialshop.pages.section import Section
from socialshop.pages.tabs import Tab
from socialshop.web.auth import READS_ALL

# Every action says `access=ADMINS`: finance moves nothing.
admin = Section("admin", __name__, access=READS_ALL, prefix="/admin")
TABS = (Tab("overview", "admin.show_overview", "list", lazy_gettext("Overview")),)
