"""What the demo's members do beside buying: a plan bought and one on trial, days in a row, answers, coupons, points."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from socialshop.cli import demo_offers, demo_world
from socialshop.cli.demo_offers import Offered

if TYPE_CHECKING:
    from socialshop.infra.uow import UnitOfWork
    from socialshop.payments.gateway import Gateways

_GIFT = 200
_GIFT_AFTER = timedelta(days=3)
_DAYS_IN_A_ROW = 6
_FRIENDS = tuple(f"demo-{number:03}" for number in range(1, 8))
_LOGINS = (demo_world.MEMBER, demo_world.LEADER)


def begin(uow: UnitOfWork, admin: uuid.UUID, offered: Offered, gateways: Gateways) -> None:
    """All that needs no job before it. Where no provider is, the plan waits for its payment."""
    from socialshop.identity import service as identity
    from socialshop.infra import wired
    from socialshop.loyalty import service as loyalty

    zone = wired.settings().time_zone
    numbers = {name: identity.number_of(uow, name) for name in (*_LOGINS, *_FRIENDS)}
    ids = {each.number: each.id for each in identity.named(uow, numbers=list(numbers.values()))}
    member, leader = (numbers[name] for name in _LOGINS)
    _buy_plan(uow, member, zone, gateways)
    _try_plan(uow, leader, zone)
    _give_points(uow, admin, [ids[number] for number in numbers.values()])
    _check_in(uow, member, zone)
    _answer(uow, [numbers[name] for name in _FRIENDS], offered.survey)
    loyalty.issue_coupon(uow, admin, offered.thanks, list(ids.values()), "thanks")


def follow(uow: UnitOfWork) -> None:
    """What the schedule would do next: months of plans, the day's coupons, warnings, the campaign."""
    from socialshop.infra import wired
    from socialshop.loyalty import service as loyalty
    from socialshop.loyalty.service import boards, campaigns
    from socialshop.memberships import service as memberships

    zone = wired.settings().time_zone
    memberships.begin_months(uow, zone)
    memberships.recognise_due(uow, zone)
    while loyalty.hand_out_due(uow, zone):
        pass
    loyalty.warn_expiring(uow)
    campaigns.announce(uow)
    campaigns.give_coupons(uow)
    boards.write_boards(uow)


def _buy_plan(uow: UnitOfWork, member: int, zone: str, gateways: Gateways) -> None:
    from socialshop.memberships import service as memberships
    from socialshop.payments import service as payments
    from socialshop.payments.rules import Outcome

    memberships.buy(uow, member, plan=demo_offers.PLAN, term="year", renews=True, zone=zone)
    due = memberships.subscriptions_of(uow, member)[0].due
    if due is not None and due.payment.provider in gateways:
        payments.pay(uow, gateways, due.payment.id, member, Outcome.SUCCEEDED)


def _try_plan(uow: UnitOfWork, member: int, zone: str) -> None:
    from socialshop.memberships import service as memberships

    memberships.begin_trial(uow, member, plan=demo_offers.PLAN, zone=zone)


def _give_points(uow: UnitOfWork, admin: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """A gift of the opening days, by now about to expire."""
    from socialshop.loyalty import service as loyalty

    then = replace(uow, now=uow.now - timedelta(days=demo_world.DAYS) + _GIFT_AFTER)
    for member_id in ids:
        loyalty.adjust(then, admin, member_id, _GIFT, "开业礼 / an opening gift")


def _check_in(uow: UnitOfWork, member: int, zone: str) -> None:
    """Day after day until yesterday: today's makes the seventh in a row."""
    from socialshop.loyalty import service as loyalty

    for days in range(_DAYS_IN_A_ROW, 0, -1):
        loyalty.check_in(replace(uow, now=uow.now - timedelta(days=days)), member, zone)


def _answer(uow: UnitOfWork, members: Sequence[int], survey: uuid.UUID) -> None:
    """Enough of them that what they said is shown."""
    from socialshop.loyalty.service import surveys
    from socialshop.loyalty.survey_rules import Given

    words = ("多一些小包装。", "More oolong, please.", None)
    for place, member in enumerate(members):
        said = words[place % len(words)]
        given = [Given(1, [place % 3 + 1]), Given(2, [5 - place % 2]), *([Given(3, (), said)] if said else [])]
        surveys.answer(uow, member, survey, given)
