"""A shop of points with missions, links and sponsors, in a few lines."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from points_shop import PointsShop, rows
from sqlalchemy import text

from socialshop.infra.uow import unit_of_work
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.rules import MissionKind, Repeats
from socialshop.loyalty.service import missions
from socialshop.loyalty.service.missions import MissionRow, NewMission, Terms

ADMIN = uuid.uuid4()
DEEDS = "SELECT payload FROM outbox_events WHERE name = 'DeedsDone' ORDER BY id"


class MissionShop(PointsShop):
    """A shop of points with missions, links and sponsors; every event is told twice."""

    def mission(self, kind: str, times: int = 2, gives: int = 40, repeats: str = "month", days: int = 90) -> MissionRow:
        closes_at = self.clock.now() + timedelta(days=days)
        terms = Terms("任务", "Mission", times, gives)
        new = NewMission(MissionKind(kind), Repeats(repeats), None, closes_at, terms)
        return self.do(lambda uow: missions.add(uow, ADMIN, new))  # type: ignore[no-any-return]

    def placed(
        self, buyer: int, paid: int = 1_000, *, sponsor: int | None = None, link: uuid.UUID | None = None
    ) -> uuid.UUID:
        """An order that nobody was told of yet."""
        order_id = uuid.uuid4()
        values = {"id": order_id, "buyer": buyer, "paid": paid, "room": self.room, "now": self.clock.now()}
        more = {"uplines": [sponsor] if sponsor else [], "link": link}
        with unit_of_work(self.clock) as uow:
            uow.session.execute(text(_ORDER), values | more)
        return order_id

    def sell(
        self, buyer: int, paid: int = 1_000, *, sponsor: int | None = None, link: uuid.UUID | None = None
    ) -> uuid.UUID:
        """An order that is noted as a sale."""
        order_id = self.placed(buyer, paid, sponsor=sponsor, link=link)
        for _ in range(2):
            self.do(lambda uow: loyalty.note_sales(uow, [{"order_ids": [str(order_id)]}]))
        return order_id

    def refund_order(self, order_id: uuid.UUID, amount: int = 10**9) -> None:
        """Money goes back, and nobody is told yet."""
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text("UPDATE orders SET refunded_minor = least(total_minor, refunded_minor + :a) WHERE id = :id"),
                {"id": order_id, "a": amount},
            )

    def send_back(self, order_id: uuid.UUID, amount: int = 10**9) -> None:
        """Money goes back, and is noted."""
        self.refund_order(order_id, amount)
        for _ in range(2):
            self.do(lambda uow: loyalty.note_refunds(uow, [{"order_id": str(order_id)}]))

    def link(self, owner: int) -> uuid.UUID:
        link_id = uuid.uuid4()
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text(
                    "INSERT INTO invite_links (id, code, kind, owner_id, created_at)"
                    " SELECT :id, :code, 'member', id, now() FROM members WHERE number = :n"
                ),
                {"id": link_id, "code": link_id.hex[:10].upper(), "n": owner},
            )
        return link_id

    def follow_deeds(self) -> None:
        told: list[dict[str, Any]] = [dict(row.payload) for row in rows(DEEDS)]
        for _ in range(2):
            self.do(lambda uow: missions.on_deeds_done(uow, told))

    def done(self, member: int, mission: MissionRow) -> list[tuple[int, bool, int]]:
        return rows(  # type: ignore[return-value]
            "SELECT done, rewarded, grants FROM mission_progress WHERE member = :m AND mission_id = :id"
            " ORDER BY begins_at",
            m=member,
            id=mission.id,
        )


_ORDER = """
    INSERT INTO orders (id, source, buyer, uplines, link_id, status, currency, total_minor, ordered_at, room_id,
        return_days, received_at, completes_at)
    VALUES (:id, 'room', :buyer, CAST(:uplines AS bigint[]), :link, 'received', 'CNY', :paid, :now, :room, 7, :now,
        CAST(:now AS timestamptz) + interval '7 days')
"""
