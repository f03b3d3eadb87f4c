"""`socialshop export`: the books for an outsider, on stdout."""

from __future__ import annotations

import click

from socialshop.cli.shop import data_dir_option, open_shop


@click.group()
def export() -> None:
    """Write accruals, the ledger or the signed head to stdout."""


@export.command()
@click.option("--format", "format_", type=click.Choice(["csv", "beancount"]), default="csv", show_default=True)
@data_dir_option
def ledger(format_: str) -> None:
    """Every posting: CSV, a line a posting, or beancount, which `bean-check` accepts."""
    from socialshop.infra.uow import unit_of_work
    from socialshop.ledger import service

    pieces = {"csv": service.csv_pieces, "beancount": service.beancount_pieces}[format_]
    # One snapshot for the accounts and the entries.
    with open_shop(existing=True), unit_of_work(isolation="REPEATABLE READ") as uow:
        for piece in pieces(uow):
            click.echo(piece, nl=False)


@export.command()
@data_dir_option
def head() -> None:
    """The newest blocks of ledger and audit record, signed: keep it elsewhere, `prove --head` compares with it."""
    from socialshop.infra import wired
    from socialshop.infra.uow import unit_of_work
    from socialshop.ledger import service

    with open_shop(existing=True), unit_of_work(isolation="REPEATABLE READ") as uow:
        document = service.export_heads(uow, wired.settings().data_dir)
    click.echo(document)


@export.command()
@click.option("--format", "format_", type=click.Choice(["csv"]), default="csv", show_default=True)
@data_dir_option
def accruals(format_: str) -> None:
    """Every accrual as CSV, by order, line and leg; ids exactly as they were imported (docs/commissions.md)."""
    import csv
    import sys

    from socialshop.commissions.service import ExportedAccrual, export_accruals
    from socialshop.infra.uow import unit_of_work

    with open_shop(existing=True), unit_of_work(isolation="REPEATABLE READ") as uow:
        lines = csv.writer(sys.stdout, lineterminator="\n")
        lines.writerow(ExportedAccrual._fields)
        lines.writerows(export_accruals(uow))
