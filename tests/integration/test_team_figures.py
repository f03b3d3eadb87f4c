"""Teams' sizes and volumes, kept as it happens, against the nightly recount; and a recount that finds what is wrong."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.referrals import figures, figures_store
from socialshop.referrals import service as referrals
from socialshop.screening import service as screening
from tests.sample_sales import LONG_AGO, Forest, Sale, a_forest, confirmed, place, sell
from workers import handlers, schedule


class _Undone(Exception):
    pass


def kept(uow: UnitOfWork) -> dict[int, tuple[int, int]]:
    """(members, volume) below each, as they are kept."""
    rows = uow.session.execute(text("SELECT member_number, members, volume_minor FROM team_figures"))
    return {number: (members, volume) for number, members, volume in rows}


def kept_levels(uow: UnitOfWork) -> dict[int, int]:
    """How many levels stand below each, as it is kept."""
    rows = uow.session.execute(text("SELECT member_number, levels FROM team_figures"))
    return {row.member_number: row.levels for row in rows}


def walked_levels(sponsors: Forest) -> dict[int, int]:
    """The same by walks from everybody to the top."""
    found = dict.fromkeys(sponsors, 0)
    for number in sponsors:
        above, steps = sponsors[number], 1
        while above is not None:
            found[above] = max(found[above], steps)
            above, steps = sponsors[above], steps + 1
    return found


def walked(sponsors: Forest, own: dict[int, int]) -> dict[int, tuple[int, int]]:
    """The same by walks from everybody to the top."""
    found = dict.fromkeys(sponsors, (0, 0))
    for number in sponsors:
        above = sponsors[number]
        while above is not None:
            members, volume = found[above]
            found[above] = (members + 1, volume + own.get(number, 0))
            above = sponsors[above]
    return found


def recount(uow: UnitOfWork, *, waits: bool = False) -> list[dict[str, Any]]:
    """What findings there are after a recount."""
    referrals.recount(uow, lambda _: waits)
    return [dict(one.evidence) for one in screening.findings_about(uow, [referrals.TEAMS])]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_in_whatever_order_the_figures_are_what_walks_and_the_recount_find(
    app: Flask, data: st.DataObject
) -> None:
    forest = a_forest(data.draw(st.integers(1, 12)), data.draw(st.integers(0, 99)))
    own: dict[int, int] = {}

    def run() -> None:
        with unit_of_work() as uow:
            standing: dict[int, int | None] = {}
            for number, sponsor in forest.items():
                place(uow, {number: None})
                if sponsor is not None:
                    referrals.correct_sponsor(uow, member_number=number, new_sponsor=sponsor, reason="t", by="t")
                standing[number] = sponsor
                act = data.draw(st.sampled_from(["sell", "move", "refund", "count", "nothing"]))
                buyer = data.draw(st.sampled_from(sorted(standing)))
                if act == "sell":
                    amount = data.draw(st.integers(1, 10**9))
                    ids = sell(uow, [Sale(buyer, lines=((amount, 1),))], prefix=uuid.uuid4().hex)
                    own[buyer] = own.get(buyer, 0) + amount
                    for _ in range(data.draw(st.integers(1, 2))):
                        referrals.on_orders_changed(uow, confirmed(*ids))
                elif act == "refund":
                    back = text("UPDATE orders SET refunded_minor = total_minor WHERE buyer = :buyer RETURNING id")
                    orders = uow.session.scalars(back, {"buyer": buyer}).all()
                    own[buyer] = 0
                    referrals.on_orders_changed(uow, [{"order_id": str(order)} for order in orders])
                elif act == "move":
                    to = data.draw(st.sampled_from([None, *sorted(standing)]))
                    try:
                        referrals.correct_sponsor(uow, member_number=buyer, new_sponsor=to, reason="t", by="t")
                        standing[buyer] = to
                    except DomainError:
                        pass
                elif act == "count":
                    referrals.count_places(uow)
                    assert kept(uow) == walked(standing, own)
                    assert kept_levels(uow) == walked_levels(standing)
            assert recount(uow) == []
            assert kept(uow) == walked(standing, own)
            assert kept_levels(uow) == walked_levels(standing)
            raise _Undone

    with pytest.raises(_Undone):
        run()


def test_a_figure_that_was_changed_by_hand_is_found_and_set_right(app: Flask) -> None:
    """The planted fault: a volume, a number of members, a depth, and how many levels stand below."""
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2, 4: None})
        sell(uow, [Sale(3)])
        assert recount(uow) == []
        uow.session.execute(text("UPDATE team_figures SET volume_minor = 7 WHERE member_number = 1"))
        uow.session.execute(text("UPDATE team_figures SET members = 5 WHERE member_number = 2"))
        uow.session.execute(text("UPDATE referral_nodes SET depth = 9 WHERE member_number = 3"))
        uow.session.execute(text("UPDATE team_figures SET levels = 6 WHERE member_number = 4"))
        (found,) = recount(uow)
        assert (found["differ"], found["wrong_depths"]) == (4, 1)
        assert [row["levels"] for row in found["kept_and_counted"]] == [[2, 2], [1, 1], [0, 0], [6, 0]]
        told = [(row["member"], row["members"], row["volume_minor"]) for row in found["kept_and_counted"]]
        assert told[:3] == [(1, [2, 2], [7, 10_000]), (2, [5, 1], [10_000, 10_000]), (3, [0, 0], [0, 0])]
        assert kept(uow) == {1: (2, 10_000), 2: (1, 10_000), 3: (0, 0), 4: (0, 0)}
        assert kept_levels(uow) == {1: 2, 2: 1, 3: 0, 4: 0}


def test_a_sale_whose_event_is_on_its_way_explains_a_sum_and_no_number_of_members(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1})
        referrals.count_places(uow)
        ids = sell(uow, [Sale(2)])
        assert recount(uow, waits=True) == []
        referrals.on_orders_changed(uow, confirmed(*ids))
        assert kept(uow) == {1: (1, 10_000), 2: (0, 0)}
        uow.session.execute(text("UPDATE team_figures SET members = 5 WHERE member_number = 1"))
        assert [found["differ"] for found in recount(uow, waits=True)] == [1]


def test_an_import_is_counted_at_once_and_a_long_chain_by_its_depth(app: Flask) -> None:
    size = figures._MOST_ONE_BY_ONE + 2
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO members (id, number, joined_at)"
                " SELECT gen_random_uuid(), n, :at FROM generate_series(1, :n) n"
            ),
            {"n": size, "at": LONG_AGO},
        )
        numbers = np.arange(1, size + 1)
        referrals.place_many(uow, numbers=numbers, sponsors=numbers - 1, placed_at=np.zeros(size, dtype=np.int64))
        sell(uow, [Sale(size)])
        referrals.count_places(uow)
        assert kept(uow)[1] == (size - 1, 10_000)
        assert kept_levels(uow) == {number: size - number for number in range(1, size + 1)}
        assert figures_store.changed_places(uow.session, 1) == []
        ids = sell(uow, [Sale(size)], prefix="later")
        referrals.on_orders_changed(uow, confirmed(*ids))
        assert {volume for _, volume in kept(uow).values()} == {0, 20_000}
        assert recount(uow) == []


def test_sales_and_refunds_are_followed_and_the_night_recounts() -> None:
    follows = {(handler.event, handler.name) for handler in handlers.HANDLERS}
    assert {("OrdersConfirmed", "count_team_sales"), ("OrderRefunded", "count_team_refunds")} <= follows
    assert {"count_places", "recount_teams"} <= {periodic.name for periodic in schedule.PERIODIC}


def test_the_step_of_the_night_asks_what_is_on_its_way(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1})
        sell(uow, [Sale(2)])
    in_unit_of_work(schedule.recount_teams)
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE team_figures SET volume_minor = 7 WHERE member_number = 1"))
    in_unit_of_work(schedule.recount_teams)
    with unit_of_work() as uow:
        (found,) = screening.findings_about(uow, [referrals.TEAMS])
        assert found.evidence["differ"] == 1
        assert kept(uow)[1] == (1, 10_000)


def test_teams_are_told_by_id(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1})
        referrals.count_places(uow)
    ids = in_unit_of_work(lambda uow: uow.session.scalars(text("SELECT id FROM members ORDER BY number")).all())
    with unit_of_work() as uow:
        found = referrals.teams_of(uow, ids)
    assert [found[each][0] for each in ids] == [1, 0]
