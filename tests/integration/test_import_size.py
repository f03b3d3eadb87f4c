"""A million members and 200,000 orders through the console, in less than 1 GB of memory. (`make test-long`)"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from socialshop.bench import worlds

MEMBERS, ORDERS, SEED = 1_000_000, 200_000, 7


def _peak_mb(database_url: str, redis_url: str, *arguments: str | Path) -> int:
    """Run the console; the most memory that the process held, in MB."""
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "SOCIALSHOP_SECRET_KEY": "test"}
    process = subprocess.Popen([sys.executable, "-m", "socialshop", *map(str, arguments)], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return int(usage.ru_maxrss) // 1_000


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_a_million_members_and_their_orders_fit_in_a_gigabyte(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    world = worlds.generate(MEMBERS, ORDERS, SEED)
    worlds.write_members(world, tmp_path / "members.csv", SEED)
    worlds.write_orders(world, tmp_path / "orders.csv")
    for kind in ("members", "orders"):
        assert _peak_mb(database_url, redis_url, "import", kind, tmp_path / f"{kind}.csv", "--strict") < 1_000
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT (SELECT count(*) FROM referral_nodes), (SELECT count(*) FROM orders),"
                " (SELECT sum(total_minor) FROM orders), (SELECT count(*) FROM referral_nodes WHERE sponsor IS NULL)"
            )
        ).one()
    assert tuple(found) == (MEMBERS, ORDERS, int(world.amount_minor.sum()), int((world.sponsor < 0).sum()))
