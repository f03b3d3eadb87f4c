"""Who somebody is to the shop. One role a person; a visitor without a session has none."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """All but finance also buy and earn as members; finance reads all and moves nothing."""

    MEMBER = "member"
    LEADER = "leader"
    FINANCE = "finance"
    ADMIN = "admin"
