"""What a person is told when the servers cannot be had."""

import errno

_WHY = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOLCK: "this file system has no locks",
    errno.EOPNOTSUPP: "this file system has no locks",
}


class StartupError(Exception):
    """One clear line for a person; the console prints it and exits 1."""


def refused(what: str, error: OSError) -> StartupError:
    """Turn a refusal of the operating system into the one line: what was wanted, and why not."""
    why = _WHY.get(error.errno or 0) or (error.strerror or str(error)).lower()
    return StartupError(f"{what}: {why}")
