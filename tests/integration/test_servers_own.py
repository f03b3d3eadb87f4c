"""A user's own servers are checked before anything else, in one line that never shows the password."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_processes import ask, valkey

from socialshop.infra.servers import Servers, StartupError, check_own_servers, open_servers, own

FORM = "its form is postgresql://user:password@host:5432/name"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers that stand for a user's own; the role `guest` needs a password."""
    folder: Path = tmp_path_factory.mktemp("own") / "var"
    with open_servers(folder) as found:
        ask(found, "CREATE ROLE guest LOGIN PASSWORD 'moonlight'")
        rules = folder / "postgres" / "pg_hba.conf"
        rules.write_text("local all guest scram-sha-256\n" + rules.read_text())
        ask(found, "SELECT pg_reload_conf()")
        yield found


@pytest.fixture
def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def refusal(database_url: str, redis_url: str) -> str:
    """The one line with which they are refused."""
    with pytest.raises(StartupError) as caught:
        check_own_servers(database_url, redis_url)
    line = str(caught.value)
    assert "\n" not in line
    for secret in ("moon", "light"):
        assert secret not in line
    return line


def as_guest(servers: Servers, password: str) -> str:
    return servers.database_url.replace("//postgres@", f"//guest:{password}@")


def test_good_servers_pass(servers: Servers) -> None:
    check_own_servers(servers.database_url, servers.redis_url)
    check_own_servers(as_guest(servers, "moonlight").replace("+psycopg", ""), servers.redis_url)


@pytest.mark.parametrize(
    "url", ["", "moonlight", "mysql://u:moonlight@localhost/x", "postgresql+asyncpg://u:moonlight@localhost/x"]
)
def test_a_database_url_of_another_kind(url: str) -> None:
    assert refusal(url, "").startswith("DATABASE_URL is not of the form postgresql://")


@pytest.mark.parametrize("rest", ["u:moon%zzlight@localhost/x", "u:moonlight@localhost/x?nonsense=moonlight"])
def test_a_database_url_that_cannot_be_read(rest: str) -> None:
    assert refusal(f"postgresql://{rest}", "") == f"DATABASE_URL cannot be read; {FORM}"


@pytest.mark.parametrize("password", ["moon/light", "moon@light", "moon:light", "moon#light", "moon?light"])
def test_an_unescaped_sign_in_a_password(servers: Servers, password: str, closed_port: int) -> None:
    refusal(f"postgresql://guest:{password}@127.0.0.1:{closed_port}/socialshop", servers.redis_url)
    refusal(servers.database_url, f"redis://:{password}@127.0.0.1:{closed_port}/0")


def test_nobody_listens(servers: Servers, closed_port: int) -> None:
    line = refusal(f"postgresql://u:moonlight@127.0.0.1:{closed_port}/x", servers.redis_url)
    assert line.startswith("DATABASE_URL: ")
    assert line.endswith("Connection refused")
    line = refusal(servers.database_url, f"redis://:moonlight@127.0.0.1:{closed_port}/0")
    assert line.startswith("REDIS_URL: ")
    assert "Connection refused" in line


def test_a_host_that_does_not_exist(servers: Servers) -> None:
    assert "nowhere.invalid" in refusal("postgresql://u:moonlight@nowhere.invalid/x", servers.redis_url)
    assert "nowhere.invalid" in refusal(servers.database_url, "redis://:moonlight@nowhere.invalid/0")


def test_somebody_listens_and_never_answers(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_CONNECT_SECONDS", 2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert "timeout" in refusal(f"postgresql://u:moonlight@127.0.0.1:{port}/x", servers.redis_url)
        assert "imeout" in refusal(servers.database_url, f"redis://:moonlight@127.0.0.1:{port}/0")


def test_a_wrong_password(servers: Servers) -> None:
    line = refusal(as_guest(servers, "moonshine"), servers.redis_url)
    assert line.endswith('password authentication failed for user "guest"')
    with valkey(servers) as client:
        client.acl_setuser("guest", enabled=True, passwords=["+moonlight"], commands=["+@all"])
    line = refusal(servers.database_url, servers.redis_url.replace("unix://", "unix://guest:moonshine@"))
    assert "invalid username-password pair" in line


def test_a_database_that_does_not_exist(servers: Servers) -> None:
    line = refusal(servers.database_url.replace("/socialshop?", "/elsewhere?"), servers.redis_url)
    assert line.endswith('database "elsewhere" does not exist')


@pytest.mark.parametrize("url", ["", "moonlight", "http://:moonlight@localhost", "redis://localhost:moonlight/0"])
def test_a_redis_url_that_cannot_be_read(servers: Servers, url: str) -> None:
    assert refusal(servers.database_url, url).startswith("REDIS_URL cannot be read; its form is redis://")


def test_servers_too_old(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_OLDEST_REDIS", (99, 0))
    assert refusal(servers.database_url, servers.redis_url).endswith("is too old, 6.2 or newer is needed")
    monkeypatch.setattr(own, "_OLDEST_POSTGRES", 990_000)
    assert refusal(servers.database_url, servers.redis_url).endswith("is too old, 15 or newer is needed")


def test_a_redis_that_evicts_is_warned_about(servers: Servers, caplog: pytest.LogCaptureFixture) -> None:
    with valkey(servers) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        with caplog.at_level(logging.WARNING):
            check_own_servers(servers.database_url, servers.redis_url)
        client.config_set("maxmemory-policy", "noeviction")
    assert "allkeys-lru" in caplog.text
