"""Embedded PostgreSQL and Valkey: nothing to install, nothing left running."""

from socialshop.infra.servers.binaries import find_client
from socialshop.infra.servers.client import Servers, are_kept, open_servers, run_alone
from socialshop.infra.servers.errors import StartupError
from socialshop.infra.servers.folder import check_holds_a_shop, prepare
from socialshop.infra.servers.own import check_database_url, check_own_servers

__all__ = [
    "Servers",
    "StartupError",
    "are_kept",
    "check_database_url",
    "check_holds_a_shop",
    "check_own_servers",
    "find_client",
    "open_servers",
    "prepare",
    "run_alone",
]
