"""How coupons reach members: by codes, at the door, every month by their tier, on member days; each once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from at_once import at_once
from coupon_shop import a_coupon, clock_of, coupon_faults, give, joined, opened, standings, stands_in_gold
from flask import Flask
from payment_shop import rows
from room_shop import Member, RoomShop, room_shop
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from web_client import Person, counts, refusal, registration, sign_up

from socialshop.identity import service as identity
from socialshop.identity.rules import Born
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.coupon_sentences import because
from socialshop.loyalty.service import handing_out
from socialshop.loyalty.store.coupons import CouponRow
from tests.due_work import work

ZONE = "Asia/Shanghai"
TEN = {"kind": "amount", "amount_minor": 1_000}


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def admin(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.ADMIN)


def codes(admin: Person, coupon: uuid.UUID, count: int = 2) -> list[str]:
    answer = admin.call(
        "POST", f"/admin/coupons/{to_public('cpn', coupon)}/codes", key=str(new_id()), json={"count": count}
    )
    assert (answer.status_code, answer.content_type) == (201, "text/csv"), answer.text
    head, *found = answer.text.split()
    assert (head, len(set(found))) == ("code", count)
    return found


def test_a_code_gives_its_coupon_to_one_member_once(shop: RoomShop, admin: Person) -> None:
    first, second, third = (sign_up(shop.app) for _ in range(3))
    coupon = a_coupon(shop, **TEN, way="code", issue_limit=2)
    one, two, three = codes(admin, coupon, 3)
    typed = one.lower().replace("-", " ")
    for _ in range(2):
        answer = first.call("POST", "/me/coupons", json={"code": typed})
        assert (answer.status_code, answer.get_json()["status"]) == (201, "open"), answer.text
    assert refusal(second.call("POST", "/me/coupons", json={"code": one})) == (404, "coupon_code_unknown", "code")
    assert refusal(second.call("POST", "/me/coupons", json={"code": "nonsense"}))[1] == "coupon_code_unknown"
    # Who had the coupon leaves another code for others; so does one for whom nothing is left.
    assert refusal(first.call("POST", "/me/coupons", json={"code": two}))[1] == "coupon_gone"
    assert second.call("POST", "/me/coupons", json={"code": two}).status_code == 201
    assert refusal(third.call("POST", "/me/coupons", json={"code": three})) == (409, "coupon_gone", "code")
    assert rows("SELECT count(*), count(member) FROM coupon_codes") == [(3, 2)]
    with unit_of_work() as uow:
        assert loyalty.codes_of(uow, coupon) == (3, 2)
    assert coupon_faults() == []


def test_no_code_is_kept_and_a_claimed_one_stays_so(shop: RoomShop, admin: Person) -> None:
    lin, coupon = sign_up(shop.app), a_coupon(shop, **TEN, way="code")
    (code,) = codes(admin, coupon, 1)
    # Nor as an answer that is given again.
    assert counts("idempotency_answers") == {"idempotency_answers": 0}
    lin.call("POST", "/me/coupons", json={"code": code})
    plain = code.replace("-", "")
    for table in ("coupon_codes", "audit_entries", "outbox_events", "idempotency_answers"):
        query = f"SELECT count(*) FROM {table} t WHERE t::text ILIKE :a OR t::text ILIKE :b"
        kept = rows(query, a=f"%{code}%", b=f"%{plain}%")
        assert kept == [(0,)], table
    with pytest.raises(DBAPIError), unit_of_work() as uow:
        uow.session.execute(text("UPDATE coupon_codes SET member = NULL, claimed_at = NULL"))
    by_hand = a_coupon(shop, **TEN)
    answer = admin.call("POST", f"/admin/coupons/{to_public('cpn', by_hand)}/codes", json={"count": 1})
    assert refusal(answer)[:2] == (422, "invalid_value")


def test_of_many_who_claim_one_code_at_once_one_has_it(shop: RoomShop, admin: Person) -> None:
    members = [shop.member() for _ in range(8)]
    (code,) = codes(admin, a_coupon(shop, **TEN, way="code"), 1)
    works = [lambda uow, m=m: loyalty.claim_code(uow, m.number, code) for m in members]
    assert at_once(shop.app, clock_of(shop), works) == {"done": 1, "coupon_code_unknown": 7}
    assert coupon_faults() == []


def test_who_registers_is_given_what_newcomers_get_once(shop: RoomShop) -> None:
    coupon = a_coupon(shop, **TEN, way="newcomer", newcomers_only=True)
    made = shop.app.test_client().post("/api/v1/members", json=registration())
    assert made.status_code == 201, made.text
    work()
    assert counts("coupon_holdings") == {"coupon_holdings": 1}
    told = [payload for (payload,) in rows("SELECT payload FROM outbox_events WHERE name = 'MemberRegistered'")]
    assert len(told) == 1
    in_unit_of_work(lambda uow: loyalty.on_member_registered(uow, told), clock_of(shop))
    assert rows("SELECT issued FROM coupons WHERE id = :id", id=coupon) == [(1,)]


def go_round(shop: RoomShop, span: int = 2) -> None:
    """What the schedule does on a day, in small spans, and then once more."""
    for _ in range(2):
        while in_unit_of_work(lambda uow: loyalty.hand_out_due(uow, ZONE, span=span), clock_of(shop)):
            pass


def periods(member: Member) -> list[str]:
    return [
        period
        for (period,) in rows("SELECT period FROM coupon_holdings WHERE member = :m ORDER BY id", m=member.number)
    ]


def on(shop: RoomShop, *day: int) -> None:
    """Go to a day, at noon in Shanghai."""
    year, month, date = day
    clock = clock_of(shop)
    clock.advance(datetime(year, month, date, 4, tzinfo=UTC) - clock.now())


def test_a_tier_has_its_monthly_coupon_once_a_month_through_years_ends_and_leap_days(shop: RoomShop) -> None:
    on(shop, 2028, 1, 31)
    monthly, other = a_coupon(shop, **TEN, way="monthly"), a_coupon(shop, **TEN, way="monthly", tiers=["normal"])
    people = [shop.member() for _ in range(5)]
    gold = people[3]
    stands_in_gold(shop, gold, monthly_coupons=[to_public("cpn", monthly), to_public("cpn", other)])
    for day in ((2028, 1, 31), (2028, 2, 1), (2028, 2, 29), (2028, 3, 1), (2028, 12, 31), (2029, 1, 1)):
        on(shop, *day)
        go_round(shop)
    assert periods(gold) == ["2028-01", "2028-02", "2028-03", "2028-12", "2029-01"]
    assert all(periods(member) == [] for member in people if member is not gold)
    assert rows("SELECT DISTINCT coupon_id FROM coupon_holdings") == [(monthly,)]
    assert coupon_faults() == []


def test_who_comes_into_a_tier_within_the_month_has_its_coupon_the_day_after(shop: RoomShop) -> None:
    on(shop, 2027, 5, 3)
    monthly = a_coupon(shop, **TEN, way="monthly")
    first, late = shop.member(), shop.member()
    stands_in_gold(shop, first, monthly_coupons=[to_public("cpn", monthly)])
    go_round(shop)
    clock_of(shop).advance(timedelta(days=10))
    with unit_of_work(clock_of(shop)) as uow:
        uow.session.execute(
            text("INSERT INTO member_standings (member, version, tier, since) VALUES (:m, 2, 'gold', :now)"),
            {"m": late.number, "now": uow.now},
        )
    go_round(shop)
    assert (periods(first), periods(late)) == (["2027-05"], ["2027-05"])


def test_a_monthly_coupon_on_an_order_is_a_benefit_that_was_used_and_another_coupon_is_none(shop: RoomShop) -> None:
    on(shop, 2027, 5, 3)
    monthly, plain = a_coupon(shop, **TEN, way="monthly"), a_coupon(shop, kind="amount", amount_minor=500)
    gold, other = shop.member(), shop.member()
    stands_in_gold(shop, gold, monthly_coupons=[to_public("cpn", monthly)])
    go_round(shop)
    give(shop, plain, other)
    taken = opened(shop, gold, shop.deal(2))
    uses = "SELECT member, benefit, amount_minor, currency FROM benefit_uses"
    assert rows(uses) == [], "set aside is not used"
    for each in (taken, joined(shop, other, taken.room.id)):
        shop.pay(each)
    shop.settle()
    assert (standings(gold), standings(other)) == (["used"], ["used"])
    assert rows(uses) == [(gold.number, "monthly_coupon", 1_000, "CNY")]
    in_unit_of_work(lambda uow: loyalty.settle_coupons(uow, [taken.order.id]), clock_of(shop))
    assert rows("SELECT count(*) FROM benefit_uses") == [(1,)]
    assert coupon_faults() == []


def test_member_days_give_a_coupon_on_their_days_alone(shop: RoomShop) -> None:
    on(shop, 2027, 5, 7)
    a_coupon(shop, **TEN, way="member_day", days_of_month=[8, 18], valid_days=1)
    members = [shop.member() for _ in range(3)]
    for day in range(7, 20):
        on(shop, 2027, 5, day)
        go_round(shop)
    assert [periods(member) for member in members] == [["2027-05-08", "2027-05-18"]] * 3
    assert standings(members[0]) == ["expired", "expired"]


def test_two_schedulers_at_once_and_one_that_dies_in_the_middle_give_each_member_one(shop: RoomShop) -> None:
    on(shop, 2027, 5, 8)
    a_coupon(shop, **TEN, way="member_day", days_of_month=[8])
    for _ in range(12):
        shop.member()

    def some(uow: object) -> None:
        loyalty.hand_out_due(uow, ZONE, span=3)  # type: ignore[arg-type]

    at_once(shop.app, clock_of(shop), [some] * 4)

    def dies(uow: object) -> None:
        some(uow)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_unit_of_work(dies, clock_of(shop))
    go_round(shop, span=5)
    everybody = rows("SELECT count(*) FROM members")[0][0]
    assert rows("SELECT count(*), count(DISTINCT member) FROM coupon_holdings") == [(everybody, everybody)]
    assert coupon_faults() == []


def test_a_round_that_forgets_its_period_is_seen(shop: RoomShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: what a member has once is named by the instant, so every round gives another."""

    def forgetful(row: CouponRow, day: object) -> str:
        return str(uuid.uuid4())

    monkeypatch.setattr(handing_out, "_period", forgetful)
    on(shop, 2027, 5, 3)
    monthly = a_coupon(shop, **TEN, way="monthly")
    gold = shop.member()
    stands_in_gold(shop, gold, monthly_coupons=[to_public("cpn", monthly)])
    go_round(shop)
    on(shop, 2027, 5, 4)
    go_round(shop)
    assert len(periods(gold)) == 2


