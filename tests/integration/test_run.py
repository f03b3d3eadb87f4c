"""`run` on a machine of its own: ready, stopped in order, killed, its children killed, its port taken."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from patience import PATIENCE
from running_shop import ONE_OF_A_KIND, Shop, until

from socialshop.bench import worlds

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"),
    pytest.mark.timeout(600),
]


@contextmanager
def _ended(shop: Shop) -> Iterator[Shop]:
    """The shop, and nothing of it after the block."""
    yield shop
    for process in shop.processes:
        process.kill()
        process.communicate()
    shop.nothing_left()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with _ended(Shop(tmp_path / "data", settings=dict(ONE_OF_A_KIND))) as found:
        yield found


@pytest.fixture(scope="module")
def running_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that runs, for all tests that leave it running."""
    settings = ONE_OF_A_KIND | {"SOCIALSHOP_LOG_LEVEL": "WARNING"}
    with _ended(Shop(tmp_path_factory.mktemp("running") / "data", settings=settings)) as found:
        found.run()
        yield found


def _goes_on(shop: Shop) -> bool:
    return shop.processes[0].poll() is None and shop.is_ready()


def test_a_shop_that_is_asked_to_stop_says_where_it_was_and_leaves_nothing(shop: Shop) -> None:
    shop.settings.clear()
    running = shop.run()
    assert (len(shop.children("workers worker")), len(shop.children("workers relay"))) == (2, 1)
    said = shop.greeted(running)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert f"socialshop is running at http://localhost:{shop.port}" in said
    shop.nothing_left()


def test_an_empty_shop_is_filled_and_tells_what_it_makes_how_to_log_in_and_what_to_try(shop: Shop) -> None:
    running = shop.start("run", "--port", str(shop.port))
    assert running.stderr is not None
    told = [line for line in (running.stderr.readline() for _ in range(40)) if not line.startswith("{")][:4]
    assert [line.split(":")[0].strip() for line in told] == [
        f"starting PostgreSQL and Valkey in {shop.folder} …",
        "making the database's tables",
        "looking after the demo data",
        "starting web server, job workers and the sandbox provider of payments …",
    ]
    said = shop.greeted(running)
    running.send_signal(signal.SIGTERM)
    _, log = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, log
    assert said.count("log in: ") == 5
    assert said.count(f"curl -s http://localhost:{shop.port}/api/v1/") == 3
    shop.nothing_left()


def test_a_shop_whose_servers_are_gone_for_good_says_so_and_ends(shop: Shop) -> None:
    """Given a running shop, when the process that keeps its servers is killed, then `run` ends: one line, exit 1.

    Its children notice too, each in its own time and in lines of the log: what `run` itself says is looked at.
    """
    running = shop.run()
    (keeper,) = shop.children("socialshop.infra.servers.keeper")
    os.kill(keeper, signal.SIGKILL)
    _, log = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1
    line = f"socialshop: the servers of {shop.folder} have ended and do not come back: see {shop.folder}/logs"
    assert [said for said in log.splitlines() if said.startswith("socialshop: ")] == [line]
    assert "Traceback" not in log
    shop.nothing_left()


def test_a_shop_killed_by_force_leaves_nothing(shop: Shop) -> None:
    running = shop.run()
    running.kill()
    running.wait()
    shop.nothing_left()


def test_children_that_die_are_started_again_and_a_killed_web_server_leaves_no_worker(shop: Shop) -> None:
    running = shop.run()
    before = {name: shop.children(name) for name in ("workers worker", "workers relay", "socialshop.cli.web")}
    web = min(before["socialshop.cli.web"])
    for pid in (before["workers worker"][0], before["workers relay"][0], web):
        os.kill(pid, signal.SIGKILL)

    def again() -> bool:
        now = {name: shop.children(name) for name in before}
        return all(len(now[n]) == len(before[n]) and now[n] != before[n] for n in before) and shop.is_ready()

    until(again, "all are there again")
    assert not set(before["socialshop.cli.web"]) & set(shop.children("socialshop.cli.web"))
    running.send_signal(signal.SIGINT)
    _, log = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert log.count("process died") == 3


def test_a_taken_port_is_one_line_before_anything_is_started(shop: Shop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", shop.port))
        taken.listen()
        refused = shop.start("run", "--no-demo", "--port", str(shop.port))
        said = refused.communicate(timeout=PATIENCE)
    assert refused.returncode == 1
    line = f"socialshop: port {shop.port} of 127.0.0.1 is in use: choose another with --port\n"
    assert said == ("", line)
    assert not shop.folder.exists()


def test_a_second_run_on_the_same_folder_is_one_line(running_shop: Shop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    second = running_shop.start("run", "--no-demo", "--port", str(port))
    said = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    line = f"another `socialshop run` uses {running_shop.folder}: stop it, or name another with --data-dir"
    assert said == ("", f"socialshop: {line}\n")
    assert _goes_on(running_shop)


def test_a_command_beside_a_running_shop_shares_its_servers(running_shop: Shop) -> None:
    beside = running_shop.start("migrate")
    assert beside.communicate(timeout=PATIENCE) == ("the schema is at head already\n", "")
    assert _goes_on(running_shop)


def test_a_command_beside_a_running_shop_waits_until_its_workers_have_done_the_jobs(
    running_shop: Shop, tmp_path: Path
) -> None:
    world = worlds.generate(200, 2_500, seed=3)
    worlds.write_members(world, tmp_path / "members.csv", seed=3)
    worlds.write_orders(world, tmp_path / "orders.csv")
    legs = [{"kind": "sale", "level": 1, "rate_bps": 800}]
    plan = {"name": "beside", "currency": "CNY", "hold_days": 3_650, "legs": legs}
    (tmp_path / "plan.json").write_text(json.dumps(plan))

    def say(*arguments: str) -> str:
        command = running_shop.start(*arguments)
        said, log = command.communicate(timeout=PATIENCE)
        assert command.returncode == 0, log
        return said

    say("import", "members", str(tmp_path / "members.csv"))
    say("plan", "publish", str(tmp_path / "plan.json"), "--effective-at", "1990-01-01T00:00:00Z")
    say("import", "orders", str(tmp_path / "orders.csv"))
    sponsor, owed = world.sponsor.tolist(), zip(world.buyer.tolist(), world.amount_minor.tolist(), strict=True)
    expected = sum(sponsor[buyer] >= 0 and amount * 800 >= 10_000 for buyer, amount in owed)
    assert len(say("export", "accruals").splitlines()) == 1 + expected
    say("prove")
