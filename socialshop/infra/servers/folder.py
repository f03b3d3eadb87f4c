"""The data folder: what lies where, and whether it can be used at all."""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from socialshop.infra.servers.errors import StartupError, refused

# sun_path holds 108 bytes with its closing zero on Linux, 104 elsewhere; PostgreSQL adds its socket's name.
_LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")
_SOCKET_PATH_LIMIT = 103
_LOG_LIMIT = 10_000_000


@dataclass(frozen=True)
class DataFolder:
    """A prepared data folder, by its absolute path without links."""

    root: Path

    @property
    def postgres(self) -> Path:
        """The database cluster; it appears in one step when initdb has succeeded."""
        return self.root / "postgres"

    @property
    def unfinished_postgres(self) -> Path:
        """Where initdb works; what a killed one left is thrown away."""
        return self.root / "postgres.new"

    @property
    def valkey(self) -> Path:
        """Valkey's append-only files."""
        return self.root / "valkey"

    def lock(self, name: str) -> Path:
        """A lock file: users, start, servers or ready."""
        return self.root / "locks" / name

    def log(self, name: str) -> Path:
        """A log file: postgres, valkey or keeper."""
        return self.root / "logs" / f"{name}.log"

    def free_bytes(self) -> int:
        """Room left on the disk for this user."""
        room = os.statvfs(self.root)
        return room.f_bavail * room.f_frsize


def prepare(data_dir: Path) -> DataFolder:
    """Make the folder (0700) and what stands in it. Raises StartupError: a file, not writable, another's."""
    try:
        root = data_dir.expanduser().resolve()
        if root.exists() and not root.is_dir():
            raise StartupError(f"The data folder {root} is a file: choose another folder")
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = DataFolder(root)
        for part in (folder.lock("users").parent, folder.log("keeper").parent, folder.valkey):
            part.mkdir(mode=0o700, exist_ok=True)
        owner = folder.valkey.stat().st_uid
    except (FileExistsError, NotADirectoryError) as error:
        raise StartupError(f"Cannot use the data folder {data_dir}: {error.filename} is a file") from None
    except OSError as error:
        raise refused(f"Cannot write to the data folder {data_dir}", error) from None
    if owner != os.geteuid():
        # Files of two owners in one folder would lock out one of them at the next start.
        raise StartupError(
            f"The data folder {root} belongs to user number {owner}: run as that user, or choose another folder"
        )
    if not os.access(root, os.W_OK | os.X_OK):
        why = errno.EROFS if os.statvfs(root).f_flag & os.ST_RDONLY else errno.EACCES
        raise refused(f"Cannot write to the data folder {root}", OSError(why, ""))
    return folder


def check_holds_a_shop(data_dir: Path) -> None:
    """Raises StartupError if no database was ever made in the folder; it is left as it is."""
    root = data_dir.expanduser().resolve()
    if not root.is_file() and not DataFolder(root).postgres.exists():
        raise StartupError(f"There is no shop in {root}: name its folder by --data-dir or SOCIALSHOP_DATA_DIR")


def open_log(path: Path) -> int:
    """A descriptor that appends to a log. Raises StartupError."""
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise refused(f"Cannot write the log {path}", error) from None


def trim_log(path: Path) -> None:
    """Keep a log bounded: past the limit its content moves to `.1` and the file starts empty again.

    Its writers append and keep their descriptor, so the file is emptied in place; lines written between
    copy and cut are lost.
    """
    try:
        if path.stat().st_size > _LOG_LIMIT:
            shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)
    except OSError:
        # A full disk: better no older log than no room for the data.
        path.with_suffix(".log.1").unlink(missing_ok=True)


def make_socket_folder(folder: DataFolder) -> Path:
    """A private folder (0700) with a path short enough for sockets, the same for each start of this folder.

    Only for a keeper that knows itself alone: what a killed one left there is removed. Raises StartupError
    if something else lies there: whoever owned it could stand in for the database.
    """
    key = hashlib.sha256(os.fsencode(folder.root)).hexdigest()[:16]
    name = f"socialshop-{os.geteuid()}-{key}"
    # The fixed place first: a folder of a login session goes with it.
    bases = [Path("/tmp"), Path(os.environ.get("XDG_RUNTIME_DIR") or "/run"), folder.root]  # noqa: S108
    for base in bases:
        path = base / name
        if len(os.fsencode(path)) + _LONGEST_SOCKET_NAME > _SOCKET_PATH_LIMIT:
            continue
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            _refuse_foreign(path)
            _empty(path)
        except OSError:
            continue
        return path
    raise StartupError(f"No folder for sockets: {' and '.join(map(str, bases[:2]))} cannot be written")


def _refuse_foreign(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise StartupError(f"The socket folder {path} is not a private folder of this user: remove it")


def remove_socket_folder(path: Path) -> None:
    """Tidy up after the servers; a folder that resists is left, the next start checks it."""
    with contextlib.suppress(OSError):
        _empty(path)
        path.rmdir()


def _empty(path: Path) -> None:
    for entry in path.iterdir():
        entry.unlink(missing_ok=True)
