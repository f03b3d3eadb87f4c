"""Real parts for every test: one PostgreSQL and one Valkey a run, one database a test, cloned from a template.

Where a test's time goes besides the test: to a database (0.05 s, made ahead while another test runs), to processes
that it starts (a second each, most of it imports), and to what it makes first by many requests: where all tests of a
file begin with the same, they clone a database that has it, as those on `lived_in` do.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from cloned_databases import Template, no_other_migrates, run_outside
from flask import Flask
from rewired_shop import RewiredShop, shop_settings

from socialshop.identity import passwords
from socialshop.infra import schema
from socialshop.infra.servers import Servers, open_servers

if TYPE_CHECKING:
    from someone_elses import Belongings

ROOT = Path(__file__).resolve().parent.parent

# What looks at pages in a browser needs parts of its own: make test-browser installs them.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["browser"]

# A new database is 700 files, and a file system on disk may take a millisecond for each: half of the time of all tests.
# Where there is memory to spare, a run's folder lies in it; pytest removes it.
_IN_MEMORY, _ROOM = Path("/dev/shm"), 8 << 30
if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))

# What collecting makes stays: to look through it for garbage again and again took a quarter of collecting's time.
gc.disable()

# Started in the background of a shell, this process ignores both, and so would every process that a test starts and
# ends by them.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """From here on garbage is looked for among what tests make."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Servers]:
    """The user's own servers where both URLs are set, else embedded ones, shared by all processes of this run."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield Servers(database_url=os.environ["DATABASE_URL"], redis_url=os.environ["REDIS_URL"])
        return
    folder = tmp_path_factory.getbasetemp()
    # Of several processes each has a folder in the run's.
    with open_servers((folder.parent if worker_id.startswith("gw") else folder) / "servers") as found:
        _no_waiting_for_the_disk(found.database_url)
        yield found


def _no_waiting_for_the_disk(database_url: str) -> None:
    """What tests write need not outlive the machine's power, and waiting for a disk takes long where it is one.

    A killed server loses nothing by it, and those that tests kill have folders and settings of their own.
    """
    run_outside(
        database_url,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    )


@pytest.fixture(scope="session")
def redis_url(servers: Servers, worker_id: str) -> str:
    """A Redis database of this test process's own."""
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    return f"{servers.redis_url}?db={number}"


@pytest.fixture(scope="session")
def rewired_shop(servers: Servers, redis_url: str) -> RewiredShop:
    """The shop that this test process wires once."""
    return RewiredShop(shop_settings(servers.database_url, redis_url))


@pytest.fixture(scope="session")
def empty_template(servers: Servers, rewired_shop: RewiredShop, redis_url: str) -> Iterator[Template]:
    """A migrated database with nothing in it, to clone."""
    with Template.opened(servers.database_url) as found:
        with no_other_migrates(found.url), rewired_shop.on(shop_settings(found.url, redis_url)) as app:
            schema.migrate(app)
        yield found


@pytest.fixture(scope="session")
def lived_in(
    servers: Servers, empty_template: Template, rewired_shop: RewiredShop, redis_url: str
) -> Iterator[tuple[Template, Belongings]]:
    """A database with an object of every kind, all of them one member's, to clone; and what there is."""
    from someone_elses import belongings

    with Template.opened(servers.database_url, empty_template.name) as found:
        with rewired_shop.on(shop_settings(found.url, redis_url)) as app:
            theirs = belongings(app)
        yield found, theirs


@pytest.fixture(scope="session")
def template(empty_template: Template) -> Template:
    """What each test's database begins as. A file of tests may have another one in this one's place."""
    return empty_template


@pytest.fixture
def database_url(template: Template) -> Iterator[str]:
    """A database of this test's own."""
    with template.clone() as url:
        yield url


@pytest.fixture
def app(rewired_shop: RewiredShop, database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Flask]:
    """A wired shop with an open app context, on this test's own database and folder and an empty Redis."""
    settings = shop_settings(database_url, redis_url).model_copy(update={"data_dir": tmp_path})
    with rewired_shop.on(settings) as application:
        yield application


@pytest.fixture
def new_shop(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Flask]:
    """As `app`, but wired anew: before its first request a shop takes more routes."""
    settings = shop_settings(database_url, redis_url).model_copy(update={"data_dir": tmp_path})
    with RewiredShop(settings).on(settings) as application:
        yield application


_REAL_HASHER = passwords._hasher


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Members of tests are made by the thousand, and each hash costs 25 ms by design: here they cost nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def real_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's own cost of a hash, for tests of it."""
    monkeypatch.setattr(passwords, "_hasher", _REAL_HASHER)
