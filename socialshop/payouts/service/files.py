"""What is given to the channel: a released batch as a table, or as a bank's file."""

from __future__ import annotations

import csv
import io
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from socialshop.infra.settings import Settings
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import to_decimal_text
from socialshop.kernel.time import to_text
from socialshop.payouts import pain001
from socialshop.payouts.errors import PayoutFileRefused
from socialshop.payouts.pain001 import Message, Payer, Transfer
from socialshop.payouts.rules import Channel, is_iban
from socialshop.payouts.service.batching import MOST_NAMED, batch_to_pay
from socialshop.payouts.service.reading import Statement
from socialshop.payouts.store.batches import BatchItem

_COLUMNS = ("request_id", "channel", "holder", "account", "amount", "amount_minor", "currency")


@dataclass(frozen=True, slots=True)
class FrozenFile:
    """What is given to the channel."""

    name: str
    media_type: str
    content: bytes


def frozen_file(uow: UnitOfWork, *, actor: uuid.UUID, batch_id: uuid.UUID) -> FrozenFile:
    """The released batch as CSV (RFC 4180) with the accounts in full; who took it is recorded.

    Raises NotFound, BatchNotReleased, BatchChanged, and PayoutFileRefused where an account was erased since.
    """
    view = batch_to_pay(uow, actor=actor, batch_id=batch_id)
    batch = view.batch
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for item in view.items:
        amount = to_decimal_text(item.net_minor, batch.currency)
        public_id = to_public("por", item.request_id)
        writer.writerow((public_id, batch.channel, item.holder, item.account, amount, item.net_minor, batch.currency))
    return FrozenFile(f"{to_public('pob', batch_id)}.csv", "text/csv", buffer.getvalue().encode())


def bank_file(uow: UnitOfWork, *, actor: uuid.UUID, batch_id: uuid.UUID, settings: Settings) -> FrozenFile:
    """The released batch as ISO 20022 pain.001.001.09, the same bytes each time; who took it is recorded.

    To be paid on the day of its release, by the shop's clock. Raises NotFound, BatchNotReleased, BatchChanged, and
    PayoutFileRefused where no account to pay from is set up, some of the batch goes to no IBAN, or an account was
    erased since.
    """
    view = batch_to_pay(uow, actor=actor, batch_id=batch_id)
    payer, batch = _payer(settings), view.batch
    if batch.channel != Channel.BANK:
        raise PayoutFileRefused("only payouts to bank accounts go into such a file; take csv", field="format")
    if elsewhere := [item for item in view.items if not is_iban(item.account)]:
        named = [to_public("por", item.request_id) for item in elsewhere[:MOST_NAMED]]
        raise PayoutFileRefused(
            f"{len(elsewhere)} of {len(view.items)} payouts go to a card and to no IBAN; take csv",
            field="format",
            request_ids=named,
        )
    released_at = batch.released_at or uow.now
    on = released_at.astimezone(ZoneInfo(settings.time_zone)).date()
    message = Message(_key("pob", batch_id), released_at, on, batch.currency)
    content = pain001.write(message, payer, [_transfer(item) for item in view.items])
    return FrozenFile(f"{to_public('pob', batch_id)}.xml", "application/xml", content)


def statement_table(statement: Statement) -> bytes:
    """A statement as CSV (RFC 4180): the sums, the hash, and a line a commission that the payout was paid from."""
    request, buffer = statement.request, io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(("what", "id", "settled_at", "amount_minor", "currency"))
    sums = {"gross": request.amount_minor, "tax": request.tax_minor, "fee": request.fee_minor}
    sums |= {"net": request.net_minor, "netted": statement.netted_minor}
    public_id = to_public("por", request.id)
    for name, minor in sums.items():
        writer.writerow((name, public_id, "", minor, request.currency))
    for part in statement.accruals:
        accrual = to_public("acr", part.accrual_id)
        writer.writerow(("commission", accrual, to_text(part.settled_at), part.part_minor, request.currency))
    writer.writerow(("sha256", (statement.statement_hash or b"").hex(), "", "", ""))
    return buffer.getvalue().encode()


def _payer(settings: Settings) -> Payer:
    if settings.payer_name is None or settings.payer_iban is None:
        raise PayoutFileRefused(
            "no account to pay from is set up (SOCIALSHOP_PAYER_NAME, SOCIALSHOP_PAYER_IBAN); take csv", field="format"
        )
    return Payer(settings.payer_name, settings.payer_iban, settings.payer_bic)


def _transfer(item: BatchItem) -> Transfer:
    return Transfer(_key("por", item.request_id), item.net_minor, item.holder, item.account)


def _key(prefix: str, id_: uuid.UUID) -> str:
    """The public id as banks write one: the character set of SEPA has no underscore (EPC217-08)."""
    return to_public(prefix, id_).replace("_", "-")
