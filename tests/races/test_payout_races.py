"""Payouts when everybody is at it at once. Rows and books are audited (tests/payout_audit.py), never answers alone."""

from __future__ import annotations

import os
import signal
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from forked import Forked
from patience import PATIENCE
from payout_program import disburse, take_results
from sqlalchemy import text

from socialshop.app import create_app
from socialshop.infra import redis
from socialshop.infra.db import db
from socialshop.infra.settings import Settings
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import new_id
from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.notifications.reasons import PayoutReason
from socialshop.payouts import service as payouts
from socialshop.payouts.rules import Channel
from socialshop.payouts.service import Outcome
from socialshop.payouts.service.requesting import ledger as requesting_ledger
from tests.integration.test_disbursement import released_to_a_provider
from tests.money_people import account_of, earn, plain_members, wallet_of
from tests.payout_audit import faults

THREADS = 32
Somebody = tuple[uuid.UUID, int]


@pytest.fixture
def shop(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Flask]:
    """A shop whose threads wait for each other, not for a connection."""
    settings = Settings(
        environment="test",
        database_url=database_url,
        redis_url=redis_url,
        secret_key="test-only",
        database_pool=THREADS,
        data_dir=tmp_path,
    )
    application = create_app(settings)
    with application.app_context():
        yield application
        redis.client().close()
        db.session.remove()
        db.engine.dispose()


def at_once(shop: Flask, *works: Callable[[UnitOfWork], object]) -> list[object]:
    """Run each in a thread and a unit of work of its own, all begun together; what each returned, or its refusal."""
    gate = Barrier(len(works))

    def run(work: Callable[[UnitOfWork], object]) -> object:
        with shop.app_context():
            gate.wait(PATIENCE)
            try:
                return in_unit_of_work(work)
            except DomainError as refused:
                return refused.code

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def done(work: Callable[[UnitOfWork], object]) -> object:
    return in_unit_of_work(work)


def rich(amount: int = 1000) -> Somebody:
    (person,) = plain_members(1)
    earn(person[1], amount)
    return person


def destination(person: Somebody) -> uuid.UUID:
    return account_of(person[0])


def submission(person: Somebody, to: uuid.UUID, amount: int) -> Callable[[UnitOfWork], uuid.UUID]:
    return lambda uow: (
        payouts.submit(
            uow,
            member_id=person[0],
            member_number=person[1],
            destination_id=to,
            amount=Money(amount, "CNY"),
            minimum_minor=1,
            cooldown=timedelta(),
        ).id
    )


def asked(person: Somebody, *amounts: int) -> list[uuid.UUID]:
    to = destination(person)
    return [in_unit_of_work(submission(person, to, amount)) for amount in amounts]


def approval(admin: Somebody, request: uuid.UUID) -> Callable[[UnitOfWork], str]:
    return lambda uow: payouts.approve(uow, actor=admin[0], request_id=request).status


def batching(admin: Somebody) -> Callable[[UnitOfWork], uuid.UUID]:
    return lambda uow: payouts.create_batch(uow, actor=admin[0], channel=Channel.BANK, currency="CNY").batch.id


def releasing(admin: Somebody, batch: uuid.UUID) -> Callable[[UnitOfWork], str]:
    return lambda uow: payouts.release_batch(uow, actor=admin[0], batch_id=batch).batch.status


def results(
    admin: Somebody, batch: uuid.UUID, requests: Sequence[uuid.UUID], outcome: str
) -> Callable[[UnitOfWork], str]:
    outcomes = [Outcome(request, outcome, None) for request in requests]
    return lambda uow: payouts.record_results(uow, actor=admin[0], batch_id=batch, outcomes=outcomes).batch.status


def released(requests: Sequence[uuid.UUID]) -> tuple[uuid.UUID, Somebody]:
    first, second, third = plain_members(3, "admin")
    for request in requests:
        done(approval(first, request))
    batch = in_unit_of_work(batching(second))
    done(releasing(third, batch))
    return batch, third


def rows(query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in in_unit_of_work(lambda uow: uow.session.execute(text(query)).all())]


def test_one_balance_pays_no_more_requests_than_it_covers(shop: Flask) -> None:
    person = rich(1000)
    to = destination(person)
    answers = at_once(shop, *[submission(person, to, 400)] * THREADS)
    assert Counter(isinstance(answer, uuid.UUID) for answer in answers) == {True: 2, False: THREADS - 2}
    assert set(answers) - {a for a in answers if isinstance(a, uuid.UUID)} == {"insufficient_balance"}
    assert wallet_of(person[1])[:3] == (0, 200, 800)
    assert rows("SELECT count(*), sum(amount_minor) FROM payout_requests") == [(2, 800)]
    assert faults() == {}


