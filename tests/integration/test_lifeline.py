"""Children of a process end with it, also when it is killed: those of benches too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")

_SPAWNED = """
import time
from multiprocessing import get_context
from socialshop.infra import lifeline
def child(tells):
    lifeline.follow_parent()
    tells.put(__import__("os").getpid())
    time.sleep(600)
if __name__ == "__main__":
    spawn = get_context("spawn")
    told = spawn.SimpleQueue()
    process = spawn.Process(target=child, args=(told,))
    process.start()
    print(told.get(), flush=True)
    time.sleep(600)
"""
_TIED = """
import os, sys, time
from pathlib import Path
from socialshop.infra import lifeline
path = Path(sys.argv[1])
body = (
    "import os, sys, time; from pathlib import Path; from socialshop.infra import lifeline;"
    "lifeline.follow(); Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"
)
with lifeline.tied([sys.executable, "-c", body, str(path)], os.environ, 10):
    while not (path.exists() and path.read_text()):
        time.sleep(0.01)
    print(path.read_text(), flush=True)
    time.sleep(600)
"""


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("program", [_SPAWNED, _TIED], ids=["spawned", "tied"])
def test_a_child_ends_with_its_killed_parent(tmp_path: Path, program: str) -> None:
    script = tmp_path / "parent.py"
    script.write_text(program)
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "pid")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _alive(child)
        parent.send_signal(signal.SIGKILL)
    late = time.monotonic() + PATIENCE
    while _alive(child):
        assert time.monotonic() < late, "the child outlives its parent"
        time.sleep(0.02)
