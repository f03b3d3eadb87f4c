"""Batches that a provider pays item by item: each once by its key, what is unknown asked for until it is known."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from socialshop.infra import wired
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.money import Money
from socialshop.payouts import service as payouts
from socialshop.payouts.errors import PayoutFileRefused, ResultConflict
from socialshop.payouts.rules import Channel
from socialshop.payouts.service import Outcome
from socialshop.payouts.transfers import SandboxTransfers
from tests.money_people import IBAN, account_of, earn, plain_members
from tests.payment_shop import rows
from tests.payout_audit import faults

HOLDERS = ("Lin", "Lin Timeout", "Lin Slow", "Lin Refused", "Lin Lost")


def released_to_a_provider(holders: tuple[str, ...] = HOLDERS) -> tuple[uuid.UUID, dict[str, uuid.UUID]]:
    """A released batch with a payout of 100 to an account of each holder; the requests by holder."""
    first, second, third = (one[0] for one in plain_members(3, "admin"))
    asked = {}
    for holder, (member, number) in zip(holders, plain_members(len(holders)), strict=True):
        earn(number, 100)
        account_of(member)

        def ask(uow: UnitOfWork, member: uuid.UUID = member, number: int = number, holder: str = holder) -> uuid.UUID:
            to = payouts.add_destination(uow, member, channel=Channel.BANK, holder=holder, account=IBAN).id
            made = payouts.submit(
                uow,
                member_id=member,
                member_number=number,
                destination_id=to,
                amount=Money(100, "CNY"),
                minimum_minor=1,
                cooldown=timedelta(),
            )
            payouts.approve(uow, actor=first, request_id=made.id)
            return made.id

        asked[holder] = in_unit_of_work(ask)
    made = in_unit_of_work(
        lambda uow: payouts.create_batch(uow, actor=second, channel=Channel.BANK, currency="CNY").batch.id
    )
    in_unit_of_work(lambda uow: payouts.release_batch(uow, actor=third, batch_id=made, by_provider={"bank"}))
    return made, asked


def standing(batch: uuid.UUID, asked: dict[str, uuid.UUID]) -> dict[str, tuple[str, str | None]]:
    items = {item.request_id: item for item in in_unit_of_work(lambda uow: payouts.show_batch(uow, batch)).items}
    return {holder: (items[id_].status, items[id_].transfer) for holder, id_ in asked.items()}


def test_a_provider_pays_each_once_and_what_is_unknown_is_polled(app: Flask, tmp_path: Path) -> None:
    # given a released batch, its keys written, and a provider that fails in every way
    batch, asked = released_to_a_provider()
    clock, provider = ManualClock(wired.clock().now()), {"bank": SandboxTransfers(tmp_path)}
    assert {transfer for _, transfer in standing(batch, asked).values()} == {"waiting"}
    # when it is asked, then each stands as the provider said, and nothing is guessed
    payouts.disburse(clock, provider)
    assert standing(batch, asked) == {
        "Lin": ("paid", "paid"),
        "Lin Timeout": ("batched", "unknown"),
        "Lin Slow": ("batched", "sent"),
        "Lin Refused": ("failed", "failed"),
        "Lin Lost": ("batched", "unknown"),
    }
    assert faults() == {}
    # while the provider has one, nobody tells its result, and no file pays it a second time
    admin = plain_members(1, "admin")[0][0]
    for outcome in ("paid", "failed"):
        said = [Outcome(asked["Lin Slow"], outcome, None)]
        with pytest.raises(ResultConflict, match="a provider pays"):
            in_unit_of_work(
                lambda uow, said=said: payouts.record_results(uow, actor=admin, batch_id=batch, outcomes=said)
            )
    with pytest.raises(PayoutFileRefused, match="would pay it twice"):
        in_unit_of_work(lambda uow: payouts.frozen_file(uow, actor=admin, batch_id=batch))
    # when their time comes, then the same keys are asked for again
    clock.advance(timedelta(minutes=2))
    in_unit_of_work(payouts.poll_transfers, clock)
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'TransfersDue'") == [(2,)]
    payouts.disburse(clock, provider)
    assert [standing(batch, asked)[holder][0] for holder in HOLDERS] == ["paid", "paid", "paid", "failed", "batched"]
    books = [json.loads(book.read_text(encoding="utf-8"))["amount_minor"] for book in tmp_path.glob("*.json")]
    assert books == [100, 100, 100]
    assert in_unit_of_work(payouts.count_unknown_transfers) == 1
    # what the provider never tells a person tells, with its word; then nobody asks any more
    said = [Outcome(asked["Lin Lost"], "paid", "letter of May 3")]
    in_unit_of_work(lambda uow: payouts.record_results(uow, actor=admin, batch_id=batch, outcomes=said))
    clock.advance(timedelta(days=1))
    in_unit_of_work(payouts.poll_transfers, clock)
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'TransfersDue'") == [(2,)]
    assert in_unit_of_work(payouts.count_unknown_transfers) == 0
    assert in_unit_of_work(lambda uow: payouts.show_batch(uow, batch)).batch.status == "settled"
    assert faults() == {}
