"""The audit record: what was done stands if and only if its deed stands, and nobody changes it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import psycopg
import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from socialshop.audit import service as audit
from socialshop.commissions.plan import read_plan
from socialshop.commissions.service import publish_plan
from socialshop.identity import service as identity
from socialshop.identity.service import NewMember
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.referrals import service as referrals

MINA = uuid.UUID("01890000-0000-7000-8000-00000000000a")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_what_was_recorded_is_read_back_as_it_was_said(app: Flask) -> None:
    facts = {
        "amount_minor": 10**15,
        "reason": '退货 "x"\n',
        "ids": [MINA],
        "at": NOON,
        "was": {"held": None, "by": True},
    }
    with unit_of_work(ManualClock(NOON)) as uow:
        audit.record(uow, actor=MINA, action="payout.approved", target="pay_1", facts=facts)
        audit.record(uow, actor=None, action="plan.published", target="plan_1", facts={})
    with unit_of_work() as uow:
        (found,) = audit.history(uow, ["pay_1", "pay_2"])
        assert len(audit.history(uow, ["pay_1", "plan_1"])) == 2
    assert (found.recorded_at, found.actor, found.action, found.target) == (NOON, MINA, "payout.approved", "pay_1")
    assert found.facts == {
        "amount_minor": 10**15,
        "reason": '退货 "x"\n',
        "ids": [str(MINA)],
        "at": "2026-03-01T12:00:00Z",
        "was": {"held": None, "by": True},
    }


def test_what_did_not_happen_is_not_recorded(app: Flask) -> None:
    def approve_and_fail() -> None:
        with unit_of_work() as uow:
            audit.record(uow, actor=MINA, action="payout.approved", target="pay_1", facts={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        approve_and_fail()
    with unit_of_work() as uow:
        assert audit.history(uow, ["pay_1"]) == []


@pytest.mark.parametrize(
    ("action", "target", "facts", "error"),
    [
        ("approved", "pay_1", {}, ValueError),
        ("payout.Approved", "pay_1", {}, ValueError),
        ("payout.approved", "pay 1", {}, ValueError),
        ("payout.approved", "", {}, ValueError),
        ("payout.approved", "pay_1", {"rate": 0.5}, TypeError),
        ("payout.approved", "pay_1", {"bytes": b""}, TypeError),
    ],
)
def test_what_has_no_one_spelling_is_refused(
    app: Flask, action: str, target: str, facts: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error), unit_of_work() as uow:
        audit.record(uow, actor=None, action=action, target=target, facts=facts)


@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("audit_entries", "action = 'x.y'"),
        ("audit_blocks", "entry_count = 1"),
        ("audit_block_entries", "block_number = 1"),
    ],
)
def test_nobody_changes_it(app: Flask, database_url: str, statement: str, table: str, change: str) -> None:
    forged = statement.format(table, change)
    with pytest.raises(DBAPIError, match="permission denied"), unit_of_work() as uow:
        uow.session.execute(text(forged))
    engine = create_engine(database_url, poolclass=NullPool)
    with pytest.raises(DBAPIError) as caught, engine.begin() as connection:
        connection.execute(text(forged))
    engine.dispose()
    assert isinstance(caught.value.orig, psycopg.errors.RestrictViolation)


def test_publishing_a_plan_is_recorded_once(app: Flask) -> None:
    plan = {
        "name": "standard",
        "currency": "CNY",
        "hold_days": 7,
        "legs": [{"kind": "sale", "level": 1, "rate_bps": 500}],
    }
    for _ in range(2):
        with unit_of_work(ManualClock(NOON)) as uow:
            published = publish_plan(
                uow, read_plan(json.dumps(plan).encode()), country="CN", effective_at=NOON, actor=MINA
            )
    with unit_of_work() as uow:
        (found,) = audit.history(uow, [to_public("plan", published.plan_id)])
    assert (found.actor, found.action) == (MINA, "plan.published")
    assert found.facts == {
        "version": 1,
        "currency": "CNY",
        "effective_at": "2026-03-01T12:00:00Z",
        "document_hash": published.document_hash.hex(),
        "findings": [],
        "sign_off": None,
    }


def test_correcting_a_sponsor_is_recorded(app: Flask) -> None:
    with unit_of_work(ManualClock(NOON)) as uow:
        people = [identity.add_member(uow, NewMember(f"m{n}@example.com", "correct horse", f"m{n}")) for n in range(3)]
        for person, sponsor in zip(people, (None, people[0].number, None), strict=True):
            referrals.place(uow, member_number=person.number, sponsor=sponsor, placed_at=uow.now)
        referrals.correct_sponsor(
            uow,
            member_number=people[1].number,
            new_sponsor=people[2].number,
            reason="typed wrong",
            by="mbr_x",
            actor=MINA,
        )
        (found,) = audit.history(uow, [f"member:{people[1].number}"])
    assert (found.actor, found.action) == (MINA, "sponsor.corrected")
    assert found.facts == {"from": people[0].number, "to": people[2].number, "reason": "typed wrong", "by": "mbr_x"}
