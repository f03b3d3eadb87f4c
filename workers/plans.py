"""What the workers do about paid memberships; the shop's zone is that of its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.memberships import service


def begin_terms(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Money of charges was taken: their terms begin."""
    service.on_charge_captured(uow, payloads, wired.settings().time_zone)
