"""The embedded servers live exactly as long as somebody uses them, however their users end."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_processes import (
    PATH,
    User,
    answers,
    ask,
    both_answer,
    nothing_left,
    remains,
    running,
    valkey,
    wait_until,
)

from socialshop.infra.servers import Servers, open_servers
from socialshop.infra.servers.locks import Lock

COMES_AND_GOES = """
import sys
from pathlib import Path
import psycopg
from socialshop.infra.servers import open_servers
for _ in range(8):
    with open_servers(Path(sys.argv[1])) as servers:
        psycopg.connect(servers.database_url.replace("+psycopg", "")).close()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder, not made yet; afterwards nothing of it may run."""
    path = tmp_path / "var"
    yield path
    nothing_left(path)


def test_first_start_makes_everything(folder: Path) -> None:
    with open_servers(folder) as servers:
        assert both_answer(servers)
        assert servers.database_url.startswith("postgresql+psycopg://postgres@/socialshop?host=/")
        assert servers.redis_url.startswith("unix:///")
        assert ask(servers, "SELECT current_database(), current_user") == [("socialshop", "postgres")]
        assert ask(servers, "SHOW data_checksums") == [("on",)]
        assert ask(servers, "SELECT count(*) FROM pg_settings WHERE name = 'listen_addresses' AND setting = ''")
        with valkey(servers) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert remains(folder) == [], "the last one out waits for the stop"
    for part in (folder, *folder.iterdir()):
        assert stat.S_IMODE(part.stat().st_mode) == 0o700


def test_data_is_kept_between_runs(folder: Path) -> None:
    with open_servers(folder) as servers:
        ask(servers, "CREATE TABLE kept AS SELECT 'Grüße 你好' AS words")
        with valkey(servers) as client:
            client.set("kept", "yes")
    with open_servers(folder) as servers:
        assert ask(servers, "SELECT words FROM kept") == [("Grüße 你好",)]
        with valkey(servers) as client:
            assert client.get("kept") == b"yes"


def test_a_dropped_database_is_created_anew(folder: Path) -> None:
    with open_servers(folder) as servers:
        url = servers.database_url.replace("/socialshop?", "/postgres?")
        ask(Servers(url, servers.redis_url), "DROP DATABASE socialshop")
    with open_servers(folder) as servers:
        assert both_answer(servers)


def test_two_processes_share_and_the_last_one_out_stops(folder: Path) -> None:
    with User(folder) as first, User(folder) as second:
        servers = first.servers()
        assert second.servers() == servers
        pids = running(folder)
        assert first.leave() == 0
        assert both_answer(servers)
        assert running(folder) == pids
        assert second.leave() == 0
        assert remains(folder) == []


def test_one_process_may_open_twice(folder: Path) -> None:
    with open_servers(folder) as outer:
        with open_servers(folder) as inner:
            assert inner == outer
        assert both_answer(outer)


def test_many_at_once_get_the_same_servers(folder: Path) -> None:
    users = [User(folder) for _ in range(6)]
    try:
        assert len({user.servers() for user in users}) == 1
        keepers = [line for line in remains(folder) if "servers.keeper" in line]
        assert len(keepers) == 1, keepers
        assert [user.leave() for user in users] == [0] * 6
    finally:
        for user in users:
            user.__exit__()


def test_coming_while_others_go(folder: Path) -> None:
    """Each of three processes comes and goes, meeting starts, stops and running servers of the others."""
    users = [User(folder, program=COMES_AND_GOES) for _ in range(3)]
    try:
        for user in users:
            assert user.leave() == 0, user.errors
    finally:
        for user in users:
            user.__exit__()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_after_a_signal_to_the_user(folder: Path, number: signal.Signals) -> None:
    with User(folder) as user:
        user.servers()
        user.end_by(number)
        nothing_left(folder)


@pytest.mark.parametrize("milliseconds", [40, 120, 250, 400, 550])
def test_nothing_is_left_of_a_start_whose_starter_is_killed(folder: Path, milliseconds: int) -> None:
    with User(folder) as user:
        try:
            user.process.wait(milliseconds / 1000)
        except subprocess.TimeoutExpired:
            user.end_by(signal.SIGKILL)
        nothing_left(folder)
    with open_servers(folder) as servers:
        assert both_answer(servers)


def test_a_newcomer_takes_over_the_start_of_a_killed_one(folder: Path) -> None:
    with User(folder) as first, User(folder) as second:
        wait_until((folder / "postgres.new").exists, lambda: "no initdb")
        first.end_by(signal.SIGKILL)
        assert both_answer(second.servers())
        assert second.leave() == 0


def test_a_terminals_interrupt_leaves_the_servers_to_their_users(folder: Path) -> None:
    ignore = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    body = f"{ignore}; print('on', flush=True); sys.stdin.read()"
    with User(folder, body=body, start_new_session=True) as user:
        servers = user.servers()
        assert user.process.stdout
        assert user.process.stdout.readline() == "on\n"
        os.killpg(user.process.pid, signal.SIGINT)
        assert both_answer(servers)
        assert user.leave() == 0


def test_a_forked_child_does_not_keep_the_servers(folder: Path) -> None:
    """A worker's orphaned work-horse holds a copy of everything that was open."""
    fork = "import os, time; child = os.fork(); child and print(child, flush=True); time.sleep(60)"
    with User(folder, body=fork) as user:
        user.servers()
        assert user.process.stdout
        child = int(user.process.stdout.readline())
        user.end_by(signal.SIGKILL)
        try:
            only_the_child = f"{child}: "
            wait_until(
                lambda: all(line.startswith(only_the_child) for line in remains(folder)),
                lambda: str(remains(folder)),
            )
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_forked_child_that_leaves_the_block_stops_nothing(folder: Path) -> None:
    wait = "os.waitpid(child, 0); print('left', flush=True); sys.stdin.read()"
    fork = f"import os; child = os.fork()\n        if child: {wait}"
    with User(folder, body=fork) as user:
        servers = user.servers()
        assert user.process.stdout
        assert user.process.stdout.readline() == "left\n"
        assert both_answer(servers)
        assert user.leave() == 0