def born(shop: RoomShop, member: Member, day: Born) -> None:
    """The member tells the birthday."""
    (found,) = rows("SELECT id FROM members WHERE number = :n", n=member.number)
    with unit_of_work(clock_of(shop)) as uow:
        identity.set_birthday(uow, found[0], day, zone=ZONE)


def test_birthdays_give_a_coupon_once_a_year_also_to_who_is_born_on_a_leap_day(shop: RoomShop) -> None:
    on(shop, 2027, 2, 1)
    a_coupon(shop, **TEN, way="birthday", valid_days=7)
    leapling, other = shop.member(), shop.member()
    for member, day in ((leapling, Born(2, 29, 2000)), (other, Born(3, 1, None))):
        born(shop, member, day)
    for date in ((2027, 2, 27), (2027, 2, 28), (2027, 3, 1), (2028, 2, 28), (2028, 2, 29), (2028, 3, 1)):
        on(shop, *date)
        go_round(shop)
    given = "SELECT period, to_char(issued_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD') FROM coupon_holdings"
    assert rows(f"{given} WHERE member = :m ORDER BY id", m=leapling.number) == [("2027", "02-28"), ("2028", "02-29")]
    assert rows(f"{given} WHERE member = :m ORDER BY id", m=other.number) == [("2027", "03-01"), ("2028", "03-01")]


