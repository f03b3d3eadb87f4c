"""What keeps the embedded servers from starting is said in one clear line, and nothing is left running."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_processes import PATH, ask, both_answer, nothing_left, remains

from socialshop.infra.servers import StartupError, client, open_servers
from socialshop.infra.servers.binaries import find_postgres, find_valkey
from socialshop.infra.servers.folder import make_socket_folder, prepare


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder, not made yet; afterwards nothing of it may run."""
    path = tmp_path / "var"
    yield path
    nothing_left(path)


@pytest.fixture
def made(folder: Path) -> Path:
    """A data folder that has been used before."""
    with open_servers(folder):
        pass
    return folder


def refusal(folder: Path) -> str:
    """The one line with which the folder is refused; nothing may run after it."""
    with pytest.raises(StartupError) as caught, open_servers(folder):
        pass
    assert remains(folder) == []
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is a file" in refusal(tmp_path / "file")
    assert "is a file" in refusal(tmp_path / "file" / "below")


def test_a_file_inside_where_a_folder_belongs(folder: Path) -> None:
    folder.mkdir()
    (folder / "valkey").touch()
    assert "is a file" in refusal(folder)


def test_a_database_folder_without_version(made: Path) -> None:
    (made / "postgres" / "PG_VERSION").unlink()
    line = refusal(made)
    assert "is broken (no PG_VERSION in it)" in line
    assert (made / "postgres").is_dir(), "nothing of it is thrown away"


@pytest.mark.parametrize("version", ["", "eighteen"])
def test_a_database_folder_with_a_senseless_version(made: Path, version: str) -> None:
    (made / "postgres" / "PG_VERSION").write_text(version)
    assert "is broken" in refusal(made)


def test_a_database_folder_of_another_version(made: Path) -> None:
    (made / "postgres" / "PG_VERSION").write_text("12\n")
    assert "was made by PostgreSQL 12, but only" in refusal(made)


def test_a_broken_control_file(made: Path) -> None:
    control = made / "postgres" / "global" / "pg_control"
    control.write_bytes(b"\0" * control.stat().st_size)
    line = refusal(made)
    assert line.startswith("postgres did not start: ")
    assert "control" in line or "version" in line


def test_a_missing_control_file(made: Path) -> None:
    (made / "postgres" / "global" / "pg_control").unlink()
    assert refusal(made).startswith("postgres did not start: could not open file")


