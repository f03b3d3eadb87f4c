"""The web server's process: granian, one worker a core, one blocking thread each (`python -m socialshop.cli.web`)."""

from __future__ import annotations

import os
import shutil
from typing import Any

from socialshop.infra import lifeline, logging
from socialshop.infra.settings import Settings, current


def main() -> None:
    """Serve until a signal ends it, or the parent's end does. Settings come from the environment."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    settings = current()
    lifeline.follow()
    _share_metrics(settings)
    Server(
        "socialshop.cli.web:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        blocking_threads=1,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_level=LogLevels.warning,
    ).serve()


def _share_metrics(settings: Settings) -> None:
    """An empty folder in which the web workers add up their counts; read when prometheus_client is first imported."""
    folder = settings.data_dir / "metrics" / str(settings.port)
    shutil.rmtree(folder, ignore_errors=True)
    for each in (settings.data_dir, folder.parent, folder):
        each.mkdir(parents=True, mode=0o700, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def application() -> Any:
    """The WSGI application of one web worker, which ends with the shop even if granian's own parent was killed."""
    settings = current()
    lifeline.follow()
    logging.configure(settings.log_level)
    from socialshop.app import create_app

    return create_app(settings)


if __name__ == "__main__":
    main()
