"""docs/tour.md runs as written: its blocks, in one bash, against a shop of their own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path

import pytest
from patience import PATIENCE, SHOP_PATIENCE
from running_shop import ONE_OF_A_KIND

ROOT = Path(__file__).resolve().parents[2]
TOUR = ROOT / "docs" / "tour.md"
_TOUR_SECONDS = 480

pytestmark = [
    pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="the tour needs bash, curl"),
    pytest.mark.timeout(1_200),
]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """The variables of somebody who has a fresh shop running from a folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    found = {
        **kept,
        **ONE_OF_A_KIND,
        "SOCIALSHOP_DATA_DIR": str(tmp_path / "data"),
        "PYTHONPATH": str(ROOT),
        "PATH": f"{_commands(tmp_path / 'bin')}{os.pathsep}{kept['PATH']}",
        "SHOP": f"http://127.0.0.1:{port}",
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "socialshop", "run", "--no-demo", "--port", str(port)]
    running = subprocess.Popen(command, env=found, stdout=subprocess.DEVNULL)
    try:
        late = time.monotonic() + SHOP_PATIENCE
        while not _is_ready(port):
            assert running.poll() is None, "the shop has ended"
            assert time.monotonic() < late, "the shop is not ready"
            time.sleep(0.2)
        yield found
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 0


def _commands(folder: Path) -> Path:
    """The console's command, also where the program runs from its folder without being installed."""
    folder.mkdir()
    command = folder / "socialshop"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m socialshop "$@"\n')
    command.chmod(0o755)
    return folder


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _blocks() -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```$", TOUR.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_tour_leads_from_a_link_to_the_payout_file(environment: Mapping[str, str]) -> None:
    blocks = _blocks()
    assert len(blocks) >= 10
    took = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(blocks)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_TOUR_SECONDS,
        check=False,
    )
    assert took.returncode == 0, took.stdout[-2000:] + took.stderr[-2000:]
    file = next(Path(environment["TMPDIR"]).glob("*/payouts.csv")).read_text(encoding="utf-8")
    assert "DE89370400440532013000" in file
    assert "CN¥10.00 off" in took.stdout
    assert took.stdout.splitlines()[-4:] == [
        "balanced: true",
        "chain_ok: true",
        "projection_ok: true",
        "audit_ok: true",
    ]
