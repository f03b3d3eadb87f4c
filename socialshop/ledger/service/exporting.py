"""The ledger for an outsider: CSV for a spreadsheet, beancount for an accountant's tools. Both stream."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import groupby

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import to_decimal_text
from socialshop.kernel.time import to_text
from socialshop.ledger import chart
from socialshop.ledger.store import reading as store

_COLUMNS = ("entry", "posted_at", "reference", "account", "amount_minor", "currency")
_ROWS_A_PIECE = 2_000


def csv_pieces(uow: UnitOfWork) -> Iterator[str]:
    """The ledger as CSV, a line a posting, in entry order, in the ledger's sign."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for number, line in enumerate(store.posting_lines(uow.session)):
        writer.writerow(
            (line.entry, to_text(line.posted_at), line.reference, line.account, line.amount_minor, line.currency)
        )
        if number % _ROWS_A_PIECE == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def beancount_pieces(uow: UnitOfWork) -> Iterator[str]:
    """The ledger as beancount 3: every account opened with its currencies, every entry a transaction of its day (UTC).

    Beancount's debits are positive and the ledger's sources negative, so each amount changes its sign.
    """
    yield 'option "title" "socialshop"\n\n'
    for use in store.account_uses(uow.session):
        opened = use.first_posted_at.date().isoformat()
        yield f"{opened} open {chart.beancount_name(use.account)} {','.join(use.currencies)}\n"
    for (entry, reference, kind), lines in groupby(
        store.posting_lines(uow.session), key=lambda line: (line.entry, line.reference, line.kind)
    ):
        postings = list(lines)
        yield f'\n{postings[0].posted_at.date().isoformat()} * "{_quoted(kind)}" "{_quoted(reference)}"\n'
        yield f"  entry: {entry}\n"
        for line in postings:
            amount = to_decimal_text(-line.amount_minor, line.currency)
            yield f"  {chart.beancount_name(line.account)}  {amount} {line.currency}\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _drained(buffer: io.StringIO) -> str:
    piece = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return piece