def test_the_audit_sees_a_balance_that_is_read_and_then_believed(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: look at the wallet, then write; as many shops do it."""
    person = rich(1000)
    to = destination(person)
    gate = Barrier(4)

    def look_then_write(uow: UnitOfWork, _entries: object) -> None:
        asked_for = uow.session.execute(text("SELECT coalesce(sum(amount_minor), 0) FROM payout_requests")).scalar_one()
        gate.wait(PATIENCE)
        assert asked_for <= ledger.wallet(uow, person[1], "CNY").available

    monkeypatch.setattr(requesting_ledger, "post", look_then_write)
    at_once(shop, *[submission(person, to, 400)] * 4)
    assert {"more was asked for than was earned", "reserved is not what open requests ask for"} <= set(faults())


def test_thirty_two_approvals_at_once_are_one(shop: Flask) -> None:
    (request,) = asked(rich(), 600)
    admins = plain_members(THREADS, "admin")
    assert set(at_once(shop, *(approval(admin, request) for admin in admins))) == {"approved"}
    assert rows("SELECT decision FROM payout_decisions") == [("approved",)]
    assert faults() == {}


def test_batches_made_at_once_share_no_request(shop: Flask) -> None:
    requests = asked(rich(40_000), *range(101, 141))
    admins = plain_members(9, "admin")
    for request in requests:
        done(approval(admins[0], request))
    made = at_once(shop, *(batching(admin) for admin in admins[1:]))
    assert all(isinstance(one, uuid.UUID) or one == "nothing_to_pay" for one in made)
    assert rows("SELECT sum(item_count), sum(total_minor) FROM payout_batches") == [(40, sum(range(101, 141)))]
    assert faults() == {}


def test_results_told_at_once_have_one_effect(shop: Flask) -> None:
    requests = asked(rich(3000), 500, 600, 700)
    batch, admin = released(requests)
    assert set(at_once(shop, *[results(admin, batch, requests, "paid")] * 8)) == {"settled"}
    assert rows("SELECT count(*) FROM ledger_entries WHERE kind = 'payout_paid'") == [(3,)]
    assert faults() == {}


def test_of_opposite_results_told_at_once_one_stands(shop: Flask) -> None:
    person = rich(10_000)
    for request in asked(person, *[500] * 10):
        batch, admin = released([request])
        answers = at_once(shop, results(admin, batch, [request], "paid"), results(admin, batch, [request], "failed"))
        assert sorted(map(str, answers)) == ["result_conflict", "settled"]
    assert faults() == {}


def test_one_members_requests_paid_from_many_batches_at_once_take_each_commission_once(shop: Flask) -> None:
    (person,) = plain_members(1)
    earn(person[1], *[70] * 40)
    batches = [(released([request]), request) for request in asked(person, *[333] * 8)]
    works = [results(admin, batch, [request], "paid") for (batch, admin), request in batches]
    assert set(at_once(shop, *works)) == {"settled"}
    assert rows("SELECT status, count(*) FROM accruals GROUP BY 1 ORDER BY 1") == [("paid_out", 38), ("settled", 2)]
    assert faults() == {}


def test_approve_against_cancel_ends_in_one_of_the_two(shop: Flask) -> None:
    person = rich(20_000)
    (admin,) = plain_members(1, "admin")
    seen: Counter[str] = Counter()
    for request in asked(person, *[100] * 20):
        at_once(shop, approval(admin, request), lambda uow, r=request: payouts.cancel(uow, person[0], r))
        seen[str(rows(f"SELECT status FROM payout_requests WHERE id = '{request}'")[0][0])] += 1
    assert set(seen) <= {"approved", "cancelled"}
    assert wallet_of(person[1]).reserved == 100 * seen["approved"]
    assert faults() == {}


def test_reject_against_batch_ends_in_one_of_the_two(shop: Flask) -> None:
    person = rich(20_000)
    first, second, third = plain_members(3, "admin")
    for request in asked(person, *[100] * 10):
        done(approval(first, request))
        rejecting = lambda uow, r=request: payouts.reject(uow, actor=third[0], request_id=r, reason=PayoutReason.OTHER)  # noqa: E731
        at_once(shop, rejecting, batching(second))
    assert {row[0] for row in rows("SELECT DISTINCT status FROM payout_requests")} <= {"rejected", "batched"}
    assert faults() == {}


def test_two_who_release_at_once_are_one_release(shop: Flask) -> None:
    requests = asked(rich(), 600)
    first, *others = plain_members(9, "admin")
    done(approval(first, requests[0]))
    batch = in_unit_of_work(batching(first))
    answers = at_once(shop, releasing(first, batch), *(releasing(admin, batch) for admin in others))
    assert answers == ["released_by_approver", *["released"] * 8]
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'payout_batch.released'") == [(1,)]
    assert faults() == {}


@pytest.mark.parametrize("point", ["payouts.ended", "payouts.posted"])
def test_killed_while_results_are_taken_all_of_them_are_there_or_none(
    shop: Flask, database_url: str, redis_url: str, tmp_path: Path, point: str
) -> None:
    requests = asked(rich(2000), 500, 600, 700)
    batch, admin = released(requests)
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SOCIALSHOP_ENVIRONMENT": "test",
        "SOCIALSHOP_DATA_DIR": str(tmp_path),
    }
    told = [str(admin[0]), str(batch), *map(str, requests)]
    doomed = Forked(take_results, *told, environment={**environment, "SOCIALSHOP_CRASH_AT": point})
    assert doomed.wait(PATIENCE) == -signal.SIGKILL
    assert rows("SELECT DISTINCT status FROM payout_requests") == [("batched",)]
    assert faults() == {}
    assert Forked(take_results, *told, environment=environment).wait(PATIENCE) == 0
    assert rows("SELECT status, count(*) FROM payout_requests GROUP BY 1 ORDER BY 1") == [("failed", 2), ("paid", 1)]
    assert faults() == {}


@pytest.mark.parametrize(
    "point",
    [
        "disbursements.called:3",
        *(
            pytest.param(f"{name}:{visit}", marks=pytest.mark.long)
            for name in ("disbursements.call_intended", "disbursements.called", "disbursements.recorded")
            for visit in (1, 2, 5)
        ),
        *(pytest.param(name, marks=pytest.mark.long) for name in ("payouts.ended", "payouts.posted")),
    ],
)
def test_killed_while_a_provider_pays_each_is_paid_once(
    shop: Flask, database_url: str, redis_url: str, tmp_path: Path, point: str
) -> None:
    """The provider's own books are counted: a file a key."""
    batch, _asked = released_to_a_provider(("Lin", "Lin Timeout", "Chen", "Lin Slow", "Bo", "An"))
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SOCIALSHOP_ENVIRONMENT": "test",
        "SOCIALSHOP_DATA_DIR": str(tmp_path),
        "SOCIALSHOP_PAYOUT_SANDBOX_CHANNELS": "bank",
    }
    doomed = Forked(disburse, environment={**environment, "SOCIALSHOP_CRASH_AT": point})
    assert doomed.wait(PATIENCE) == -signal.SIGKILL
    assert faults() == {}
    for _ in range(3):
        done(lambda uow: uow.session.execute(text("UPDATE payout_transfers SET due_at = now() WHERE due_at > now()")))
        assert Forked(disburse, environment=environment).wait(PATIENCE) == 0
    assert rows("SELECT status, count(*) FROM payout_requests GROUP BY 1") == [("paid", 6)]
    assert in_unit_of_work(lambda uow: payouts.show_batch(uow, batch)).batch.status == "settled"
    assert len(list((tmp_path / "sandbox-payouts").glob("*.json"))) == 6
    assert faults() == {}


def test_the_audit_sees_a_request_of_nobodys_money(shop: Flask) -> None:
    """The planted fault: a row without its entry."""
    person = rich()
    to = destination(person)
    in_unit_of_work(
        lambda uow: uow.session.execute(
            text(
                "INSERT INTO payout_requests (id, member_id, member_number, destination_id, channel, amount_minor,"
                " currency, submitted_at) VALUES (:id, :member, :number, :to, 'bank', 5, 'CNY', now())"
            ),
            {"id": new_id(), "member": person[0], "number": person[1], "to": to},
        )
    )
    assert set(faults()) == {
        "reserved is not what open requests ask for",
        "a request's entries are not those of its status",
        "what happened and what was recorded differ",
    }
