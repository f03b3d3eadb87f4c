"""`socialshop prove`: the books, recomputed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from socialshop.cli.shop import data_dir_option, open_shop

if TYPE_CHECKING:
    from socialshop.audit.service import AuditProof
    from socialshop.deals.service import Difference
    from socialshop.infra.chain import Head
    from socialshop.ledger.service import Proof

    Heads = tuple[Head | None, Head | None]

# A head is a few hundred bytes; what is longer is none and is not read to its end.
_HEAD_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Proofs:
    """What books, audit record and counters of stock prove of one state of the shop."""

    books: Proof
    record: AuditProof
    stock: Sequence[Difference]

    @property
    def first_difference(self) -> str | None:
        """The first thing that is off, None where all hold."""
        off = next((str(each) for each in self.stock), None)
        return self.books.first_difference or self.record.first_difference or off

    @property
    def holds(self) -> bool:
        """Nothing is off."""
        return self.first_difference is None

    def fields(self) -> dict[str, object]:
        """All of it by name, as the console says it in JSON."""
        stock = {"stock_ok": not self.stock}
        return {**asdict(self.books), **self.record.fields(), **stock, "first_difference": self.first_difference}


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
    """Recompute every sum, seal and balance, the audit record and the stock; exit 1 and say the first difference."""
    with open_shop(existing=True):
        found = proofs(read_heads(head_file))
    click.echo(json.dumps(found.fields(), ensure_ascii=False) if as_json else in_words(found))
    if not found.holds:
        raise click.exceptions.Exit(1)


@click.command("verify-head")
@click.argument("head_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--public-key", required=True, help="The shop's public key, 64 hexadecimal digits, as it was given to you."
)
def verify_head(head_file: Path, public_key: str) -> None:
    """Check that this key signed a head that `export head` wrote. It needs no shop: only the file and the key."""
    from socialshop.audit.service import CHAIN as RECORD
    from socialshop.infra.chain import HeadRefused, json_of, verified
    from socialshop.ledger.service.sealing import CHAIN as BOOKS

    try:
        key = bytes.fromhex(public_key)
    except ValueError:
        raise HeadRefused("a public key is 64 hexadecimal digits") from None
    document = json_of(_text_of(head_file))
    books = verified(document, BOOKS, key)
    record = verified(document.get("audit") if isinstance(document, dict) else None, RECORD, key)
    click.echo(
        f"The shop signed: block {books.number} of the books, {books.entries} entries, sealed {books.sealed_at}, "
        f"hash {books.hash.hex()}. Block {record.number} of the audit record, {record.entries} entries, "
        f"sealed {record.sealed_at}, hash {record.hash.hex()}."
    )


def _text_of(head_file: Path) -> str:
    with head_file.open("rb") as file:
        return file.read(_HEAD_BYTES).decode(errors="replace")


def read_heads(head_file: Path | None) -> Heads:
    """The heads of both chains in an exported document, none without a file. Raises HeadRefused."""
    from socialshop.audit import service as audit
    from socialshop.infra import wired
    from socialshop.ledger import service as ledger

    if head_file is None:
        return None, None
    document = _text_of(head_file)
    data_dir = wired.settings().data_dir
    return ledger.read_head(document, data_dir), audit.read_head(document, data_dir)


def proofs(heads: Heads) -> Proofs:
    """Both chains recomputed in one snapshot and held against their heads, and in it what there must be in stock."""
    from socialshop.audit import service as audit
    from socialshop.deals import service as deals
    from socialshop.infra.uow import unit_of_work
    from socialshop.ledger import service as ledger
    from socialshop.loyalty import service as loyalty

    with unit_of_work(isolation="REPEATABLE READ") as uow:
        stock = [*deals.stock_differences(uow), *loyalty.reward_differences(uow)]
        return Proofs(ledger.prove(uow, heads[0]), audit.prove(uow, heads[1]), stock)


def in_words(found: Proofs) -> str:
    """The result in a line or two."""
    books, record = found.books, found.record
    if not found.holds:
        return f"The books do not prove: {found.first_difference}."
    return (
        f"The books prove: {books.entries} entries, {books.postings} postings, {books.unsealed} not yet sealed, "
        f"head {books.head_hash}. The audit record proves: {record.entries} entries, {record.unsealed} not yet sealed, "
        f"head {record.head_hash}."
    )
