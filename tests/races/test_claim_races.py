"""Reviewers at the same cases: a case is one reviewer's, a payout is approved once, whatever comes at once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text

from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.payouts import service as payouts
from socialshop.payouts.service import moving
from socialshop.payouts.store import claims
from socialshop.payouts.store import requests as request_store
from tests.at_once import together
from tests.money_people import plain_members
from tests.payout_audit import faults
from tests.races.test_payout_races import THREADS, Somebody, approval, asked, at_once, rich, rows, shop

__all__ = ["shop"]


def claiming(admin: Somebody, request: uuid.UUID) -> Callable[[UnitOfWork], str]:
    return lambda uow: str(payouts.claim_case(uow, actor=admin[0], request_id=request).claimed_by)


def test_of_many_who_claim_a_case_at_once_one_has_it(shop: Flask) -> None:
    (request,) = asked(rich(), 600)
    admins = plain_members(THREADS, "admin")
    ended = Counter(map(str, at_once(shop, *(claiming(admin, request) for admin in admins))))
    assert ended.pop("case_claimed") == THREADS - 1
    ((owner, times),) = ended.items()
    assert times == 1
    assert rows("SELECT claimed_by::text FROM payout_claims") == [(owner,)]
    # and nobody else decides, however many try
    others = [admin for admin in admins if str(admin[0]) != owner]
    assert set(at_once(shop, *(approval(admin, request) for admin in others))) == {"case_claimed"}
    assert rows("SELECT status FROM payout_requests") == [("submitted",)]
    assert rows("SELECT count(*) FROM payout_decisions") == [(0,)]


def test_a_claim_that_is_looked_at_and_then_written_is_had_by_two(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: read who has the case, then write; as many desks do it."""
    (request,) = asked(rich(), 600)
    admins = plain_members(2, "admin")
    look = together(claims.standing)

    def naive(session: object, request_id: uuid.UUID, actor: uuid.UUID, *, until: object, now: object) -> bool:
        if look(session, request_id, now) is not None:
            return False
        session.execute(  # type: ignore[attr-defined]
            text(
                "INSERT INTO payout_claims VALUES (:id, :actor, :until)"
                " ON CONFLICT (request_id) DO UPDATE SET claimed_by = :actor"
            ),
            {"id": request_id, "actor": actor, "until": until},
        )
        return True

    monkeypatch.setattr(claims, "claim", naive)
    ended = at_once(shop, *(claiming(admin, request) for admin in admins))
    assert set(map(str, ended)) <= {str(admin[0]) for admin in admins}
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'payout.claimed'") == [(2,)]


def test_a_claim_against_a_decision_ends_in_one_order_of_the_two(shop: Flask) -> None:
    first, second = plain_members(2, "admin")
    seen: Counter[tuple[str, str]] = Counter()
    for request in asked(rich(20_000), *[100] * 10):
        claimed, decided = map(str, at_once(shop, claiming(first, request), approval(second, request)))
        seen[claimed if claimed == "payout_not_open" else "claimed", decided] += 1
    # Who claims what is approved has it, to hold or refuse it after all; the claim never stands beside a decision that
    # came after it.
    assert set(seen) <= {("claimed", "approved"), ("claimed", "case_claimed")}
    late = """
        SELECT count(*) FROM payout_claims c JOIN payout_decisions d ON d.request_id = c.request_id
        JOIN audit_entries e ON e.action = 'payout.claimed' AND e.target = public_id('por', c.request_id)
        JOIN audit_entries f ON f.action = 'payout.approved' AND f.target = e.target WHERE f.id > e.id
    """
    assert rows(late) == [(0,)]
    assert faults() == {}


def approve_at_once(shop: Flask, request: uuid.UUID, times: int) -> Counter[str]:
    """So many approvals of one request by 32 admins, each in a unit of work of its own; how they ended."""
    admins = plain_members(THREADS, "admin")

    def run(number: int) -> str:
        with shop.app_context():
            try:
                return in_unit_of_work(approval(admins[number % THREADS], request))
            except DomainError as refused:
                return refused.code

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(run, range(times)))


@pytest.mark.parametrize("times", [100, pytest.param(1_000, marks=pytest.mark.long)])
def test_however_many_approve_a_payout_at_once_it_is_one_payout(shop: Flask, times: int) -> None:
    (request,) = asked(rich(), 600)
    assert approve_at_once(shop, request, times) == {"approved": times}
    assert rows("SELECT decision FROM payout_decisions") == [("approved",)]
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'payout.approved'") == [(1,)]
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'PayoutDecided'") == [(1,)]
    (maker,) = plain_members(1, "admin")
    batch = in_unit_of_work(lambda uow: payouts.create_batch(uow, actor=maker[0], channel="bank", currency="CNY"))
    assert (batch.batch.item_count, batch.batch.total_minor) == (1, 600)
    assert faults() == {}


def test_an_approval_that_looks_first_and_then_writes_is_several(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the status is read, found good by all, and moved without asking again."""
    (request,) = asked(rich(), 600)
    admins = plain_members(4, "admin")
    monkeypatch.setattr("socialshop.payouts.service.reviewing.found", together(moving.found, 4))
    monkeypatch.setattr(request_store, "move", lambda *_, **__: True)
    at_once(shop, *(approval(admin, request) for admin in admins))
    assert rows("SELECT count(*) FROM payout_decisions") == [(4,)]
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'PayoutDecided'") == [(4,)]
