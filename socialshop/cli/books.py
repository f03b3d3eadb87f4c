"""`socialshop prove`: the books, recomputed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from socialshop.cli.shop import data_dir_option, open_shop

if TYPE_CHECKING:
    from flask import Flask

    from socialshop.ledger.service import Proof


@click.command()
@click.option(
    "--head",
    "head_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A head that `export head` wrote: finds a chain whose tail was cut off since.",
)
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
@data_dir_option
def prove(head_file: Path | None, as_json: bool) -> None:
    """Recompute every sum, seal and balance of the ledger; exit 1 and the first difference if anything is off."""
    with open_shop() as app:
        proof = _proof(app, head_file)
    if as_json:
        click.echo(json.dumps(asdict(proof), ensure_ascii=False))
    else:
        click.echo(_in_words(proof))
    if not proof.holds:
        raise click.exceptions.Exit(1)


def _proof(app: Flask, head_file: Path | None) -> Proof:
    from socialshop.infra.uow import unit_of_work
    from socialshop.ledger import service

    head = None
    if head_file is not None:
        document = head_file.read_text(encoding="utf-8", errors="replace")
        head = service.read_head(document, app.extensions["socialshop_settings"].data_dir)
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        return service.prove(uow, head)


def _in_words(proof: Proof) -> str:
    if not proof.holds:
        return f"The books do not prove: {proof.first_difference}."
    return (
        f"The books prove: {proof.entries} entries, {proof.postings} postings, {proof.unsealed} not yet sealed, "
        f"head {proof.head_hash}."
    )
