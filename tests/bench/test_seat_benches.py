"""The benches of the seat run and say what they should, at a size that takes a moment. No timing is judged."""

from __future__ import annotations

import pytest
from flask import Flask

from socialshop.bench import seat, watch


def test_claims_are_measured_on_both_sides(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SEAT_CLIENTS": 2, "CLAIMS_EACH": 4, "ROUNDS": 1}.items():
        monkeypatch.setattr(seat, name, value)
    figures = seat.seat(app)
    assert (figures["claims_a_side"], figures["statements_a_claim"]) == (8, 8)
    assert figures["ratio"] == pytest.approx(figures["http_per_s"] / figures["pgbench_per_s"], abs=0.02)


def test_the_last_seat_has_one_winner(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat, "LAST_SEAT_JOINS", 40)
    monkeypatch.setattr(seat, "LAST_SEAT_CLIENTS", 8)
    figures = seat.last_seat(app)
    assert figures["statuses"] == {"201": 1, "409": 39}
    # The host's and the winner's.
    assert figures["seats_taken"] == 2


@pytest.mark.long
def test_a_whole_join_ends_in_confirmed_orders(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat, "JOINS", 2)
    monkeypatch.setattr(seat, "JOIN_CLIENTS", (1, 2))
    figures = seat.join(app)
    assert figures["1_clients"]["joins_per_s"] > 0
    assert figures["2_clients"]["joins_per_s"] > 0


@pytest.mark.long
def test_every_watcher_is_told_of_every_change(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WATCHERS": 12, "CHANGES": 3, "MANY_ROOMS": 4}.items():
        monkeypatch.setattr(watch, name, value)
    figures = watch.watch(app)
    assert (figures["one_room"]["changes"], figures["one_room"]["told"]) == (3, 36)
    assert (figures["many_rooms"]["changes"], figures["many_rooms"]["told"]) == (4, 12)
