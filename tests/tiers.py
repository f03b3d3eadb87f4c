"""A shop whose members climb tiers: sales, refunds and deeds, told as the workers tell them; time that is passed in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from payment_shop import a_member, rows
from sqlalchemy import text

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.memberships import service as memberships
from socialshop.memberships.programme import Programme
from socialshop.memberships.service import Activity

ZONE = "Asia/Shanghai"


def a_programme(ladder: Sequence[tuple[str, int]], **more: object) -> Programme:
    """A programme of these tiers, (code, threshold) each, with nothing to give but what is said."""
    document: dict[str, object] = {
        "name": "Another",
        "period_days": 365,
        "grace_days": 10,
        "spend": [{"currency": "CNY", "minor_per_point": 100}],
        "tiers": [{"code": c, "name_zh": c, "name_en": c.title(), "threshold": t} for c, t in ladder],
    }
    return Programme.model_validate(document | more)


@dataclass
class Shop:
    """What happens to members, and where they stand then."""

    app: Flask
    clock: ManualClock

    def member(self) -> int:
        with unit_of_work(self.clock) as uow:
            return a_member(uow)

    def sell(
        self,
        buyer: int,
        total_minor: int,
        *,
        uplines: Sequence[int] = (),
        told: bool = True,
        currency: str = "CNY",
    ) -> uuid.UUID:
        order = uuid.uuid4()
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text(
                    "INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at,"
                    " received_at) VALUES (:id, 'import', :buyer, :uplines, 'received', :currency, :total, :now, :now)"
                ),
                {
                    "id": order,
                    "buyer": buyer,
                    "uplines": list(uplines),
                    "currency": currency,
                    "total": total_minor,
                    "now": uow.now,
                },
            )
        if told:
            self.confirm(order)
        return order

    def confirm(self, *orders: uuid.UUID) -> None:
        payloads = [{"order_ids": [str(order) for order in orders]}]
        in_unit_of_work(lambda uow: memberships.on_orders_confirmed(uow, payloads), self.clock)

    def refund(self, order: uuid.UUID, amount_minor: int) -> uuid.UUID:
        refund = uuid.uuid4()
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text("UPDATE orders SET refunded_minor = refunded_minor + :amount WHERE id = :id"),
                {"amount": amount_minor, "id": order},
            )
        self.tell_refund(refund, order)
        return refund

    def tell_refund(self, refund: uuid.UUID, order: uuid.UUID) -> None:
        payloads = [{"refund_id": str(refund), "order_id": str(order)}]
        in_unit_of_work(lambda uow: memberships.on_order_refunded(uow, payloads), self.clock)

    def act(self, member: int, kind: str, source: str) -> int:
        acts = [Activity(member, kind, source)]
        return in_unit_of_work(lambda uow: memberships.add_activity(uow, acts, ZONE), self.clock)[0]

    def pass_days(self, days: int) -> None:
        """Let so many days pass, and evaluate on the last."""
        self.clock.advance(timedelta(days=days))
        while in_unit_of_work(lambda uow: memberships.evaluate_due(uow, ZONE), self.clock):
            pass

    def draft(self, ladder: Sequence[tuple[str, int]], **more: object) -> uuid.UUID:
        with unit_of_work(self.clock) as uow:
            return memberships.draft_programme(uow, uuid.uuid4(), a_programme(ladder, **more)).id

    def bring_into_force(self, programme: uuid.UUID, at: datetime | None = None) -> int:
        with unit_of_work(self.clock) as uow:
            number = memberships.publish_programme(uow, uuid.uuid4(), programme, at).number
            assert number is not None
            return number

    def publish(self, ladder: Sequence[tuple[str, int]], at: datetime | None = None, **more: object) -> int:
        return self.bring_into_force(self.draft(ladder, **more), at)

    def standing(self, member: int) -> tuple[str, int, datetime | None]:
        """Tier, growth, and when the tier goes if nothing happens."""
        found: tuple[str, int, datetime | None] = rows(
            "SELECT tier, growth, lapses_at FROM member_standings WHERE member = :m", m=member
        )[0]
        return found

    def changes(self, member: int) -> list[tuple[str, str, str, int, int]]:
        return rows(
            "SELECT kind, from_tier, to_tier, growth, threshold FROM tier_changes WHERE member = :m ORDER BY id",
            m=member,
        )
