"""Two accounts of one person become one: what lives is handed over, sums and history stay, books and replay agree."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bookkeeping import accrual, posted, seal_all, settlement
from click.testing import CliRunner
from flask import Flask
from money_people import IBAN, earn, number_of, wallet_of
from points_shop import faults, points, rows
from room_shop import RoomShop, room_shop
from test_findings import found
from web_client import Person, counts, refusal, registration, sign_up

from socialshop.cli import main
from socialshop.commissions import service as commissions
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Entry, Posting
from socialshop.privacy import service as privacy
from socialshop.privacy.service import merging
from socialshop.referrals import service as referrals
from socialshop.screening import service as screening
from tests.sample_sales import LONG_AGO, Sale, a_plan, confirmed, sell

_MERGES = "/admin/member-merges"


def public(person: Person) -> str:
    return to_public("mbr", person.card.member_id)


def brought(app: Flask, sponsor: Person, name: str) -> Person:
    """Somebody who registers by this member's own code."""
    person = sign_up(app, name=name)
    numbers = number_of(person), number_of(sponsor)
    in_unit_of_work(
        lambda uow: referrals.correct_sponsor(uow, member_number=numbers[0], new_sponsor=numbers[1], reason="t", by="t")
    )
    return person


def ask(admin: Person, gone: Person, kept: Person) -> Any:
    body = {"gone_member_id": public(gone), "kept_member_id": public(kept), "reason": "One person, two phones."}
    return admin.call("POST", _MERGES, json=body)


def decide(admin: Person, merge: str, decision: str = "approve") -> Any:
    return admin.call("POST", f"{_MERGES}/{merge}/{decision}")


def _of_members() -> dict[str, int]:
    """What the books hold of all members together, by currency."""
    query = (
        "SELECT p.currency, sum(p.amount_minor)::bigint FROM ledger_postings p JOIN ledger_accounts a"
        " ON a.id = p.account_id WHERE a.name LIKE 'member:%' GROUP BY 1"
    )
    return {row[0]: row[1] for row in rows(query)}


@pytest.fixture
def admins(app: Flask) -> tuple[Person, Person]:
    return sign_up(app, role=Role.ADMIN, name="Ada"), sign_up(app, role=Role.ADMIN, name="Bea")


