"""What a server process does to itself between fork and exec: shed root, and tie its life to the keeper's.

PostgreSQL refuses to run as root. A user namespace of one user answers that without touching any file:
inside, root is somebody else; outside, the files stay root's. Where namespaces are off (often so in
containers), another user of the machine owns the database folder and keeps just the capability to reach it.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from socialshop.infra.servers.errors import StartupError, refused
from socialshop.infra.servers.folder import DataFolder

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522
_CLONE_NEWUSER = 0x10000000
_OVERFLOW_UID = 65534


@dataclass(frozen=True)
class PostgresUser:
    """As whom PostgreSQL's processes run: `become` is called in the child."""

    become: Callable[[], None]
    stand_in: pwd.struct_passwd | None = None

    def take_over(self, path: Path) -> None:
        """Hand a folder just made by us to the stand-in, if there is one. Raises StartupError."""
        if self.stand_in is not None:
            try:
                os.chown(path, self.stand_in.pw_uid, self.stand_in.pw_gid)
            except OSError as error:
                raise refused(f"Cannot give {path} to the user {self.stand_in.pw_name}", error) from None


# Loaded before any fork: a child between fork and exec should only call, not load.
_libc = ctypes.CDLL(None, use_errno=True)


def follow_keeper(keeper: int, goodbye: signal.Signals) -> None:
    """In the child: be sent `goodbye` when the keeper dies, however it dies (Linux; elsewhere see guard.py).

    The signal follows the thread that forked, and a change of user forgets it: the keeper forks from its main
    thread and this is the last step.
    """
    if sys.platform != "linux":
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(goodbye), 0, 0, 0)
    if os.getppid() != keeper:
        # It died before the call: no signal will come.
        os._exit(1)


def choose_postgres_user(folder: DataFolder, postgres: Path) -> PostgresUser:
    """Somebody whom PostgreSQL accepts. Raises StartupError if there is nobody."""
    me = os.geteuid()
    if me != 0 and _has_name(me):
        return PostgresUser(become=lambda: None)
    owner = folder.postgres.stat().st_uid if folder.postgres.exists() else me
    if owner == me:
        user = _namespace_user()
        if user and _works(user, folder, postgres):
            return user
    if me == 0:
        user = _stand_in_user(owner)
        if user and _works(user, folder, postgres):
            return user
        raise StartupError(
            "PostgreSQL refuses to run as root, and neither a user namespace nor another user can run it "
            "here: start as an ordinary user, or set DATABASE_URL and REDIS_URL"
        )
    raise StartupError(
        f"PostgreSQL refuses to run for user number {me}, which has no name on this machine: "
        "add it to /etc/passwd, or set DATABASE_URL and REDIS_URL"
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _works(user: PostgresUser, folder: DataFolder, postgres: Path) -> bool:
    """Try on a harmless call: can we become that user, who reaches the folder and the binary?"""

    def try_to_become() -> None:
        user.become()
        os.chdir(folder.root)
        # initdb looks for postgres beside itself by access(), which may refuse what exec would run.
        if not os.access(postgres, os.X_OK):
            raise PermissionError

    try:
        tried = subprocess.run(  # noqa: S603
            [postgres, "--version"],
            preexec_fn=try_to_become,  # the keeper has one thread
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


def _namespace_user() -> PostgresUser | None:
    """Become, in a user namespace of our own, a user that has a name here (initdb looks it up)."""
    if sys.platform != "linux":
        return None
    names = [user for user in pwd.getpwall() if user.pw_uid not in (0, _OVERFLOW_UID)]
    if not names:
        return None
    inner, outer = names[0], (os.geteuid(), os.getegid())

    def become() -> None:
        if _libc.unshare(_CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{inner.pw_uid} {outer[0]} 1")
        Path("/proc/self/gid_map").write_text(f"{inner.pw_gid} {outer[1]} 1")

    return PostgresUser(become)


def _stand_in_user(owner: int) -> PostgresUser | None:
    """Another user of the machine who still reaches the folder, though its parents are closed to others."""
    stand_in = _stand_in(owner)
    if stand_in is None:
        return None

    def become() -> None:
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
            # Without this bit access() ignores the capabilities of everybody but root.
            _libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
        os.setgroups([])
        os.setgid(stand_in.pw_gid)
        os.setuid(stand_in.pw_uid)
        if sys.platform == "linux":
            _keep_reach()

    return PostgresUser(become, stand_in)


def _stand_in(owner: int) -> pwd.struct_passwd | None:
    """The user who owns the database folder already, else one made for such work."""
    if owner != 0:
        return pwd.getpwuid(owner) if _has_name(owner) else None
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    return users.get("postgres") or users.get("nobody") or next(iter(users.values()), None)


def _keep_reach() -> None:
    # Without the capability (dropped by a container) nothing is lost where the folders are open anyway:
    # the trial run tells.
    reach = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(reach, reach, reach, 0, 0, 0)
    if _libc.capset(header, sets) == 0:
        _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)
