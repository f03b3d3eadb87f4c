"""Sessions over HTTP; opening one is in onboarding, for its answer shows the member's place in the tree."""

from __future__ import annotations

from socialshop.identity import service
from socialshop.infra.uow import UnitOfWork
from socialshop.web.auth import SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("identity", __name__, tag="Sessions")


@room.operation("DELETE", "/sessions/current", access=SIGNED_IN, replies=Reply(204, None, "Signed out."))
def close_session(call: Call[Nothing, Nothing]) -> Answer:
    """Sign out: the token of this request is worth nothing any more."""

    def close(uow: UnitOfWork) -> Answer:
        service.close_session(uow, call.caller.session_id)
        return Answer(status=204)

    return call.transact(close)
