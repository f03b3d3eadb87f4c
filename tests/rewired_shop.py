"""One wired shop a test process, put on one database after the other.

To wire a shop for each test costs more than most tests do: its routes and limits are built, and each engine and each
set of templates compiles everything anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event, make_url

from socialshop.app import create_app
from socialshop.infra import redis, spool, wired
from socialshop.infra.clock import SystemClock
from socialshop.infra.db import db, normalized_url
from socialshop.infra.settings import Settings


def shop_settings(database_url: str, redis_url: str) -> Settings:
    """What a shop of tests is set to."""
    return Settings(
        environment="test",
        database_url=database_url,
        redis_url=redis_url,
        secret_key="test-only",
        database_pool=5,
        # Where a test starts a whole shop, each process takes two seconds of a processor to come up.
        web_workers=1,
        job_workers=1,
    )


class RewiredShop:
    """A shop whose connections lead where the test at hand says. Its routes, limits and names stay."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self._database = ""
        with self.app.app_context():
            event.listen(db.engine, "do_connect", self._name_database)
        self._extensions = dict(self.app.extensions)
        self._views = dict(self.app.view_functions)

    def _name_database(self, _dialect: object, _record: object, _arguments: object, parameters: dict[str, Any]) -> None:
        parameters["dbname"] = self._database

    @contextmanager
    def on(self, settings: Settings) -> Iterator[Flask]:
        """The shop with an open app context, on the database and data folder of `settings` and on an empty Redis.

        What a test hangs into the shop is gone after it. Servers and limits are those that the shop was wired with.
        """
        assert settings.database_url is not None
        url = settings.database_url.get_secret_value()
        self._database = make_url(url).database or ""
        self.app.config["SQLALCHEMY_DATABASE_URI"] = normalized_url(url)
        wired.attach(self.app, settings, SystemClock())
        spool.attach(self.app, settings.data_dir, url)
        try:
            with self.app.app_context():
                redis.client().flushdb()
                yield self.app
                db.session.remove()
                db.engine.dispose()
        finally:
            self._forget()

    def _forget(self) -> None:
        self.app.extensions.clear()
        self.app.extensions.update(self._extensions)
        self.app.view_functions.update(self._views)
        self.app.extensions["socialshop_limiter"].enabled = True
        self.app.extensions["socialshop_redis"].close()
