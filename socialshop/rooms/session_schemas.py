"""Wire shapes of what flash sessions brought."""

from __future__ import annotations

from socialshop.deals.service import SESSION_PREFIX
from socialshop.kernel.ids import to_public
from socialshop.rooms.service import SessionResults
from socialshop.web.schemas import MoneyWire, Wire, with_example

_MONEY = {"amount_minor": 39600, "currency": "CNY"}


class SessionDealWire(Wire):
    """What one deal of the session brought."""

    deal_id: str
    title: str
    seats: int
    filled_rooms: int
    sales: MoneyWire


class SessionLinkWire(Wire):
    """Who came by one link to the session; `yours` says whether it is yours."""

    code: str
    channel: str | None
    yours: bool
    views: int
    members: int
    orders: int


class ResultsWire(Wire):
    """What a session brought so far: `sales` a sum a currency, `links` the hundred that brought most people."""

    model_config = with_example(
        {
            "session_id": "fls_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "views": 31,
            "members": 3,
            "seats": 4,
            "filled_rooms": 2,
            "sales": [_MONEY],
            "deals": [
                {
                    "deal_id": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz",
                    "title": "Tea for two",
                    "seats": 4,
                    "filled_rooms": 2,
                    "sales": _MONEY,
                }
            ],
            "links": [{"code": "7KQ2M9XWTB", "channel": None, "yours": True, "views": 31, "members": 3, "orders": 4}],
        }
    )

    session_id: str
    views: int
    members: int
    seats: int
    filled_rooms: int
    sales: list[MoneyWire]
    deals: list[SessionDealWire]
    links: list[SessionLinkWire]

    @classmethod
    def of(cls, results: SessionResults, reader: str) -> ResultsWire:
        """The wire form, for a reader of this public id."""
        return cls(
            session_id=to_public(SESSION_PREFIX, results.session_id),
            views=results.reach.views,
            members=results.reach.members,
            seats=results.seats,
            filled_rooms=results.filled,
            sales=[MoneyWire.of(one) for one in results.sales],
            deals=[
                SessionDealWire(
                    deal_id=to_public("deal", row.deal_id),
                    title=row.title,
                    seats=row.seats,
                    filled_rooms=row.filled,
                    sales=MoneyWire.of(row.sales),
                )
                for row in results.deals
            ],
            links=[
                SessionLinkWire(
                    code=link.code,
                    channel=link.channel,
                    yours=to_public("mbr", link.owner_id) == reader,
                    views=stats.views,
                    members=stats.members,
                    orders=stats.orders,
                )
                for link, stats in results.links
            ],
        )
