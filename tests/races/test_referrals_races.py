"""Corrections of sponsors at once: cycles never appear, and the guard is seen to be what prevents them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import numpy as np
import pytest
from flask import Flask
from patience import PATIENCE
from sqlalchemy import text

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.referrals import service as referrals
from socialshop.referrals.tree import TOP, on_cycles

MEMBERS = 8
ROUNDS = 6


def _grow(count: int) -> None:
    """Members 1 … count, all at the top."""
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO members (id, number, joined_at)"
                " SELECT gen_random_uuid(), n, '2026-01-01Z' FROM generate_series(1, :n) n"
            ),
            {"n": count},
        )
        zeros = np.zeros(count, dtype=np.int64)
        referrals.place_many(uow, numbers=np.arange(1, count + 1), sponsors=zeros, placed_at=zeros)


def _at_once(app: Flask, works: list[Callable[[UnitOfWork], object]]) -> None:
    """Run each in a thread and a unit of work of its own, all starting together; refusals are fine."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[UnitOfWork], object]) -> None:
        with app.app_context():
            gate.wait()
            try:
                in_unit_of_work(work)
            except DomainError:
                return

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _correction(member: int, sponsor: int) -> Callable[[UnitOfWork], object]:
    return lambda uow: referrals.correct_sponsor(
        uow, member_number=member, new_sponsor=sponsor, reason="race", by="test"
    )


def _parents() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    with unit_of_work() as uow:
        found = referrals.forest_columns(uow)
    return np.where(found.sponsor == 0, TOP, found.sponsor - 1)


def _kept_uplines() -> dict[int, list[int]]:
    with unit_of_work() as uow:
        found = referrals.uplines_of(uow, range(1, 200))
    return dict(zip(found.members, found.uplines, strict=True))


def _walked() -> dict[int, list[int]]:
    parent = _parents().tolist()
    walks = {}
    for member in range(len(parent)):
        path, at = [], parent[member]
        while at != TOP:
            path.append(at + 1)
            at = parent[at]
        walks[member + 1] = path[:8]
    return walks


def test_corrections_at_once_never_close_a_cycle(app: Flask) -> None:
    _grow(MEMBERS)
    chance = random.Random(7)
    for _ in range(ROUNDS):
        pairs = [chance.sample(range(1, MEMBERS + 1), 2) for _ in range(6)]
        _at_once(app, [_correction(a, b) for a, b in pairs])
        assert not on_cycles(_parents()).any()
        assert _kept_uplines() == _walked()
    _told_without_a_gap()


def _told_without_a_gap() -> None:
    """Each correction of a member begins with the sponsor that the one before left, and the last with today's."""
    with unit_of_work() as uow:
        corrected = uow.session.execute(
            text("SELECT member_number, from_sponsor, to_sponsor FROM sponsor_corrections ORDER BY id")
        ).all()
        now = {place: sponsor or None for place, sponsor in zip(*referrals.forest_columns(uow)[:2], strict=True)}
    assert corrected
    sponsor_of: dict[int, int | None] = {}
    for member, before, after in corrected:
        assert sponsor_of.get(member) == before
        sponsor_of[member] = after
    assert {member: now[member] for member in sponsor_of} == sponsor_of


def test_members_placed_during_a_correction_get_the_uplines_that_stand_after_it(app: Flask) -> None:
    _grow(4)
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO members (id, number, joined_at)"
                " SELECT gen_random_uuid(), n, '2026-01-01Z' FROM generate_series(5, 14) n"
            )
        )

    def placing(number: int) -> Callable[[UnitOfWork], object]:
        return lambda uow: referrals.place(uow, member_number=number, sponsor=4, placed_at=uow.now)

    placings = [placing(number) for number in range(5, 15)]
    _at_once(app, [*placings[:5], _correction(4, 3), _correction(3, 2), *placings[5:]])
    assert _kept_uplines() == _walked()
    assert len(_walked()) == 14


def test_without_the_lock_two_corrections_do_close_a_cycle(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: 1 under 2 and 2 under 1, each checked before the other has moved, both moved before a commit.

    Whoever moved after the other's commit would walk round the cycle without an end.
    """
    _grow(2)
    monkeypatch.setattr(referrals, "advisory_lock", lambda *args, **kwargs: True)
    both_checked, both_moved = (threading.Barrier(2, timeout=PATIENCE) for _ in range(2))
    checked = referrals._refuse_cycle

    def check_and_wait(*args: object) -> None:
        checked(*args)  # type: ignore[arg-type]
        both_checked.wait()

    def moved(correct: Callable[[UnitOfWork], object]) -> Callable[[UnitOfWork], object]:
        return lambda uow: (correct(uow), both_moved.wait())

    monkeypatch.setattr(referrals, "_refuse_cycle", check_and_wait)
    _at_once(app, [moved(_correction(1, 2)), moved(_correction(2, 1))])
    assert on_cycles(_parents()).all()
