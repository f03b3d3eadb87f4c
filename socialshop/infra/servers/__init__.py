"""Embedded PostgreSQL and Valkey: nothing to install, nothing left running."""

from socialshop.infra.servers.client import Servers, open_servers
from socialshop.infra.servers.errors import StartupError

__all__ = ["Servers", "StartupError", "open_servers"]
