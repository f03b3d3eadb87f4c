"""Clicks and views that pay publishers: counted, tallied once, capped, settled, struck out, replayed, explained."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import pytest
from after_sales import replayed, rows, settle, wallet
from bookkeeping import proved
from due_work import work
from flask import Flask
from sample_sales import NEW_YEAR, Sale, confirmed, place
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from test_weighed_legs import accrue, publish, sold, the_plan

from socialshop.commissions import service
from socialshop.commissions.errors import EffectiveBeforeOrder
from socialshop.commissions.sentences import say
from socialshop.commissions.service import Struck
from socialshop.commissions.store import counters, tallies
from socialshop.commissions.store.counters import Counter
from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.invites import service as invites
from socialshop.invites.gateway import subjects
from socialshop.invites.rules import Kind
from socialshop.invites.service import NewLink, Visit
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service import WalletBalances
from socialshop.notifications.sentences import Reader
from socialshop.notifications.sentences import say as notice
from socialshop.publishers import service as publishers
from socialshop.publishers.service import Site

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CLICK = {"kind": "click", "fixed_minor": 30}
VIEW = {"kind": "view", "per_thousand_minor": 1_500}
ADMIN = uuid.UUID(int=1)
# A shop's day begins at 16:00 UTC the day before: the first whole one of a publisher approved at New Year.
MORNING = NEW_YEAR + 16 * HOUR
ON = date(2026, 1, 2)


class World:
    """Member 1 publishes, member 2 does not; both have links of two channels."""

    def __init__(self) -> None:
        self.clock = ManualClock(NEW_YEAR)
        with unit_of_work(self.clock) as uow:
            place(uow, {1: None, 2: None, 3: 2, 4: 3})
            ids: dict[int, uuid.UUID] = dict(uow.session.execute(text("SELECT number, id FROM members")).all())  # type: ignore[arg-type]
            publishers.apply_to_publish(uow, 1, Site("Tea notes", "https://tea.example/", "blog"))
            publishers.decide(uow, ADMIN, ids[1], "approved", "Welcome.")
            self.links = {
                (member, channel): invites.create_link(
                    uow, ids[member], NewLink(Kind.MEMBER, None, channel), subjects()
                ).link
                for member in (1, 2)
                for channel in ("blog", "mail")
            }
            for channel in ("blog", "mail"):
                publishers.list_channel(uow, ADMIN, ids[1], channel, "Seen.")
        self.ids = ids

    def go_to(self, at: timedelta) -> None:
        """So long after the publisher's first whole day began."""
        self.clock.advance(MORNING + at - self.clock.now())

    def click(self, *visitors: str, member: int = 1, channel: str = "blog", bot: bool = False) -> None:
        """These visitors follow a link, and are judged."""
        with unit_of_work(self.clock) as uow:
            found = invites.landing(uow, self.links[member, channel].code, subjects())
        for visitor in visitors:
            invites.record_click(found, Visit(sha256(visitor.encode()).digest(), None, bot), self.clock.now())
        while in_unit_of_work(invites.judge_clicks, self.clock):
            pass

    def seen(self, views: int, channel: str = "blog", on: date = ON) -> None:
        """So many views of a banner were counted on a day."""
        with unit_of_work(self.clock) as uow:
            uow.session.execute(
                text(
                    "INSERT INTO banner_view_days AS k VALUES (:link, :day, :views, 0, 0, 0, 0)"
                    " ON CONFLICT (link_id, on_day) DO UPDATE SET views = k.views + excluded.views"
                ),
                {"link": self.links[1, channel].id, "day": on, "views": views},
            )

    def tally(self) -> None:
        """What the schedule does."""
        while in_unit_of_work(service.tally_traffic, self.clock):
            pass

    def strike(self, kind: Any = "click", last: date = ON, link: uuid.UUID | None = None) -> service.Disallowed:
        with unit_of_work(self.clock) as uow:
            return service.disallow(uow, ADMIN, Struck(self.ids[1], 1, kind, ON, last, link), "a farm", "CNY")


@pytest.fixture
def world(app: Flask) -> World:
    return World()


def earned() -> list[tuple[Any, ...]]:
    return rows("SELECT kind, beneficiary, amount_minor, clawed_minor, status FROM accruals ORDER BY accrued_at, id")


