"""A user's own servers: can they be reached, and are they new enough?"""

import logging
import re
from typing import TYPE_CHECKING

from socialshop.infra.servers.errors import StartupError

if TYPE_CHECKING:
    import redis

_OLDEST_POSTGRES = 150_000
_OLDEST_REDIS = (6, 2)
_CONNECT_SECONDS = 5
_DATABASE_FORM = "postgresql://user:password@host:5432/name"
_REDIS_FORM = "redis://:password@host:6379/0"

_log = logging.getLogger(__name__)


def check_own_servers(database_url: str, redis_url: str) -> None:
    """Raise StartupError, one line without the password, if either server cannot serve.

    That is: a wrong URL, unreachable, not let in, PostgreSQL before 15, Redis before 6.2. A Redis that may
    evict jobs is only warned about: the database remains the truth.
    """
    _check_postgres(database_url)
    _check_redis(redis_url)


def check_database_url(url: str) -> str:
    """The URL in the driver's own spelling, asking no server. Raises StartupError, without the password."""
    from psycopg import ProgrammingError, conninfo

    # The form with a driver is SQLAlchemy's; the driver itself knows the plain one.
    plain = re.sub(r"^postgresql\+psycopg://", "postgresql://", url)
    if not re.match(r"^postgres(ql)?://", plain):
        raise StartupError(f"DATABASE_URL is not of the form {_DATABASE_FORM}")
    try:
        conninfo.conninfo_to_dict(plain)
    except (ProgrammingError, UnicodeError):
        # The parser's message may quote a piece of the password.
        raise StartupError(f"DATABASE_URL cannot be read; its form is {_DATABASE_FORM}") from None
    return plain


def _check_postgres(url: str) -> None:
    import psycopg

    plain = check_database_url(url)
    try:
        with psycopg.connect(plain, connect_timeout=_CONNECT_SECONDS) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        raise StartupError(f"DATABASE_URL: {_one_line(error, url)}") from None
    if version < _OLDEST_POSTGRES:
        raise StartupError(f"DATABASE_URL: PostgreSQL {version // 10_000} is too old, 15 or newer is needed")


def _check_redis(url: str) -> None:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    once = Retry(NoBackoff(), 0)  # a person waits for the answer
    try:
        client = redis.Redis.from_url(
            url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=_CONNECT_SECONDS, retry=once
        )
    except (ValueError, TypeError):
        raise StartupError(f"REDIS_URL cannot be read; its form is {_REDIS_FORM}") from None
    try:
        with client:
            _check_redis_info(client)
    except (redis.RedisError, OSError, UnicodeError) as error:
        raise StartupError(f"REDIS_URL: {_one_line(error, url)}") from None


def _check_redis_info(client: "redis.Redis") -> None:
    info = client.info()
    version = str(info["redis_version"])
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < _OLDEST_REDIS:
        raise StartupError(f"REDIS_URL: Redis {version} is too old, 6.2 or newer is needed")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        _log.warning("REDIS_URL: maxmemory-policy is %s and may drop jobs; noeviction is advised", policy)


def _one_line(error: Exception, url: str) -> str:
    """The driver's reason in one line, which never holds a piece of the password."""
    if _is_ambiguous(url):
        # What the driver took for the host or the port may be half of the password.
        return "cannot connect; @ : / ? # in a password are written %40 %3A %2F %3F %23"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # Drivers add advice, and other addresses they tried, in lines of their own.
    reasons = [line for line in lines if "failed:" in line or "FATAL" in line]
    return next(iter([*reasons, *lines]), "no answer")


def _is_ambiguous(url: str) -> bool:
    """Whether the password holds signs that divide a URL, so that parsers cut it in different places."""
    match = re.match(r"^[^:]+://[^:]*:(?P<password>.*)@", url)
    return bool(match and re.search(r"[@/:?#]", match["password"]))
