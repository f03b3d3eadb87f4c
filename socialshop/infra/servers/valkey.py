"""The embedded Valkey: starting it, asking whether it is ready, and why it did not start."""

import re
import signal
import socket
from pathlib import Path

from socialshop.infra.servers.binaries import find_valkey
from socialshop.infra.servers.folder import DataFolder
from socialshop.infra.servers.process import Server, start, why_it_failed

_GRAVE = re.compile(r"^(?:\d+:\w .+? # (?!WARNING)|\*\*\* )(?P<why>.+)")


class Valkey:
    """The Valkey of one data folder. Raises StartupError when no binary runs here."""

    def __init__(self, folder: DataFolder, sockets: Path, life: int) -> None:
        self.folder = folder
        self.socket = sockets / "valkey.sock"
        self.life = life
        self.binary = find_valkey()

    def begin(self) -> Server:
        """Start the server; it is ready when `is_ready` says so."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder.valkey),
            "appendonly": "yes",
            "save": "",
            "databases": "64",  # one for each process of a test run
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": "",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return start("valkey", [self.binary, *options], self.folder, life=self.life, goodbye=signal.SIGTERM)

    def is_ready(self, _server: Server) -> bool:
        """Whether it answers; while it loads its files it says LOADING."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def why(self, server: Server) -> str:
        """The reason why it ended, in one line."""
        return why_it_failed(server, _GRAVE, self.folder)