def test_a_tiers_birthday_coupon_comes_once_a_year_to_who_is_in_it_also_with_two_schedulers(
    shop: RoomShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given two born on a day, one of them in gold, then gold alone has the gift, says why, and is metered by it."""
    on(shop, 2027, 2, 1)
    gift = a_coupon(shop, **TEN, way="birthday_benefit", valid_days=7)
    gold, other = shop.member(), shop.member()
    stands_in_gold(shop, gold, birthday_coupons=[to_public("cpn", gift)])
    for member in (gold, other):
        born(shop, member, Born(3, 1, None))
    on(shop, 2027, 2, 28)
    go_round(shop)
    assert periods(gold) == [], "the day before"
    for year in (2027, 2028):
        on(shop, year, 3, 1)
        works = [lambda uow: loyalty.hand_out_due(uow, ZONE, span=1)] * 4
        at_once(shop.app, clock_of(shop), works)
        go_round(shop)
    assert (periods(gold), periods(other)) == (["2027", "2028"], [])
    assert rows("SELECT count(*) FROM notices WHERE kind = 'coupon_given' AND member = :m", m=gold.number) == [(2,)]
    with unit_of_work() as uow:
        found = loyalty.coupons_of(uow, gold.number, None, 10)[0]
    assert because(found.terms, found.row.way, "en") == ["because your tier or plan gives it on your birthday"]
    taken = opened(shop, gold, shop.deal(2))
    for each in (taken, joined(shop, other, taken.room.id)):
        shop.pay(each)
    shop.settle()
    assert rows("SELECT member, benefit, amount_minor FROM benefit_uses") == [(gold.number, "birthday_coupon", 1_000)]
    assert coupon_faults() == []
    # The planted fault: a round that asks no tier gives the gift to whoever is born on the day.
    monkeypatch.setattr(handing_out, "_BENEFITS", {})
    on(shop, 2029, 3, 1)
    go_round(shop)
    assert (periods(gold), periods(other)) == (["2027", "2028", "2029"], ["2029"])