def test_what_lives_is_handed_over_and_what_was_stays_what_it_was(app: Flask, admins: tuple[Person, Person]) -> None:
    # given Mo above Kay (both Lin's own accounts) and two children of Mo's; 8 % and 3 % are paid
    mo = sign_up(app, name="Mo")
    kay, ann, bo = (brought(app, mo, name) for name in ("Kay", "Ann", "Bo"))
    number = {who: number_of(person) for who, person in {"mo": mo, "kay": kay, "ann": ann, "bo": bo}.items()}
    in_unit_of_work(lambda uow: commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO))
    orders = in_unit_of_work(lambda uow: sell(uow, [Sale(number["ann"]), Sale(number["kay"])]))
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(*orders)))
    posted(accrual("a:mo", number["mo"], 700), settlement("s:mo", number["mo"], 700))
    assert wallet_of(number["mo"])[:2] == (1_600, 700)
    assert mo.call("POST", "/me/check-ins").status_code in {200, 201}
    assert kay.call("POST", "/me/check-ins").status_code in {200, 201}
    had = points(number["mo"])[1], points(number["kay"])[1]
    code = mo.card.invite_code
    replayed = in_unit_of_work(commissions.replay, isolation="REPEATABLE READ")
    sums = _of_members()
    # when
    asked = ask(admins[0], mo, kay)
    assert asked.status_code == 201, asked.text
    merge = asked.get_json()["id"]
    assert refusal(decide(admins[0], merge))[1] == "merge_needs_another"
    assert counts("erasures") == {"erasures": 0}
    done = decide(admins[1], merge)
    assert done.status_code == 200, done.text
    # then the children stand below Kay, who rose beside Mo; Mo is a leaf and nobody
    told = done.get_json()
    assert (told["status"], told["children"], told["money"]) == (
        "merged",
        2,
        [{"amount_minor": 700, "currency": "CNY"}],
    )
    assert dict(rows("SELECT member_number, sponsor FROM referral_nodes WHERE sponsor IS NOT NULL")) == {
        number["ann"]: number["kay"],
        number["bo"]: number["kay"],
    }
    assert rows("SELECT count(*) FROM sponsor_corrections WHERE reason LIKE 'One person%'") == [(3,)]
    assert mo.call("GET", "/me").status_code == 401
    assert rows("SELECT display_name, email FROM member_profiles WHERE member_id = :id", id=mo.card.member_id) == [
        ("已注销会员", None)
    ]
    # what Mo earned by Kay's purchase is left as it was booked, and told
    assert told["earned_between"] == [{"amount_minor": 800, "currency": "CNY"}]
    with unit_of_work() as uow:
        (found,) = screening.findings_about(uow, [public(kay)])
        assert found.code == merging.BETWEEN
    # money and points are Kay's; what is held stays under Mo's number until it settles
    assert wallet_of(number["mo"])[:2] == (1_600, 0)
    assert wallet_of(number["kay"])[1] == 700
    assert (points(number["mo"])[1], points(number["kay"])[1]) == (0, sum(had))
    # who follows the old link is brought by Kay
    newcomer = app.test_client().post("/api/v1/members", json=registration(invite_code=code))
    assert newcomer.status_code == 201, newcomer.text
    assert newcomer.get_json()["member"]["sponsor_id"] == public(kay)
    # and once it settles it follows, as does what a refund makes it owe
    in_unit_of_work(lambda uow: commissions.settle_due(uow, uow.now))
    settled = wallet_of(number["mo"])[1]
    for _ in range(2):
        in_unit_of_work(privacy.follow_merged)
        in_unit_of_work(privacy.finish_erasures)
    assert (settled, wallet_of(number["mo"])[:2], wallet_of(number["kay"])[1]) == (1_600, (0, 0), 2_300)
    owed = Posting(chart.member_receivable(number["mo"]), -500, "CNY", None)
    back = Posting(chart.COMMISSION_EXPENSE, 500, "CNY", None)
    in_unit_of_work(lambda uow: ledger.post(uow, [Entry("clawback:rfd_x", "clawback", (owed, back))]))
    in_unit_of_work(privacy.follow_merged)
    assert (wallet_of(number["mo"])[3], wallet_of(number["kay"])[3]) == (0, 500)
    # then nothing that was is another: replay says the same, books balance, points are proved
    again = in_unit_of_work(commissions.replay, isolation="REPEATABLE READ")
    assert (again.difference, again.statement_hash) == (None, replayed.statement_hash)
    seal_all()
    proof = in_unit_of_work(ledger.prove, isolation="REPEATABLE READ")
    assert proof.balanced
    assert proof.projection_ok
    assert _of_members() == sums | {"CNY": 2_300 - 500}
    with unit_of_work() as uow:
        assert faults(uow) == []
        referrals.recount(uow, lambda _: False)
        assert screening.findings_about(uow, [referrals.TEAMS]) == []
    assert refusal(decide(admins[1], merge))[1] == "merge_decided"


def _a_payout(app: Flask, gone: Person, _kept: Person) -> None:
    earn(number_of(gone), 900)
    account = {"channel": "bank", "holder": "Lin", "account": IBAN}
    place = gone.call("POST", "/me/payout-destinations", key="d", json=account).get_json()["id"]
    asked = gone.call("POST", "/payout-requests", key="p", json={"amount_minor": 500, "destination_id": place})
    assert asked.status_code == 201, asked.text


def _has_left(app: Flask, _gone: Person, kept: Person) -> None:
    assert kept.call("DELETE", "/me").status_code == 200


def _a_role(app: Flask, gone: Person, _kept: Person) -> None:
    rows("UPDATE members SET role = 'leader' WHERE id = :id RETURNING id", id=gone.card.member_id)


def _is_held(app: Flask, gone: Person, _kept: Person) -> None:
    found(gone)


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        (_a_payout, ["payout_underway", "reserved"]),
        (_has_left, ["has_left"]),
        (_a_role, ["has_a_role"]),
        (_is_held, ["money_held"]),
    ],
)
def test_what_stands_in_the_way_is_told_and_nothing_is_changed(
    app: Flask, admins: tuple[Person, Person], given: Callable[[Flask, Person, Person], None], reasons: list[str]
) -> None:
    gone, kept = sign_up(app, name="Mo"), sign_up(app, name="Kay")
    merge = ask(admins[0], gone, kept).get_json()["id"]
    given(app, gone, kept)
    before = counts("ledger_entries", "sponsor_corrections", "erasures", "audit_entries")
    refused = decide(admins[1], merge)
    assert (refused.status_code, refused.get_json()["reasons"]) == (409, reasons)
    assert ask(admins[0], gone, kept).get_json()["reasons"] == reasons
    assert counts("ledger_entries", "sponsor_corrections", "erasures", "audit_entries") == before
    assert decide(admins[1], merge, "reject").get_json()["status"] == "rejected"


