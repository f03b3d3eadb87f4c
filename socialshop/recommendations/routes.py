"""Deals for you, over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.recommendations import service
from socialshop.recommendations.schemas import HowMany, RecommendationList
from socialshop.web.auth import SIGNED_IN
from socialshop.web.languages import best_language
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("recommendations", __name__, tag="Deals")


@room.operation(
    "GET",
    "/me/recommendations",
    access=SIGNED_IN,
    query=HowMany,
    replies=Reply(200, RecommendationList, "Deals for you, the strongest reason first."),
)
def list_recommendations(call: Call[Nothing, HowMany]) -> Answer:
    """Deals that you can buy now and may like, each with its reason, in English or Chinese (`Accept-Language`).

    Without your consent `personalisation` they are the same for everybody.
    """

    def read(uow: UnitOfWork) -> Answer:
        found = service.recommend(uow, call.caller.number, best_language(), call.query.limit)
        return Answer(RecommendationList.of(found), headers={"Vary": "Accept-Language"})

    return call.transact(read)
