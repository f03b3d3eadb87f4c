"""`python -m migrations.sql`: the whole schema as SQL on stdout, without a database; `make check` lints it."""

from __future__ import annotations

import sys
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory


def main() -> None:
    """Write what an upgrade from nothing to head would run."""
    folder = Path(__file__).resolve().parent
    config = Config()
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory(str(folder))

    def upgrade(revision: object, _context: object) -> object:
        return script._upgrade_revs("heads", revision)  # type: ignore[arg-type]

    with EnvironmentContext(config, script, fn=upgrade, as_sql=True, starting_rev=None) as environment:
        environment.configure(dialect_name="postgresql", output_buffer=sys.stdout, transactional_ddl=True)
        environment.run_migrations()


if __name__ == "__main__":
    main()
