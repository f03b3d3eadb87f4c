"""`jobs list` and `jobs retry`: what waits for a person, and the way back for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sample_sales import LONG_AGO, Sale, a_plan, confirmed, place, sell
from sqlalchemy import text

from socialshop.cli import main
from socialshop.commissions import service as commissions
from socialshop.infra.outbox import Event
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from workers import handlers
from workers.handlers import Handler, Payload

Call = Callable[..., Result]


class KettleBoiled(Event):
    """A fact without fields."""


class Kitchen:
    def __init__(self) -> None:
        self.broken, self.made = True, 0

    def make(self, _uow: UnitOfWork, payloads: Sequence[Payload]) -> None:
        if self.broken:
            raise ValueError("the kettle leaks")
        self.made += len(payloads)


@pytest.fixture
def kitchen(monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    found = Kitchen()
    table = (*handlers.HANDLERS, Handler("make_tea", "KettleBoiled", found.make, batch=10))
    monkeypatch.setattr(handlers, "HANDLERS", table)
    return found


@pytest.fixture
def call(app: Flask, database_url: str, redis_url: str) -> Call:
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SOCIALSHOP_SECRET_KEY": "test-only",
        "SOCIALSHOP_DELIVERY_ATTEMPTS": "1",
    }
    return lambda *arguments: CliRunner(env=environment).invoke(main, ["jobs", *arguments], prog_name="socialshop")


def _given_up() -> int:
    """A delivery that its handler failed at to the end; its number."""
    with unit_of_work() as uow:
        uow.emit(KettleBoiled())
    with unit_of_work() as uow:
        statement = text(
            "WITH relayed AS (UPDATE outbox_events SET relayed_at = now() WHERE name = 'KettleBoiled' RETURNING id)"
            " INSERT INTO outbox_deliveries (event_id, handler, state, attempts, due_at, last_error)"
            " SELECT id, 'make_tea', 'dead', 1, now(), 'ValueError: the kettle leaks' FROM relayed RETURNING id"
        )
        return int(uow.session.execute(statement).scalar_one())


def _set_aside() -> str:
    """An accrual that the books refused to settle, for somebody emptied what its member has pending."""
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1})
        plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 800}, hold_days=0)
        commissions.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO)
        orders = sell(uow, [Sale(buyer=2)])
    with unit_of_work() as uow:
        commissions.accrue_orders(uow, confirmed(*orders))
    _move_pending(-1)
    with unit_of_work() as uow:
        assert commissions.settle_due(uow, uow.now) == 0
        (accrual,) = commissions.set_aside_accruals(uow)
    return to_public("acr", accrual.accrual_id)


def _move_pending(sign: int) -> None:
    with unit_of_work() as uow:
        amount = sign * ledger.wallet(uow, 1, "CNY").pending or 800
        entry = Entry(
            f"mistake:{sign}",
            "mistake",
            (Posting("member:1:pending", amount, "CNY"), Posting("shop:commission_expense", -amount, "CNY")),
        )
        ledger.post(uow, [entry])


def _actions() -> list[tuple[str, str]]:
    def read(uow: UnitOfWork) -> list[tuple[str, str]]:
        rows = uow.session.execute(text("SELECT action, target FROM audit_entries ORDER BY id"))
        return [(action, target) for action, target in rows]

    return in_unit_of_work(read)


def test_nothing_waits_in_a_shop_where_all_is_well(call: Call) -> None:
    assert call("list").stdout == "nothing was given up or set aside\n"
    assert call("list", "--json").stdout == "[]\n"
    assert call("retry", "--all").stdout == "0 put back, 0 done\n"


def test_what_was_given_up_is_listed_with_its_reason_and_done_when_put_back(call: Call, kitchen: Kitchen) -> None:
    number = _given_up()
    (row,) = json.loads(call("list", "--json").stdout)
    assert (row["id"], row["what"], row["reason"]) == (
        str(number),
        "make_tea of KettleBoiled",
        "ValueError: the kettle leaks",
    )
    kitchen.broken = False
    done = call("retry", str(number))
    assert (done.exit_code, done.stdout) == (0, "1 put back, 1 done\n"), done.stderr
    assert kitchen.made == 1
    assert call("list", "--json").stdout == "[]\n"
    assert _actions() == [("delivery.put_back", f"delivery:{number}")]


def test_what_fails_again_is_exit_1_and_stands_in_the_list(call: Call, kitchen: Kitchen) -> None:
    number = _given_up()
    refused = call("retry", "--all")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1] == (f"socialshop: refused again: {number} (`socialshop jobs list` says why)")
    assert kitchen.made == 0
    assert len(json.loads(call("list", "--json").stdout)) == 1


def test_an_accrual_set_aside_is_listed_and_settles_once_its_fault_is_put_right(call: Call) -> None:
    accrual = _set_aside()
    said = call("list").stdout
    assert said.startswith(f"{accrual}  settlement of ")
    assert said.endswith(": the balance of member:1:pending does not cover it\n")
    assert call("retry", accrual).exit_code == 1
    _move_pending(1)
    done = call("retry", accrual)
    assert (done.exit_code, done.stdout) == (0, "1 put back, 1 done\n"), done.stderr
    with unit_of_work() as uow:
        assert ledger.wallet(uow, 1, "CNY").available == 800
        assert commissions.count_set_aside(uow) == 0
    assert _actions()[1:] == [("accrual.put_back", accrual)] * 2


@pytest.mark.parametrize("arguments", [[], ["--all", "7"]])
def test_ids_or_all_must_be_said_and_not_both(call: Call, arguments: list[str]) -> None:
    refused = call("retry", *arguments)
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize("unknown", ["7", "acr_01k9w3q2mxe5tb6v8c4yd7r1hz", "tea"])
def test_what_does_not_wait_is_refused_by_name_and_nothing_is_put_back(
    call: Call, kitchen: Kitchen, unknown: str
) -> None:
    number = _given_up()
    refused = call("retry", str(number), unknown)
    assert refused.exit_code == 1
    assert refused.stderr == f"socialshop: neither given up nor set aside: {unknown}\n"
    assert len(json.loads(call("list", "--json").stdout)) == 1
    assert kitchen.made == 0
