"""A payment only moves forward, by declared steps, whatever old news is told about it."""

from __future__ import annotations

import itertools

import pytest

from socialshop.payments.rules import AT_REST, PAYABLE, TRANSITIONS, Status, path, status_of

C, F, A, R, T, B = (
    Status.CREATED,
    Status.FAILED,
    Status.AUTHORIZED,
    Status.RELEASED,
    Status.CAPTURED,
    Status.REFUNDED,
)


@pytest.mark.parametrize("at", Status)
@pytest.mark.parametrize("told", Status)
def test_every_step_of_every_way_is_declared(at: Status, told: Status) -> None:
    ways = [at, *path(at, told)]
    assert set(itertools.pairwise(ways)) <= TRANSITIONS


@pytest.mark.parametrize(
    ("at", "told", "steps"),
    [
        (C, A, (A,)),
        (C, T, (A, T)),
        (F, T, (A, T)),
        (A, T, (T,)),
        (C, R, (R,)),
        (F, A, (A,)),
        (T, B, (B,)),
        (A, A, ()),
        (A, F, ()),
        (A, C, ()),
        (T, A, ()),
        (T, R, ()),
        (R, A, ()),
        (R, T, ()),
        (B, T, ()),
    ],
)
def test_missed_steps_are_taken_and_old_news_is_not(at: Status, told: Status, steps: tuple[Status, ...]) -> None:
    assert path(at, told) == steps


def test_from_rest_only_a_refund_leads_on() -> None:
    assert {pair for pair in TRANSITIONS if pair[0] in AT_REST} == {(T, B)}
    assert frozenset({C, F}) == PAYABLE


@pytest.mark.parametrize(
    ("status", "captured", "refunded", "expected"),
    [(T, 100, 0, T), (T, 100, 99, T), (T, 100, 100, B), (A, 0, 0, A), (R, 0, 0, R)],
)
def test_a_payment_is_refunded_when_all_of_it_went_back(
    status: Status, captured: int, refunded: int, expected: Status
) -> None:
    assert status_of(status, captured, refunded) is expected
