"""The real handlers under SIGKILL: every accrual and settlement exactly once, against plain loops and the books."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patience import PATIENCE
from tea_house import KILLED, TeaHouse, until

from socialshop.bench import worlds
from socialshop.bench.worlds import World
from socialshop.commissions import service as commissions
from socialshop.commissions.plan import parse_plan
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.ledger import service as ledger
from socialshop.onboarding.service import import_members
from socialshop.orders.service import import_orders

FAR_FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
RATES = {1: 800, 2: 300}


def _silent(_phase: str, _done: int, _total: int) -> None:
    pass


def _open_shop(members: int, orders: int, folder: Path) -> World:
    """Members, a plan and confirmed orders; what follows them waits in the outbox."""
    world = worlds.generate(members, orders, seed=7)
    worlds.write_members(world, folder / "members.csv", seed=7)
    worlds.write_orders(world, folder / "orders.csv")
    legs = [{"kind": "sale", "level": level, "rate_bps": rate} for level, rate in RATES.items()]
    # Held for ten years, so that the schedule's own settling cannot come in between.
    plan = parse_plan({"name": "killed", "currency": "CNY", "hold_days": 3650, "legs": legs})

    def land(uow: UnitOfWork) -> None:
        import_members(uow, folder / "members.csv", reject=pytest.fail, progress=_silent)
        commissions.publish_plan(uow, plan, country="CN", effective_at=datetime(1990, 1, 1, tzinfo=UTC))
        import_orders(uow, folder / "orders.csv", reject=pytest.fail, progress=_silent)

    in_unit_of_work(land)
    return world


def _expected(world: World) -> Counter[tuple[str, str, int, int]]:
    """(order, beneficiary, level, amount): what plain loops say that is owed."""
    sponsor, owed = world.sponsor.tolist(), Counter[tuple[str, str, int, int]]()
    for order, (buyer, amount) in enumerate(zip(world.buyer.tolist(), world.amount_minor.tolist(), strict=True)):
        upline = buyer
        for level, rate in RATES.items():
            upline = sponsor[upline]
            if upline < 0:
                break
            if share := amount * rate // 10_000:
                owed[f"o{order}", f"m{upline}", level, share] += 1
    return owed


def _audit(world: World, *, settled: bool) -> None:
    with unit_of_work() as uow:
        found = list(commissions.export_accruals(uow))
        replayed = commissions.replay(uow)
    rows = Counter((a.order_external_id, a.beneficiary_external_id, a.level, a.amount_minor) for a in found)
    assert rows == _expected(world)
    assert not settled or {accrual.status for accrual in found} == {"settled"}
    assert replayed.difference is None
    while in_unit_of_work(ledger.seal):
        pass
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        proof = ledger.prove(uow)
    assert proof.first_difference is None
    owed: Counter[str] = Counter()
    for accrual in found:
        owed[accrual.status] += accrual.amount_minor
    with unit_of_work() as uow:
        trial = ledger.trial_balance(uow)
    held = {
        end: sum(line.amount_minor for line in trial if line.account.endswith(end)) for end in (":pending", ":wallet")
    }
    assert held == {":pending": owed["held"], ":wallet": owed["settled"]}


@pytest.mark.parametrize("point", ["accrue.claimed", "accrue.posted", "accrue.posted:2", "drain.ran"])
def test_accrual_killed_at_a_named_point_happens_once(tea_house: TeaHouse, tmp_path: Path, point: str) -> None:
    world = _open_shop(300, 4_500, tmp_path)
    tea_house.start_shop("relay")
    doomed = tea_house.start_shop("worker", crash_at=point)
    assert doomed.wait(PATIENCE) == KILLED
    tea_house.start_shop("worker")
    until(tea_house.all_done, "the outbox is drained")
    _audit(world, settled=False)


@pytest.mark.parametrize("point", ["settle.claimed", "settle.posted", "drain.ran"])
def test_settlement_killed_at_a_named_point_happens_once(tea_house: TeaHouse, tmp_path: Path, point: str) -> None:
    world = _open_shop(300, 1_500, tmp_path)
    tea_house.start_shop("relay")
    healthy = tea_house.start_shop("worker")
    until(tea_house.all_done, "all has accrued")
    healthy.kill()
    healthy.wait()
    in_unit_of_work(lambda uow: commissions.begin_settlement(uow, FAR_FUTURE))
    doomed = tea_house.start_shop("worker", crash_at=point)
    assert doomed.wait(PATIENCE) == KILLED
    tea_house.start_shop("worker")
    until(tea_house.all_done, "the outbox is drained")
    _audit(world, settled=True)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_workers_killed_at_random_while_they_accrue_and_settle(
    tea_house: TeaHouse, tmp_path: Path, chaos: Callable[[int], int]
) -> None:
    kills = chaos(200)
    world = _open_shop(2_000, 1_000 * kills, tmp_path)
    dice = random.Random(20261124)
    places = [tea_house.start_shop(kind) for kind in ("worker", "worker", "relay")]
    for _ in range(kills):
        place = dice.randrange(3)
        with suppress(subprocess.TimeoutExpired):
            places[place].wait(dice.uniform(0.2, 2.5))
        places[place].kill()
        places[place].wait()
        places[place] = tea_house.start_shop("relay" if place == 2 else "worker")
        in_unit_of_work(lambda uow: commissions.begin_settlement(uow, FAR_FUTURE))
    until(tea_house.all_done, "the outbox is drained", 600)
    in_unit_of_work(lambda uow: commissions.begin_settlement(uow, FAR_FUTURE))
    until(tea_house.all_done, "all is settled", 600)
    _audit(world, settled=True)