def test_an_account_goes_once_and_never_into_itself(app: Flask, admins: tuple[Person, Person]) -> None:
    gone, kept, third = (sign_up(app, name=name) for name in ("Mo", "Kay", "Cy"))
    assert ask(admins[0], gone, gone).get_json()["reasons"] == ["same_account"]
    assert ask(admins[0], gone, kept).status_code == 201
    assert ask(admins[0], gone, third).get_json()["reasons"] == ["asked_already"]
    assert counts("member_merges") == {"member_merges": 1}


def test_merges_both_ways_and_corrections_at_once_leave_a_tree_and_one_account(
    app: Flask, admins: tuple[Person, Person]
) -> None:
    """Two accounts that should each go into the other, while the tree is corrected: one goes, and no cycle closes."""
    one = sign_up(app, name="Mo")
    other = brought(app, one, "Kay")
    below = [brought(app, other, name) for name in ("Ann", "Bo")]
    merges = [ask(admins[0], *pair).get_json()["id"] for pair in ((one, other), (other, one))]
    numbers = [number_of(person) for person in (one, other, *below)]
    actor = admins[1].card.member_id
    gate = threading.Barrier(4)

    def run(work: Callable[[UnitOfWork], object]) -> None:
        with app.app_context():
            gate.wait()
            try:
                in_unit_of_work(work)
            except DomainError:
                return

    def approve(merge: str) -> Callable[[UnitOfWork], object]:
        return lambda uow: privacy.approve_merge(uow, actor, from_public("mrg", merge))

    def correct(member: int, sponsor: int) -> Callable[[UnitOfWork], object]:
        return lambda uow: referrals.correct_sponsor(
            uow, member_number=member, new_sponsor=sponsor, reason="race", by="t"
        )

    works = [*(approve(merge) for merge in merges), correct(numbers[0], numbers[2]), correct(numbers[2], numbers[3])]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows("SELECT count(*) FROM member_merges WHERE status = 'merged'") == [(1,)]
    assert counts("erasures") == {"erasures": 1}
    sponsors = dict(rows("SELECT member_number, sponsor FROM referral_nodes"))
    for number in numbers:
        above, steps = sponsors[number], 0
        while above is not None:
            above, steps = sponsors[above], steps + 1
            assert steps <= len(sponsors), "a cycle"
    with unit_of_work() as uow:
        referrals.recount(uow, lambda _: False)
        assert screening.findings_about(uow, [referrals.TEAMS]) == []


def test_what_is_on_its_way_goes_along_is_sent_back_by_who_is_kept_and_a_merged_account_is_no_head(
    shop: RoomShop, admins: tuple[Person, Person]
) -> None:
    # given Kay and Mo below Lin, Mo with a confirmed order in a room, an approved site and a listed channel
    app = shop.app
    lin = sign_up(app, name="Lin")
    mo, kay, ann = (brought(app, lin, name) for name in ("Mo", "Kay", "Ann"))
    confirmed_order = _bought(shop, mo, ann)
    number = {who: number_of(person) for who, person in {"lin": lin, "mo": mo, "kay": kay}.items()}
    mo.call("POST", "/me/publisher", json={"site_name": "Tea", "site_url": "https://tea.example/", "kind": "blog"})
    admins[0].call("POST", f"/admin/publishers/{public(mo)}/approve", json={"reason": "Welcome."})
    mo.call("POST", "/invite-links", json={"kind": "member", "channel": "blog"})
    listed = {"channel": "blog", "reason": "Seen."}
    assert admins[0].call("POST", f"/admin/publishers/{public(mo)}/channels", json=listed).status_code == 200
    in_unit_of_work(referrals.count_places)
    before = _figures(number["lin"])
    merge = ask(admins[0], mo, kay).get_json()["id"]
    done = decide(admins[1], merge)
    assert done.status_code == 200, done.text
    # then one head less stands below Lin, with as much bought, also in Lin's own team
    in_unit_of_work(referrals.count_places)
    assert (before[0], _figures(number["lin"])) == (3, (2, *before[1:]))
    shown = lin.call("GET", "/me/referrals").get_json()["data"]
    assert {row["member_id"] for row in shown} == {public(kay), public(ann)}
    assert lin.call("GET", "/me/referrals/summary").get_json()["direct"] == 2
    with unit_of_work() as uow:
        referrals.recount(uow, lambda _: False)
        assert screening.findings_about(uow, [referrals.TEAMS]) == []
    # the order is Kay's, who reads it, and sends it back: growth, points and team sums follow
    assert kay.call("GET", f"/orders/{confirmed_order}").status_code == 200
    assert [row["id"] for row in kay.call("GET", "/orders").get_json()["data"]] == [confirmed_order]
    assert kay.call("GET", "/me/publisher").get_json()["status"] == "approved"
    assert rows("SELECT member, channel FROM publisher_channels") == [(number["kay"], "blog")]
    back = kay.call("POST", f"/orders/{confirmed_order}/refunds", key="b", json={"reason": "broken"})
    assert back.status_code == 201, back.text
    approved = admins[0].call("POST", f"/admin/refunds/{back.get_json()['id']}/approve", json={"reason": "seen"})
    assert approved.status_code == 200, approved.text
    shop.settle()
    assert (before, _figures(number["lin"])) == ((3, 1_600, 1), (2, 800, 1))
    with unit_of_work() as uow:
        assert faults(uow) == []
        referrals.recount(uow, lambda _: False)
        assert screening.findings_about(uow, [referrals.TEAMS]) == []


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    """A shop with a provider beside it."""
    with room_shop(app, tmp_path) as found:
        yield found