def test_a_broken_append_only_file(made: Path) -> None:
    (made / "valkey" / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    assert refusal(made).startswith("valkey did not start: ")


def test_a_start_that_does_not_end(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = find_postgres(None).major
    script = f'#!/bin/sh\n[ "$1" = --version ] && echo "postgres (PostgreSQL) {version}.1" && exit\n'
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text(f"{script}echo waiting for the moon\nexec sleep 100\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("SOCIALSHOP_PG_BINDIR", str(tmp_path))
    monkeypatch.setattr(client, "START_SECONDS", 0.5)
    line = refusal(made)
    assert line.startswith("Gave up after 0.5 s: postgres does not become ready")
    assert line.endswith("waiting for the moon")
    shutil.rmtree(made / "postgres")
    line = refusal(made)
    assert line.startswith("Gave up after 0.5 s: initdb does not come to an end")
    assert not (made / "postgres").exists()


def test_binaries_that_do_not_run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIALSHOP_PG_BINDIR", str(tmp_path))
    assert refusal(folder).startswith("PostgreSQL 15 or newer is needed, but none is at hand")
    monkeypatch.delenv("SOCIALSHOP_PG_BINDIR")
    (tmp_path / "no-server").write_text("#!/bin/nowhere\n")
    (tmp_path / "no-server").chmod(0o755)
    monkeypatch.setenv("SOCIALSHOP_VALKEY_BIN", str(tmp_path / "no-server"))
    assert refusal(folder).startswith("No Valkey or Redis server (6.2 or newer) runs here")


def test_a_valkey_binary_by_choice(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "redis-server").symlink_to(find_valkey())
    monkeypatch.setenv("SOCIALSHOP_VALKEY_BIN", str(tmp_path / "redis-server"))
    with open_servers(folder) as servers:
        assert both_answer(servers)


def test_a_postgresql_of_the_machine_serves_its_own_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bindir = Path("/usr/lib/postgresql/15/bin")
    if not (bindir / "postgres").exists():
        pytest.skip("this machine has no PostgreSQL 15 of its own")
    monkeypatch.setenv("SOCIALSHOP_PG_BINDIR", str(bindir))
    with open_servers(folder) as servers:
        assert ask(servers, "SHOW lc_ctype") == [("C.UTF-8",)]
    monkeypatch.delenv("SOCIALSHOP_PG_BINDIR")
    # The wheel's newer one does not know this folder's version: the machine's serves it.
    with open_servers(folder) as servers:
        assert ask(servers, "SHOW server_version_num")[0][0].startswith("15")


@pytest.mark.parametrize("what", ["link", "file", "open"])
def test_a_socket_folder_that_is_not_private_is_refused(folder: Path, tmp_path: Path, what: str) -> None:
    planted = make_socket_folder(prepare(folder))
    planted.rmdir()
    try:
        if what == "link":
            (tmp_path / "trap").mkdir(mode=0o700)
            planted.symlink_to(tmp_path / "trap")
        elif what == "file":
            planted.touch()
        else:
            planted.mkdir(mode=0o700)
            planted.chmod(0o755)
        line = refusal(folder)
        assert line == f"The socket folder {planted} is not a private folder of this user: remove it"
    finally:
        if what == "open":
            planted.rmdir()
        else:
            planted.unlink()


def test_a_socket_folder_left_by_a_killed_keeper_is_used_again(made: Path) -> None:
    left = make_socket_folder(prepare(made))
    # Its number belongs to a living process: PostgreSQL alone would not dare to remove it.
    (left / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n{made}/postgres\n1\n5432\n{left}\n")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left / "valkey.sock"))
    with open_servers(made) as servers:
        assert both_answer(servers)
    assert not left.exists()


WITH_A_LIMIT_ON_FILES = """
import resource, sys
from pathlib import Path
from socialshop.infra.servers import StartupError, open_servers

resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))
try:
    with open_servers(Path(sys.argv[1])):
        print("serves")
except StartupError as error:
    print(error)
"""

ON_A_SMALL_DISK = """
import os, subprocess, sys
from pathlib import Path
from socialshop.infra.servers import StartupError, open_servers

disk = Path(sys.argv[1])

def mount(options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)

def attempt():
    try:
        with open_servers(disk / "var"):
            print("serves", flush=True)
    except StartupError as error:
        print(error, flush=True)

def fill():
    with open(disk / "filling", "ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass

mount("size=30m,mode=700")
attempt()
mount("remount,size=200m")
attempt()
fill()
attempt()
(disk / "filling").unlink()
attempt()
mount("remount,ro")
attempt()
"""


def test_a_full_and_a_read_only_disk(tmp_path: Path) -> None:
    """On a small disk of its own, in a mount namespace that an ordinary user may have too."""
    alone = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a disk of its own")
    done = subprocess.run(
        [*alone, sys.executable, "-c", ON_A_SMALL_DISK, str(tmp_path)],
        env=os.environ | PATH,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    too_small, serves, full, serves_again, read_only = done.stdout.splitlines()
    assert too_small.startswith("Cannot make the database: the disk that holds")
    assert "is full" in too_small
    assert serves == serves_again == "serves"
    assert "is full (0 MB left)" in full
    assert read_only == f"Cannot write to the data folder {tmp_path}/var: the disk is read-only"


def test_a_disk_that_refuses_in_the_middle(folder: Path) -> None:
    """A limit on the size of files stands for a quota: it lets initdb begin and fail."""
    done = subprocess.run(
        [sys.executable, "-c", WITH_A_LIMIT_ON_FILES, str(folder)],
        env=os.environ | PATH,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Cannot make the database: ")
    assert done.stdout.count("\n") == 1
    assert not (folder / "postgres").exists()
    with open_servers(folder) as servers:
        assert both_answer(servers)
