"""`socialshop prove`: the books, recomputed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from socialshop.cli.shop import data_dir_option, open_shop

if TYPE_CHECKING:
    from socialshop.audit.service import AuditProof
    from socialshop.infra.chain import Head
    from socialshop.ledger.service import Proof

    Heads = tuple[Head | None, Head | None]

# A head is a few hundred bytes; what is longer is none and is not read to its end.
_HEAD_BYTES = 100_000


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
    """Recompute every sum, seal and balance, and the audit record; exit 1 and the first difference if any is off."""
    with open_shop():
        books, record = proofs(read_heads(head_file))
    if as_json:
        difference = books.first_difference or record.first_difference
        both = {**asdict(books), **record.fields(), "first_difference": difference}
        click.echo(json.dumps(both, ensure_ascii=False))
    else:
        click.echo(in_words(books, record))
    if not (books.holds and record.holds):
        raise click.exceptions.Exit(1)


def read_heads(head_file: Path | None) -> Heads:
    """The heads of both chains in an exported document, none without a file. Raises HeadRefused."""
    from socialshop.audit import service as audit
    from socialshop.infra import wired
    from socialshop.ledger import service as ledger

    if head_file is None:
        return None, None
    with head_file.open("rb") as file:
        document = file.read(_HEAD_BYTES).decode(errors="replace")
    data_dir = wired.settings().data_dir
    return ledger.read_head(document, data_dir), audit.read_head(document, data_dir)


def proofs(heads: Heads) -> tuple[Proof, AuditProof]:
    """Both chains recomputed in one snapshot, and held against their heads."""
    from socialshop.audit import service as audit
    from socialshop.infra.uow import unit_of_work
    from socialshop.ledger import service as ledger

    with unit_of_work(isolation="REPEATABLE READ") as uow:
        return ledger.prove(uow, heads[0]), audit.prove(uow, heads[1])


def in_words(books: Proof, record: AuditProof) -> str:
    """The result in a line or two."""
    difference = books.first_difference or record.first_difference
    if difference is not None:
        return f"The books do not prove: {difference}."
    return (
        f"The books prove: {books.entries} entries, {books.postings} postings, {books.unsealed} not yet sealed, "
        f"head {books.head_hash}. The audit record proves: {record.entries} entries, {record.unsealed} not yet sealed, "
        f"head {record.head_hash}."
    )