def told(member: int, language: Any = "en") -> list[str]:
    (found,) = rows("SELECT id FROM accruals WHERE beneficiary = :member", member=member)
    with unit_of_work() as uow:
        steps = service.explain(uow, found[0], member).steps
    return [say(language, step.code, step.figures) for step in steps]


def test_a_day_of_clicks_is_paid_once_it_is_over_to_publishers_for_whole_days_and_for_what_counts(world: World) -> None:
    # given 0.30 a click, and clicks on the day of the approval, which is not a whole one
    publish(the_plan(CLICK, {"kind": "sale", "level": 1, "rate_bps": 500}, hold_days=2))
    world.click("early")
    # when on the next day three come, one of them twice, with a program, and two follow a link of no publisher
    world.go_to(2 * HOUR)
    world.click("a", "b", "c", "a")
    world.click("crawler", bot=True)
    world.click("a", "b", member=2)
    # then nothing is paid while the day lasts, nor in the hour after it
    for at in (23 * HOUR, 24 * HOUR, 25 * HOUR - timedelta(seconds=1)):
        world.go_to(at)
        world.tally()
        assert earned() == []
    world.go_to(25 * HOUR)
    world.tally()
    world.tally()
    assert earned() == [("click", 1, 90, 0, "held")]
    assert rows("SELECT kind, member, on_day, counted, before FROM tallies") == [("click", 1, ON, 3, 0)]
    code = world.links[1, "blog"].code
    assert told(1)[0] == f"On 2026-01-02 your link {code} was clicked 3 times that count."
    assert "The plan gives 0.90 CNY" not in told(1)[3]
    assert told(1)[2:5] == [
        "You are a publisher, and the plan pays for clicks.",
        "The plan gives 0.30 CNY for each of 3 clicks.",
        "Nothing to round: 0.90 CNY.",
    ]
    assert told(1, "zh")[0] == f"2026-01-02，你的链接 {code} 获得 3 次有效点击。"
    # and it settles two days after its day was over, not before
    assert settle(MORNING + 3 * DAY - timedelta(seconds=1)) == 0
    assert settle(MORNING + 3 * DAY) == 1
    assert (wallet(1).pending, wallet(1).available) == (0, 90)
    work()
    assert rows("SELECT member, facts ->> 'amount_minor' FROM notices WHERE kind = 'commission_settled'") == [(1, "90")]
    assert replayed() is None
    assert proved().holds


def test_what_is_judged_late_is_paid_as_the_whole_day_would_have_been(world: World) -> None:
    # given 15.00 a thousand views: of 1 view 1.5, of 4 together 6
    publish(the_plan(VIEW))
    world.seen(1)
    world.go_to(26 * HOUR)
    world.tally()
    world.seen(3)
    world.tally()
    assert [amount for _, _, amount, *_ in earned()] == [1, 5]
    assert rows("SELECT counted, before FROM tallies ORDER BY before") == [(1, 0), (3, 1)]
    late = rows("SELECT id FROM accruals WHERE amount_minor = 5")[0][0]
    with unit_of_work() as uow:
        steps = {step.code: dict(step.figures) for step in service.explain(uow, late, 1).steps}
    assert steps["tally_before"] == {"before": 1}
    assert steps["view_before"] == {"before": 1, "day_minor": 6, "before_minor": 1, "currency": "CNY"}
    assert replayed() is None


def test_conditions_go_by_the_link_and_the_day_and_say_why_they_did_not_hold(world: World) -> None:
    later = {"sold_from": "2026-01-02T16:00:00Z"}
    publish(the_plan({**CLICK, "when": {"channels": ["mail"], **later}}, {**CLICK, "fixed_minor": 10}))
    world.go_to(2 * HOUR)
    world.click("a")
    world.click("a", channel="mail")
    world.go_to(DAY + HOUR)
    world.click("b")
    world.click("b", channel="mail")
    world.go_to(2 * DAY + 2 * HOUR)
    world.tally()
    assert sorted(amount for _, _, amount, *_ in earned()) == [10, 10, 10, 30]
    reasons = rows("SELECT leg, reason, count(*) FROM tally_skips GROUP BY 1, 2 ORDER BY 1, 2")
    assert reasons == [(0, "other_channel", 2), (0, "other_time", 1), (1, "another_leg", 1)]
    assert replayed() is None
    # once it is off the list, the next day's clicks of the mail are of no channel that counts
    with unit_of_work(world.clock) as uow:
        publishers.end_channel(uow, ADMIN, world.ids[1], "mail", "Sold.")
    world.go_to(3 * DAY + HOUR)
    world.click("d", channel="mail")
    world.go_to(4 * DAY + 2 * HOUR)
    world.tally()
    assert sorted(amount for _, _, amount, *_ in earned()) == [10, 10, 10, 10, 30]
    assert replayed() is None
    # and a plan that would have been in force on a day that was tallied comes too late
    with unit_of_work(world.clock) as uow, pytest.raises(EffectiveBeforeOrder):
        service.publish_plan(uow, the_plan({**CLICK, "fixed_minor": 9}), country="CN", effective_at=MORNING + DAY)


