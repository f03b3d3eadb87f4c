"""The watch process, `python -m socialshop.watch`: its settings, its servers, its beginning and its end."""

from __future__ import annotations

import asyncio
import resource
import signal
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from socialshop.infra import db, lifeline, logging, wired
from socialshop.infra.clock import SystemClock
from socialshop.infra.settings import Settings, current
from socialshop.infra.uow import in_unit_of_work
from socialshop.rooms import service as rooms
from socialshop.rooms.service import RoomEvents
from socialshop.watch.door import Door
from socialshop.watch.ears import Ears
from socialshop.watch.hub import Hub, Read, Unreadable

# Descriptors that are no watcher's: servers, logs, libraries.
_OTHER_DESCRIPTORS = 64

_log = structlog.get_logger(__name__)


def main() -> None:
    """Hold watchers' connections until a signal ends it, or the parent's end does."""
    settings = current()
    logging.configure(settings.log_level)
    structlog.contextvars.bind_contextvars(process="watch")
    lifeline.follow()
    asyncio.run(serve(_within_descriptors(settings)))


async def serve(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT, then let everybody go in order."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("DATABASE_URL and REDIS_URL are not set")
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    # One reader: rounds follow each other, and each takes all that changed.
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as reader:
        hub = Hub(_reading(_shop(settings), reader))
        ears = Ears(hub, settings.redis_url.get_secret_value())
        door = Door(settings, hub, lambda: {"hearing": ears.hearing})
        tasks = [asyncio.create_task(each) for each in (hub.run(), ears.listen(), ears.sweep(), door.beat())]
        server = await door.listen(settings.watch_port)
        stop = asyncio.create_task(asked_to_stop.wait())
        ended, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        server.close()
        await door.drain()
        for task in (stop, *tasks):
            task.cancel()
        for task in ended:
            # A task that ended by itself broke: the process ends with its error, and the parent starts another.
            task.result()


def _shop(settings: Settings) -> Flask:
    """The shop as far as a reader needs it: its database and its clock."""
    assert settings.database_url is not None
    app = Flask("socialshop", static_folder=None)
    wired.attach(app, settings, SystemClock())
    db.attach(app, url=settings.database_url.get_secret_value(), pool_size=1)
    return app


def _reading(app: Flask, reader: ThreadPoolExecutor) -> Read:
    def read(after: Mapping[uuid.UUID, int]) -> Mapping[uuid.UUID, RoomEvents]:
        with app.app_context():
            try:
                return in_unit_of_work(lambda uow: rooms.events_of_rooms(uow, after))
            except (DBAPIError, SQLAlchemyError) as error:
                raise Unreadable from error

    async def read_aside(after: Mapping[uuid.UUID, int]) -> Mapping[uuid.UUID, RoomEvents]:
        return await asyncio.get_running_loop().run_in_executor(reader, read, after)

    return read_aside


def _within_descriptors(settings: Settings) -> Settings:
    """As many watchers as this process may have descriptors; it takes all that the system lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.watchers + _OTHER_DESCRIPTORS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft < wanted:
        _log.warning("fewer watchers than set: raise the limit of open files", watchers=soft - _OTHER_DESCRIPTORS)
        return settings.model_copy(update={"watchers": soft - _OTHER_DESCRIPTORS})
    return settings


if __name__ == "__main__":
    main()
