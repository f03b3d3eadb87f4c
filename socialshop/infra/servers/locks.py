"""Locks between processes that no killed process can leave behind.

A flock belongs to an open file, not to a process: every fork would hold it too, and a work-horse of a killed
worker would keep the servers up. So the copies are closed in each child, unless it is meant to hold the lock.
"""

import errno
import fcntl
import os
import weakref
from pathlib import Path

from socialshop.infra.servers.errors import refused

_private: "weakref.WeakSet[Lock]" = weakref.WeakSet()


class Lock:
    """One open file to lock. Two of them on one path exclude each other, also inside one process.

    With `inherited=True` children keep it: the lock is free only when all of them are gone.
    Raises StartupError when the file cannot be opened or the file system cannot lock.
    """

    def __init__(self, path: Path, *, inherited: bool = False) -> None:
        self.path = path
        try:
            self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise refused(f"Cannot open the lock file {path}", error) from None
        if not inherited:
            _private.add(self)

    @property
    def fd(self) -> int:
        """The open file. Raises ValueError once closed, also in a forked child."""
        if self._fd is None:
            raise ValueError(f"the lock {self.path} is closed in this process")
        return self._fd

    @property
    def is_open(self) -> bool:
        """False after close(), and in a child forked meanwhile."""
        return self._fd is not None

    def try_shared(self) -> bool:
        """Take or turn to the shared lock without waiting; False if another holds it exclusively."""
        return self._try(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Take or turn to the exclusive lock without waiting; False if another holds it at all.

        A failed attempt to turn a shared lock may lose the shared one: the kernel drops it first.
        """
        return self._try(fcntl.LOCK_EX)

    def still_at_its_path(self) -> bool:
        """Whether newcomers would open this very file: False once the folder was removed or replaced."""
        try:
            return os.path.samestat(os.fstat(self.fd), os.stat(self.path))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Give the lock up; closing twice, or in a forked child, does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self.fd, how | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise refused(f"Cannot lock {self.path}", error) from None
        return True


def _close_copies_in_child() -> None:
    # Closing only: LOCK_UN on the copy would release the parent's lock as well.
    for lock in list(_private):
        lock.close()


os.register_at_fork(after_in_child=_close_copies_in_child)
