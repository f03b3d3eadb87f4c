"""`import members` and `import orders`: CSV files in, whole or line by line, with a report of what was rejected."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from socialshop.cli.shop import data_dir_option, finish_jobs, open_shop

if TYPE_CHECKING:
    from socialshop.infra.rejects import Imported, Progress, Rejected, RejectsReport
    from socialshop.infra.uow import UnitOfWork
    from socialshop.orders.service import ImportedOrders

_SOME_REJECTED = 3
_PHASES = {"read": "reading", "judge": "judging", "land": "landing", "post": "posting"}

Import = Callable[..., "Imported"]


class NothingLanded(Exception):
    """Ends the unit of work without a commit: lines were rejected and all or none was asked for."""


@click.group("import")
def import_() -> None:
    """Bring in members and orders from CSV files.

    Good lines land, in one transaction; each bad one is named in the report of rejected lines. A line that has
    landed before with the same content is left as it is, so the same file may be imported again.

    Exit status: 0 nothing was rejected, 3 some lines were, 1 all were or the file was refused as a whole.
    """


def _import_command(name: str) -> Callable[[Callable[..., None]], click.Command]:
    """What both imports take."""

    def wrap(function: Callable[..., None]) -> click.Command:
        decorated: Any = function
        for add in (
            click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON."),
            click.option("--strict", is_flag=True, help="Land all lines or none."),
            click.option(
                "--rejected",
                type=click.Path(dir_okay=False, path_type=Path),
                metavar="PATH",
                help="Where rejected lines are reported; default FILE with the suffix .rejected.csv.",
            ),
            data_dir_option,
            click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        ):
            decorated = add(decorated)
        command: click.Command = import_.command(name)(decorated)
        return command

    return wrap


@_import_command("members")
def members(file: Path, rejected: Path | None, strict: bool, as_json: bool) -> None:
    """Import members: external_id, sponsor_external_id, joined_at (and display_name, email).

    A sponsor may come later in the file. All lines of a cycle, and members whose sponsor is unknown or rejected, are
    rejected by name; the rest lands.
    """
    from socialshop.onboarding.service import import_members

    _run(import_members, file, rejected, strict=strict, as_json=as_json)


@_import_command("orders")
def orders(file: Path, rejected: Path | None, strict: bool, as_json: bool) -> None:
    """Import orders: external_id, member_external_id, ordered_at, amount, currency (and quantity, …).

    Optional columns: quantity, host_external_id, received_at. An imported order is paid and received; it is posted as
    a sale and accrues under the plan in force when it was ordered.
    """
    _run(_import_orders, file, rejected, strict=strict, as_json=as_json)


def _import_orders(
    uow: UnitOfWork, file: Path, *, reject: Callable[[Rejected], None], progress: Progress
) -> ImportedOrders:
    """Import, and count what landed and earns nobody anything."""
    from socialshop.commissions import service as commissions
    from socialshop.orders import service as orders

    counts = orders.import_orders(uow, file, reject=reject, progress=progress)
    without_plan = orders.landed_before(uow, commissions.plans_since(uow))
    return orders.ImportedOrders(**asdict(counts), without_plan=without_plan)


def _run(command: Import, file: Path, rejected: Path | None, *, strict: bool, as_json: bool) -> None:
    from socialshop.infra.rejects import RejectsReport

    with RejectsReport(rejected or file.parent / f"{file.stem}.rejected.csv", of=file) as report, open_shop() as app:
        counts, landed = _import(command, file, report, strict=strict)
        report.publish()
        if landed:
            finish_jobs(app)
    _tell(counts, report.path, landed=landed, as_json=as_json)
    if not landed or 0 < counts.read == counts.rejected:
        raise SystemExit(1)
    if counts.rejected:
        raise SystemExit(_SOME_REJECTED)


def _import(command: Import, file: Path, report: RejectsReport, *, strict: bool) -> tuple[Imported, bool]:
    """What the file came to, and whether it was committed."""
    from socialshop.infra.uow import unit_of_work

    counts: Imported | None = None
    try:
        with _progress() as progress, unit_of_work() as uow:
            counts = command(uow, file, reject=report.add, progress=progress)
            report.flush()
            if strict and counts.rejected:
                raise NothingLanded
    except NothingLanded:
        assert counts is not None
        return counts.nothing_landed(), False
    return counts, True


@contextmanager
def _progress() -> Iterator[Progress]:
    """One bar on stderr, a phase after the other; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(phase: str, done: int, total: int) -> None:
            bar.update(task, description=_PHASES[phase], completed=done, total=total or None)

        yield show


def _tell(counts: Imported, report: Path, *, landed: bool, as_json: bool) -> None:
    facts = asdict(counts)
    if without_plan := facts.get("without_plan"):
        click.echo(
            f"{without_plan} of the landed lines were ordered before any plan in their currency was in force: "
            "they earn nobody anything (see docs/imports.md)",
            err=True,
        )
    if as_json:
        click.echo(json.dumps(facts))
        return
    click.echo(
        f"{counts.read} lines read: {counts.landed} landed, {counts.already} stood already, {counts.rejected} rejected"
        + ("" if landed else "; nothing landed, as --strict asks")
    )
    if counts.rejected:
        click.echo(f"rejected lines are in {report}", err=True)