def test_a_budget_is_shared_with_sales_and_what_is_struck_out_has_room_again(world: World) -> None:
    # given 0.70 a day for a member, and 1.00 in all, of which a sale has taken 0.50
    caps = [{"per": "member", "period": "day", "amount_minor": 70}, {"per": "plan", "amount_minor": 100}]
    order = {"per": "order", "amount_minor": 60}
    publish(the_plan(CLICK, {"kind": "sale", "level": 1, "rate_bps": 50}, caps=[order, *caps]))
    accrue(*sold(Sale(buyer=4)))
    world.go_to(2 * HOUR)
    world.click("a", "b")
    world.click("a", channel="mail")
    world.go_to(26 * HOUR)
    world.tally()
    # then 0.50 of the 0.90 are left, and the third place in the plan's list is where it was cut
    assert sum(amount for kind, _, amount, *_ in earned() if kind == "click") == 50
    assert {cap for (cap,) in rows("SELECT cap FROM accrual_terms")} == {2}
    assert sorted(rows("SELECT key, used_minor FROM commission_counters")) == [
        ("member:1:2026-01-02", 50),
        ("member:3:2026-01-01", 50),
        ("plan", 100),
    ]
    assert replayed() is None
    # when somebody finds the clicks of one link to be none
    done = world.strike(link=world.links[1, "blog"].id)
    left = 50 - done.taken.amount_minor
    assert done.counted == 2
    assert rows("SELECT used_minor FROM commission_counters WHERE key = 'plan'") == [(50 + left,)]
    assert wallet(1).pending == left
    assert replayed() is None
    # said again it takes nothing more, and what it left is as it was
    again = world.strike(link=world.links[1, "blog"].id)
    assert (again.counted, again.taken.amount_minor) == (0, 0)
    # and the next day may have it
    world.click("x", "y", "z")
    world.go_to(2 * DAY + 2 * HOUR)
    world.tally()
    assert rows("SELECT used_minor FROM commission_counters WHERE key = 'plan'") == [(100,)]
    assert replayed() is None
    assert proved().holds


def test_what_was_paid_out_and_struck_out_is_owed_explained_and_audited(world: World) -> None:
    publish(the_plan(CLICK))
    world.go_to(2 * HOUR)
    world.click("a", "b")
    world.go_to(26 * HOUR)
    world.tally()
    assert settle(world.clock.now()) == 1
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE accruals SET status = 'paid_out'"))
    done = world.strike()
    assert (done.counted, done.taken.amount_minor) == (2, 60)
    assert earned() == [("click", 1, 60, 60, "paid_out")]
    assert told(1)[-2] == (
        "2 of them were found to be none, because: a farm. So 0.60 CNY was taken back: 0.00 CNY of it before it "
        "settled, 0.60 CNY from the wallet, 0.00 CNY owed."
    )
    assert told(1, "zh")[-2].startswith("其中 2 次被认定无效，原因：a farm。")
    (facts,) = rows("SELECT facts FROM audit_entries WHERE action = 'traffic.disallowed'")[0]
    assert (facts["counted"], facts["taken_minor"], facts["reason"]) == (2, 60, "a farm")
    assert rows("SELECT kind FROM ledger_entries ORDER BY id") == [("tally",), ("settlement",), ("disallowance",)]
    assert replayed() is None
    with pytest.raises(InvalidValue):
        world.strike(last=ON - DAY)


