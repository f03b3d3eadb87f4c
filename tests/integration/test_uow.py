"""The unit of work commits all or nothing, and only once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from room_shop import statements
from sqlalchemy import text

from socialshop.infra.outbox import Event
from socialshop.infra.uow import unit_of_work


@dataclass(frozen=True, slots=True)
class TeaPoured(Event):
    cups: int


def _events() -> list[tuple[str, dict[str, int]]]:
    with unit_of_work() as uow:
        rows = uow.session.execute(text("SELECT name, payload FROM outbox_events ORDER BY id"))
        return [(row.name, row.payload) for row in rows]


def test_what_was_emitted_is_there_after_the_commit(app: Flask) -> None:
    with unit_of_work() as uow:
        uow.emit(TeaPoured(cups=3))
    assert _events() == [("TeaPoured", {"cups": 3})]


def test_many_are_written_in_their_order_by_one_statement(app: Flask) -> None:
    with statements() as seen, unit_of_work() as uow:
        uow.emit_all([TeaPoured(cups) for cups in range(1_000, 0, -1)])
        uow.emit_all([])
    assert len(seen) == 1
    assert _events() == [("TeaPoured", {"cups": cups}) for cups in range(1_000, 0, -1)]


def test_a_failed_unit_leaves_nothing(app: Flask) -> None:
    class Spilled(Exception):
        pass

    def pour_and_spill() -> None:
        with unit_of_work() as uow:
            uow.emit(TeaPoured(cups=3))
            raise Spilled

    with pytest.raises(Spilled):
        pour_and_spill()
    assert _events() == []


def test_a_unit_within_a_unit_is_refused(app: Flask) -> None:
    with unit_of_work(), pytest.raises(RuntimeError, match="already open"), unit_of_work():
        pass


def test_connections_act_as_the_application_role(app: Flask) -> None:
    with unit_of_work() as uow:
        assert uow.session.execute(text("SELECT current_user")).scalar() == "socialshop_app"
