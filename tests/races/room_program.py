"""All that workers do about rooms, until nothing is due, in one process that a test kills."""

from __future__ import annotations

from socialshop.app import create_app
from socialshop.infra.uow import in_unit_of_work
from socialshop.rooms import service as rooms
from tests.due_work import work


def work_off() -> None:
    """Settings come from the environment."""
    with create_app().app_context():
        while in_unit_of_work(rooms.release_lapsed_holds) or in_unit_of_work(rooms.expire_due):
            pass
        work()