def test_who_has_too_little_left_is_told_what_is_owed_and_the_open_request_has_a_finding(world: World) -> None:
    # given 0.60 for two clicks, of which 0.50 wait for a payout
    publish(the_plan(CLICK))
    world.go_to(2 * HOUR)
    world.click("a", "b")
    world.go_to(26 * HOUR)
    world.tally()
    assert settle(world.clock.now()) == 1
    request = _asked_for(world, 50)
    # when both are struck out
    done = world.strike()
    work()
    # then the wallet's 0.10 are taken, 0.50 are owed, what is reserved stays, and who decides about it knows
    assert (done.taken.amount_minor, wallet(1)) == (60, WalletBalances(0, 0, 50, 50))
    (found,) = rows("SELECT subject, code, occasion, evidence FROM findings")
    occasion = to_public("dis", done.id)
    evidence = {"disallowance": occasion, "owed_minor": 50, "currency": "CNY"}
    assert found == (to_public("por", request), "clawback_owed", occasion, evidence)
    (kind, facts) = rows("SELECT kind, facts FROM notices WHERE member = 1 AND kind LIKE 'counts%'")[0]
    said = notice(kind, facts, Reader("en", "Asia/Shanghai"))
    assert said.endswith(
        "CN¥0.60 was taken back. Your wallet had too little: CN¥0.50 of it is paid from what you earn next."
    )
    # said again there is nothing more to tell
    world.strike()
    work()
    assert rows("SELECT count(*) FROM findings") == [(1,)]
    assert rows("SELECT count(*) FROM notices WHERE kind LIKE 'counts%'") == [(1,)]
    assert replayed() is None
    assert proved().holds


def _asked_for(world: World, amount: int) -> uuid.UUID:
    """Member 1 has asked for a payout, for which so much is reserved."""
    ids = {
        "request": uuid.uuid4(),
        "to": uuid.uuid4(),
        "member": world.ids[1],
        "amount": amount,
        "at": world.clock.now(),
    }
    with unit_of_work(world.clock) as uow:
        uow.session.execute(
            text("INSERT INTO payout_destinations VALUES (:to, :member, 'bank', 'Lin', '00001234', :at)"), ids
        )
        uow.session.execute(
            text(
                "INSERT INTO payout_requests (id, member_id, member_number, destination_id, channel, amount_minor,"
                " currency, submitted_at) VALUES (:request, :member, 1, :to, 'bank', :amount, 'CNY', :at)"
            ),
            ids,
        )
        wallet_to_reserved = (
            Posting(chart.member_wallet(1), -amount, "CNY", None),
            Posting(chart.member_reserved(1), amount, "CNY", None),
        )
        ledger.post(uow, [Entry("payout:test:reserve", "payout_reserve", wallet_to_reserved)])
    return ids["request"]


def test_replay_finds_what_does_not_belong_to_a_tally_and_a_day_cannot_be_claimed_twice(world: World) -> None:
    publish(the_plan(CLICK))
    world.go_to(2 * HOUR)
    world.click("a")
    world.go_to(26 * HOUR)
    world.tally()
    (row,) = rows(
        "SELECT id, kind, member, plan_version_id, link_id, on_day, counted, before, held_from, facts FROM tallies"
    )
    with pytest.raises(IntegrityError, match="uq_tallies_natural"), unit_of_work(world.clock) as uow:
        tallies.add(uow.session, [tallies.TallyRow(uuid.uuid4(), *row[1:])], uow.now)
    with unit_of_work() as uow:
        uow.session.execute(text("INSERT INTO tally_skips SELECT id, 3, 'another_leg' FROM tallies"))
    assert "recomputed nothing, stored leg 3 (click, level 0) skipped: another_leg" in (replayed() or "")


def test_a_budget_holds_however_many_clicks_and_orders_accrue_at_once(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the counters' lock each side sees what the other took; without it both would take the same room."""
    publish(the_plan(CLICK, {"kind": "sale", "level": 1, "rate_bps": 50}, caps=[{"per": "plan", "amount_minor": 80}]))
    world.go_to(2 * HOUR)
    world.click("a", "b")
    world.go_to(26 * HOUR)
    orders = sold(Sale(buyer=4))

    def both() -> None:
        def run(step: Any) -> None:
            with app.app_context():
                step()

        def sell() -> None:
            with unit_of_work() as uow:
                service.accrue_orders(uow, confirmed(*orders))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, (world.tally, sell)))

    both()
    assert sum(amount for _, _, amount, *_ in earned()) == 80
    assert replayed() is None

    def unlocked(session: Session, wanted: Collection[Counter], now: object) -> dict[Counter, int]:
        return dict.fromkeys(wanted, 0)

    monkeypatch.setattr(counters, "lock", unlocked)
    orders = sold(Sale(buyer=4), prefix="again")
    both()
    assert sum(amount for _, _, amount, *_ in earned()) > 80
