"""A world with campaigns: many members at once, and sales that a campaign moved, or did not."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from points_shop import PointsShop, rows
from sqlalchemy import text

from socialshop.infra.uow import unit_of_work
from socialshop.loyalty.service import campaigns
from socialshop.loyalty.service.campaigns import Audience, CampaignRow, Metric, NewCampaign, Results

ACTOR = uuid.uuid4()
ZONE = "Asia/Shanghai"


@dataclass(slots=True)
class CampaignWorld(PointsShop):
    """A shop of points whose campaigns start in a day and last for a week."""

    def plan(self, **more: Any) -> CampaignRow:
        starts_at = self.clock.now() + timedelta(days=1)
        plain: dict[str, Any] = {
            "title_zh": "春",
            "title_en": "Spring",
            "theme": "spring",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(days=7),
            "audience": Audience("all"),
            "control_bps": 3_000,
            "goal": Metric.BUYERS,
            "target": 500,
        }
        return self.do(lambda uow: campaigns.add(uow, ACTOR, NewCampaign(**plain | more)))  # type: ignore[no-any-return]

    def draw(self, campaign: CampaignRow, span: int = 20_000) -> CampaignRow:
        """Draw it, by as many jobs as it takes."""
        self.do(lambda uow: campaigns.draw(uow, ACTOR, campaign.id))
        while self.find(campaign).is_drawing:
            self.draw_on(campaign, span)
        return self.find(campaign)

    def draw_on(self, campaign: CampaignRow, span: int) -> None:
        """One job of the draw."""
        told = [{"campaign_id": str(campaign.id)}]
        self.do(lambda uow: campaigns.on_draw_due(uow, told, span=span))

    def find(self, campaign: CampaignRow) -> CampaignRow:
        return self.do(lambda uow: campaigns.campaign(uow, campaign.id))  # type: ignore[no-any-return]

    def results(self, campaign: CampaignRow) -> Results:
        def read(uow: Any) -> Results:
            return campaigns.results(uow, campaigns.campaign(uow, campaign.id), "CNY", ZONE)

        return self.do(read)  # type: ignore[no-any-return]

    def add_members(self, count: int, joined_at: str = "2020-01-01Z") -> None:
        """So many more, with the next numbers, in one statement."""
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text(
                    "INSERT INTO members (id, number, joined_at) SELECT gen_random_uuid(), n, :joined FROM"
                    " generate_series((SELECT coalesce(max(number), 0) + 1 FROM members),"
                    " (SELECT coalesce(max(number), 0) + :count FROM members)) AS n"
                ),
                {"count": count, "joined": joined_at},
            )

    def members_of(self, campaign: CampaignRow, *, treated: bool) -> list[int]:
        query = "SELECT member FROM campaign_members WHERE campaign_id = :id AND treated = :t ORDER BY member"
        return [row[0] for row in rows(query, id=campaign.id, t=treated)]

    def sell_to(self, buyers: dict[int, int]) -> list[uuid.UUID]:
        """One sale to each of these buyers of so much, noted, now; without what points follow from it."""
        ids = [uuid.uuid4() for _ in buyers]
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text(_SALES),
                {
                    "ids": ids,
                    "buyers": list(buyers),
                    "paid": list(buyers.values()),
                    "room": self.room,
                    "now": self.clock.now(),
                },
            )
        return ids

    def sell_to_shares(self, campaign: CampaignRow, treated_percent: int, control_percent: int) -> None:
        """In the middle of the campaign so many of a hundred of each group buy; then it is over."""
        chance = random.Random(1)
        self.clock.advance(timedelta(days=3))
        buyers = {}
        for percent, group in ((treated_percent, True), (control_percent, False)):
            members = self.members_of(campaign, treated=group)
            buyers.update(
                {member: chance.randrange(5_000, 15_000) for member in members[: len(members) * percent // 100]}
            )
        self.sell_to(buyers)
        self.clock.advance(timedelta(days=30))


_SALES = """
    WITH placed AS (
        INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at, room_id,
            return_days, received_at, completes_at)
        SELECT id, 'room', buyer, '{}', 'received', 'CNY', paid, :now, :room, 7, :now,
            CAST(:now AS timestamptz) + interval '7 days'
        FROM unnest(CAST(:ids AS uuid[]), CAST(:buyers AS bigint[]), CAST(:paid AS bigint[])) AS t (id, buyer, paid)
        RETURNING id, buyer, total_minor
    )
    INSERT INTO loyalty_sales (order_id, buyer, currency, left_minor, placed_at)
    SELECT id, buyer, 'CNY', total_minor, :now FROM placed
"""
