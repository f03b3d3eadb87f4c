"""The composition root: settings in, a wired application out. Nothing else knows every room."""

from __future__ import annotations

from pathlib import Path

from apiflask import APIFlask
from flask_migrate import Migrate

from socialshop.infra import db, redis
from socialshop.infra.settings import Settings, current

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def create_app(settings: Settings | None = None) -> APIFlask:
    """Wire one shop. `settings` must name its database and Redis (the console fills in the embedded servers')."""
    config = settings or current()
    if config.database_url is None or config.redis_url is None:
        raise ValueError("DATABASE_URL and REDIS_URL are not set; the console starts embedded servers and sets them")
    app = APIFlask("socialshop", title="socialshop")
    app.extensions["socialshop_settings"] = config
    db.attach(app, url=config.database_url.get_secret_value(), pool_size=config.database_pool)
    redis.attach(app, config.redis_url.get_secret_value())
    Migrate(app, db.db, directory=str(MIGRATIONS))
    return app