def test_servers_die_with_a_killed_keeper_and_the_next_open_starts_anew(folder: Path) -> None:
    with User(folder) as user:
        servers = user.servers()
        ask(servers, "CREATE TABLE kept AS SELECT 1 AS one")
        before = running(folder)
        ready = Lock(folder / "locks" / "ready")
        os.kill(before["keeper"], signal.SIGKILL)
        wait_until(ready.try_shared, lambda: "the keeper lives")
        ready.close()
        # At once, while the old servers are still about to end.
        with open_servers(folder) as anew:
            after = running(folder)
            assert not set(before.values()) & set(after.values())
            assert ask(anew, "SELECT one FROM kept") == [(1,)]
            assert user.leave() == 0
            assert both_answer(anew)


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_killed_server_is_started_again(folder: Path, name: str) -> None:
    with open_servers(folder) as servers:
        ask(servers, "CREATE TABLE kept AS SELECT 1 AS one")
        before = running(folder)
        os.kill(before[name], signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{before[name]}").exists(), lambda: "it lives")
        wait_until(lambda: answers(servers), lambda: "it stays away")
        assert ask(servers, "SELECT one FROM kept") == [(1,)]
        after = running(folder)
        assert {other for other in after if before[other] != after[other]} == {name}


def test_a_server_that_cannot_be_had_again_takes_the_other_along(folder: Path) -> None:
    with User(folder) as user:
        user.servers()
        (folder / "valkey" / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
        os.kill(running(folder)["valkey"], signal.SIGKILL)
        only_the_user = f"{user.process.pid}: "
        wait_until(
            lambda: all(line.startswith(only_the_user) for line in remains(folder)),
            lambda: str(remains(folder)),
        )
        assert "Invalid AOF manifest" in (folder / "logs" / "keeper.log").read_text()


def test_a_server_that_outlives_its_keeper_is_ended_by_force(folder: Path) -> None:
    """A stopped process hears no signal but the last: it stands for one that hangs while it stops."""
    impatient = "from socialshop.infra.servers import keeper; keeper._STOP_SECONDS = 1; keeper.main()"
    with User(folder) as user:
        ask(user.servers(), "CREATE TABLE kept AS SELECT 1 AS one")
        before = running(folder)
        os.kill(before["valkey"], signal.SIGSTOP)
        os.kill(before["keeper"], signal.SIGKILL)
        user.end_by(signal.SIGKILL)
    users = Lock(folder / "locks" / "users")
    assert users.try_shared()
    command = [sys.executable, "-c", impatient, str(folder), "30"]
    said = subprocess.run(command, env=os.environ | PATH, stdout=subprocess.PIPE, check=True)
    assert said.stdout == b"{}\n"
    with open_servers(folder) as servers:
        users.close()
        assert running(folder)["valkey"] != before["valkey"]
        assert ask(servers, "SELECT one FROM kept") == [(1,)]


def test_everything_killed_at_once_recovers(folder: Path) -> None:
    with User(folder) as user:
        servers = user.servers()
        ask(servers, "CREATE TABLE kept AS SELECT 1 AS one")
        with valkey(servers) as client:
            client.set("kept", "yes")
            client.config_set("appendfsync", "always")
            client.set("kept", "yes")
        for line in remains(folder):
            # One may have ended by itself: its parent was killed the moment before.
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split(":")[0]), signal.SIGKILL)
        nothing_left(folder)
    with open_servers(folder) as servers:
        assert ask(servers, "SELECT one FROM kept") == [(1,)]
        with valkey(servers) as client:
            assert client.get("kept") == b"yes"


@pytest.mark.parametrize("content", ["{pid}\n/nowhere\n1\n5432\n/tmp\n\n    1  1\nready   \n", ""])
def test_a_stale_pid_file_is_no_obstacle(folder: Path, content: str) -> None:
    """Its number may belong to a living process by now, and a full disk may have emptied it."""
    with open_servers(folder):
        pass
    (folder / "postgres" / "postmaster.pid").write_text(content.format(pid=os.getpid()))
    with open_servers(folder) as servers:
        assert both_answer(servers)


def test_a_removed_folder_ends_its_servers(folder: Path) -> None:
    with User(folder) as user:
        user.servers()
        pids = running(folder)
        folder.rename(folder.with_name("moved"))
        wait_until(lambda: not Path(f"/proc/{pids['keeper']}").exists(), lambda: "the keeper goes on")
        assert not Path(f"/proc/{pids['postgres']}").exists()


def test_a_long_path_with_odd_signs(tmp_path: Path) -> None:
    folder = tmp_path / ("long " * 20) / "Gruppenkauf %41 拼团 'x'" / ("y" * 200)
    with open_servers(folder) as servers:
        assert both_answer(servers)
    nothing_left(folder)


def test_a_link_to_the_folder_is_the_folder(folder: Path) -> None:
    with open_servers(folder) as servers:
        link = folder.with_name("link")
        link.symlink_to(folder)
        with open_servers(link) as same:
            assert same == servers


def test_variables_for_another_server_are_ignored(folder: Path) -> None:
    foreign = {"PGPORT": "6543", "PGDATA": "/nowhere", "PGHOST": "nowhere.invalid", "PGOPTIONS": "-c port=1"}
    with User(folder, env=foreign) as user:
        assert both_answer(user.servers())
        assert user.leave() == 0
