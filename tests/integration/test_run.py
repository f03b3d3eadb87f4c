"""`run` on a machine of its own: ready, stopped in order, killed, its children killed, its port taken."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE
from running_shop import ONE_OF_A_KIND, Shop, until

from socialshop.bench import worlds

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"),
    pytest.mark.timeout(600),
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that is not started yet; killed by force at the end, it leaves nothing."""
    found = Shop(tmp_path / "data", settings=dict(ONE_OF_A_KIND))
    yield found
    for process in found.processes:
        process.kill()
        process.communicate()
    found.nothing_left()


def test_an_empty_shop_is_filled_and_tells_what_it_makes_how_to_log_in_and_what_to_try(shop: Shop) -> None:
    """And when it is asked to stop, it leaves nothing."""
    shop.settings.clear()
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
    assert (len(shop.children("workers worker")), len(shop.children("workers relay"))) == (2, 1)
    running.send_signal(signal.SIGINT)
    _, log = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, log
    assert f"socialshop is running at http://localhost:{shop.port}" in said
    assert said.count("log in: ") == 5
    assert said.count(f"curl -s http://localhost:{shop.port}/api/v1/") == 3
    shop.nothing_left()


def test_children_that_die_are_started_again_and_without_its_servers_the_shop_ends(shop: Shop, tmp_path: Path) -> None:
    """When a web server is killed, no worker of it is left; when the keeper of the servers is, `run` says so: exit 1.

    Its children notice too, each in its own time and in lines of the log: what `run` itself says is looked at.
    """
    said = tmp_path / "log"
    with said.open("a", encoding="utf-8") as shop.log:
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
        before_the_end = said.read_text(encoding="utf-8")
        assert before_the_end.count("process died") == 3, before_the_end

        (keeper,) = shop.children("socialshop.infra.servers.keeper")
        os.kill(keeper, signal.SIGKILL)
        assert running.wait(PATIENCE) == 1
    log = said.read_text(encoding="utf-8").removeprefix(before_the_end)
    line = f"socialshop: the servers of {shop.folder} have ended and do not come back: see {shop.folder}/logs"
    assert [each for each in log.splitlines() if each.startswith("socialshop: ")] == [line]
    assert "Traceback" not in log, log
    shop.nothing_left()


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


def test_beside_a_running_shop_commands_share_its_servers_and_wait_for_its_workers(shop: Shop, tmp_path: Path) -> None:
    shop.settings["SOCIALSHOP_LOG_LEVEL"] = "WARNING"
    running = shop.run()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    second = shop.start("run", "--no-demo", "--port", str(port))
    line = f"another `socialshop run` uses {shop.folder}: stop it, or name another with --data-dir"
    assert second.communicate(timeout=PATIENCE) == ("", f"socialshop: {line}\n")
    assert second.returncode == 1
    assert shop.start("migrate").communicate(timeout=PATIENCE) == ("the schema is at head already\n", "")
    _import_beside(shop, tmp_path)
    assert running.poll() is None
    assert shop.is_ready()


def _import_beside(shop: Shop, tmp_path: Path) -> None:
    """What the commands land follows from the jobs that the shop's own workers do meanwhile."""
    world = worlds.generate(200, 2_500, seed=3)
    worlds.write_members(world, tmp_path / "members.csv", seed=3)
    worlds.write_orders(world, tmp_path / "orders.csv")
    legs = [{"kind": "sale", "level": 1, "rate_bps": 800}]
    plan = {"name": "beside", "currency": "CNY", "hold_days": 3_650, "legs": legs}
    (tmp_path / "plan.json").write_text(json.dumps(plan))

    def say(*arguments: str) -> str:
        command = shop.start(*arguments)
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
