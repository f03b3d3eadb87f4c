"""A generated shop of 5,000 accounts: its six rings are found and held, families, offices and dormitories are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cloned_databases import Template
from flask import Flask
from rewired_shop import RewiredShop, shop_settings
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from socialshop.bench import market
from socialshop.bench.rings import RINGS, World, generate, plant, verdict
from socialshop.infra.servers import Servers
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.ids import new_id
from socialshop.risk import service as risk
from socialshop.risk.service import Verdict

SEED = 20_260_201


@pytest.fixture(scope="module")
def world() -> World:
    return generate(SEED)


@pytest.fixture(scope="module")
def template(
    servers: Servers, empty_template: Template, rewired_shop: RewiredShop, redis_url: str, world: World
) -> Iterator[Template]:
    """The world with what a night's look found in it, to clone."""
    with Template.opened(servers.database_url, empty_template.name) as found:
        with rewired_shop.on(shop_settings(found.url, redis_url)):
            in_unit_of_work(lambda uow: plant(uow, world))
            market.analyze()
            in_unit_of_work(risk.judge)
        yield found


def _approvable(uow: UnitOfWork, numbers: list[int]) -> list[int]:
    """Whose request for money the database lets be approved, each asked for in a step of its own."""
    uow.session.execute(text("RESET ROLE"))
    let, held = [], []
    for number in numbers:
        values = {"id": new_id(), "number": number, "now": uow.now}
        try:
            with uow.session.begin_nested():
                uow.session.execute(
                    text(
                        "INSERT INTO payout_destinations (id, member_id, channel, holder, account, created_at)"
                        " SELECT :id, id, 'bank', 'Lin', CAST(:id AS text), :now FROM members WHERE number = :number"
                    ),
                    values,
                )
                uow.session.execute(
                    text(
                        "INSERT INTO payout_requests (id, member_id, member_number, destination_id, channel,"
                        " amount_minor, currency, submitted_at)"
                        " SELECT :id, id, number, :id, 'bank', 100, 'CNY', :now FROM members WHERE number = :number"
                    ),
                    values,
                )
                approved = "UPDATE payout_requests SET status = 'approved', decided_at = :now WHERE id = :id"
                uow.session.execute(text(approved), values)
        except DatabaseError as refused:
            held.append("a finding holds the money" in str(refused))
        else:
            let.append(number)
    assert all(held)
    return let


def test_the_rings_are_found_the_honest_are_left_alone_and_no_ring_is_paid(app: Flask, world: World) -> None:
    """Given six rings among families, offices and dormitories; when all are judged; then rings alone are held."""
    with unit_of_work() as uow:
        seen = verdict(uow, world)
        honest = [number for group in (*world.families[:20], *world.offices[:2]) for number in group]
        let = _approvable(uow, [*sorted(seen.held), *(number for number in honest if number not in seen.held)])
    assert len(world.ringed) == sum(plan.size for plan in RINGS)
    assert seen.recall >= 0.95
    assert seen.flagged <= 0.01
    assert world.ringed & set(let) == set()
    assert set(let) == set(honest) - seen.held


def test_another_night_finds_nothing_new_and_a_dismissed_ring_comes_back_only_grown(app: Flask, world: World) -> None:
    with unit_of_work() as uow:
        assert risk.judge(uow) == 0
        ring = next(one for one in risk.findings(uow, code="ring", limit=99) if world.rings[1] <= {*one.members})
        admin = new_id()
        risk.decide(uow, admin, ring.id, Verdict.DISMISSED, "A school's account.")
        assert risk.judge(uow) == 0
    with unit_of_work() as uow:
        # Two more are paid to the account that all of the ring named.
        strangers = sorted(set(range(1, world.accounts + 1)) - world.ringed - {n for f in world.families for n in f})[
            :3
        ]
        uow.session.execute(
            text(
                "INSERT INTO member_signals (kind, mark, member_number, first_seen_at, last_seen_at)"
                " SELECT kind, mark, number, :now, :now FROM unnest(CAST(:numbers AS bigint[])) number,"
                " (SELECT kind, mark FROM member_signals WHERE kind = 'payout_account' AND member_number = :one"
                " GROUP BY kind, mark HAVING (SELECT count(*) FROM member_signals o"
                " WHERE o.mark = member_signals.mark) = :size) account"
            ),
            {"now": uow.now, "numbers": strangers, "one": min(world.rings[1]), "size": len(world.rings[1])},
        )
        assert risk.judge(uow, [strangers[0]]) >= 1
        (grown,) = risk.findings(uow, states=("open",), code="ring", limit=1, member_id=_id_of(uow, strangers[0]))
        assert {*strangers, *world.rings[1]} <= {*grown.members}
        assert grown.state == "open"
        assert risk.show_finding(uow, ring.id).case.state == "dismissed"


def _id_of(uow: UnitOfWork, number: int):  # type: ignore[no-untyped-def]
    return uow.session.execute(text("SELECT id FROM members WHERE number = :n"), {"n": number}).scalar_one()


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_worlds_too(app: Flask, seed: int) -> None:
    from socialshop.bench.rings import _empty

    other = generate(seed)
    in_unit_of_work(_empty)
    in_unit_of_work(lambda uow: plant(uow, other))
    in_unit_of_work(risk.judge)
    seen = in_unit_of_work(lambda uow: verdict(uow, other))
    assert (seen.recall >= 0.95, seen.flagged <= 0.01) == (True, True)