def _bought(shop: RoomShop, host: Person, guest: Person) -> str:
    """The host's order of a room for two that has filled."""
    leader = sign_up(shop.app, role=Role.LEADER)
    terms = {"title": "Tea", "group_size": 2, "price_minor": 800, "room_ttl_seconds": 3600}
    deal = leader.call("POST", "/deals", json={"sku_id": to_public("sku", shop.sku_id), **terms}).get_json()["id"]
    opened = host.call("POST", f"/deals/{deal}/rooms", key="o", json={}).get_json()
    joined = guest.call("POST", f"/rooms/{opened['room']['id']}/seats", key="j", json={}).get_json()
    for person, taken in ((host, opened), (guest, joined)):
        person.call("POST", f"/sandbox/payments/{taken['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.settle()
    return str(opened["order"]["id"])


def _figures(number: int) -> tuple[int, int, int]:
    """(heads, what was bought, levels) below a member."""
    (found,) = rows(
        "SELECT members, volume_minor, levels FROM team_figures WHERE member_number = :number", number=number
    )
    return found[0], found[1], found[2]


def test_the_console_asks_and_another_admin_approves_with_a_code_that_is_good_once(
    app: Flask, admins: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.extensions["socialshop_settings"]
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("REDIS_URL", settings.redis_url.get_secret_value())
    mo, kay = sign_up(app, name="Mo"), sign_up(app, name="Kay")
    emails = [admin.card.email for admin in admins]

    def said(*arguments: str) -> tuple[int, str]:
        answer = CliRunner().invoke(main, arguments)
        return answer.exit_code, answer.output.strip()

    asked = ("merges", "ask", public(mo), public(kay), "--reason", "One person.", "--by")
    assert said(*asked, "mo@example.com")[0] == 1
    assert counts("member_merges") == {"member_merges": 0}
    code, line = said(*asked, emails[0])
    assert (code, line.endswith("waits for another admin")) == (0, True)
    merge = line.split()[0]
    assert merge in said("merges", "list")[1]
    for email in emails:
        assert said("member", "totp", "--email", email)[0] == 0
    codes = [said("member", "code", "--email", email)[1] for email in emails]
    # neither who asked, nor a wrong code, nor one that was shown before
    assert said("merges", "approve", merge, "--by", emails[0], "--code", codes[0])[0] == 1
    assert (
        said("merges", "approve", merge, "--by", emails[1], "--code", "000000" if codes[1] != "000000" else "111111")[0]
        == 1
    )
    assert counts("erasures") == {"erasures": 0}
    assert said("merges", "approve", merge, "--by", emails[1], "--code", codes[1]) == (
        0,
        "merged; members who came along: 0; minor units moved: none",
    )
    assert counts("erasures") == {"erasures": 1}
    assert said("merges", "reject", merge, "--by", emails[0])[0] == 1
    actors = rows("SELECT action, actor FROM audit_entries WHERE action LIKE 'merge.%' ORDER BY id")
    ids = [admin.card.member_id for admin in admins]
    assert actors == [("merge.asked", ids[0]), ("merge.approved", ids[1])]
