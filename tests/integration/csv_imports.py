"""What tests of imports share: a file from lines, an import of it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import text

from socialshop.infra.clock import Clock
from socialshop.infra.rejects import Imported, Rejected
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.onboarding.service import import_members
from socialshop.orders.service import import_orders

MEMBERS = "external_id,sponsor_external_id,joined_at"
ORDERS = "external_id,member_external_id,ordered_at,amount,currency"


def silent(_phase: str, _done: int, _total: int) -> None:
    """No progress shown."""


def written(folder: Path, header: str, *lines: str) -> Path:
    """A CSV file of these lines."""
    path = folder / "in.csv"
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return path


def _imported(command: Callable[..., Imported], path: Path, clock: Clock | None) -> tuple[Imported, list[Rejected]]:
    rejects: list[Rejected] = []
    with unit_of_work(clock) as uow:
        counts = command(uow, path, reject=rejects.append, progress=silent)
    return counts, rejects


def members(path: Path, clock: Clock | None = None) -> tuple[Imported, list[Rejected]]:
    """Import members and commit."""
    return _imported(import_members, path, clock)


def orders(path: Path, clock: Clock | None = None) -> tuple[Imported, list[Rejected]]:
    """Import orders and commit."""
    return _imported(import_orders, path, clock)


def codes(rejects: Sequence[Rejected]) -> list[tuple[int, str, str]]:
    """(line, field, code) of each."""
    return [(r.line, r.field, r.code) for r in rejects]


def rows(query: str, **values: object) -> list[tuple[object, ...]]:
    """The rows of a query, in a unit of work of its own."""
    with unit_of_work() as uow:
        return [tuple(row) for row in uow.session.execute(text(query), values)]


def sponsors() -> dict[str, str | None]:
    """Of each member in the tree the sponsor, by external ids."""
    found = rows(
        "SELECT m.external_id, s.external_id FROM referral_nodes n JOIN members m ON m.number = n.member_number"
        " LEFT JOIN members s ON s.number = n.sponsor"
    )
    return {str(member): None if sponsor is None else str(sponsor) for member, sponsor in found}


def in_unit(work: Callable[[UnitOfWork], object]) -> object:
    """Run in a unit of work of its own."""
    with unit_of_work() as uow:
        return work(uow)
