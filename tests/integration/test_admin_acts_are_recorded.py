"""Whatever only the shop's own people may do is in the audit record, with who did it: by walking the operations."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from community_shop import in_base64, picture, received, tea
from flask import Flask
from money_people import IBAN, earn, number_of
from payment_shop import rows
from room_shop import RoomShop, room_shop
from sqlalchemy import text
from web_client import PASSWORD, Person, sign_up

from socialshop.audit import service as audit
from socialshop.books import service as books
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from socialshop.notifications import service as notifications
from socialshop.notifications.schemas import MAIL_PREFIX
from socialshop.pages.admin.fact_words import FACTS
from socialshop.pages.admin.words import DEEDS
from socialshop.payouts.ruleset import DEFAULT, document_of
from socialshop.risk import service as risk
from socialshop.signins import service as signins
from socialshop.web.operations import Operation, table_of
from tests.integration.test_claims import imported

ALT = {"alt_en": "A cup", "alt_zh": "杯子"}
# What a member may do as well is the member's own affair; the rooms record of it what a later reader must know.
_OWN_AFFAIRS = Role.MEMBER


def _acts(app: Flask) -> set[str]:
    """The operations that change something and are for the shop's own people alone."""

    def is_act(row: Operation) -> bool:
        return row.method != "GET" and bool(row.access.roles) and _OWN_AFFAIRS not in row.access.roles

    return {row.name for row in table_of(app).values() if is_act(row)}


class Office:
    """A leader and three admins at work; every act is looked up in the record."""

    def __init__(self, shop: RoomShop) -> None:
        self.shop = shop
        self.done: set[str] = set()
        self.leader = sign_up(shop.app, role=Role.LEADER)
        self.first, self.second, self.third = (sign_up(shop.app, role=Role.ADMIN) for _ in range(3))
        self.buyers = [sign_up(shop.app), sign_up(shop.app)]

    def act(self, person: Person, path: str, *, method: str = "POST", **body: object) -> Any:
        """Do it, and find it in the record once, by this person."""
        adapter = self.shop.app.url_map.bind("localhost")
        name = adapter.match(f"/api/v1{path}", method=method)[0].partition(".")[2]
        before = _recorded(person)
        answer = person.call(
            method, path, key=secrets.token_hex(8), **({"json": body} if method in ("POST", "PATCH") else {})
        )
        assert answer.status_code in (200, 201, 202, 204), (name, answer.text)
        assert _recorded(person) == before + 1, f"{name} is not in the audit record"
        self.done.add(name)
        return answer.get_json()

    def sell(self) -> None:
        """Goods, a deal, a filled room, goods sent; one refund is approved, one rejected."""
        skus = [{"code": "A", "title": "box", "price_minor": 900, "stock": 9}]
        product = self.act(self.first, "/admin/products", title="Tea", skus=skus)
        sku = product["skus"][0]["id"]
        self.show(product["id"])
        self.act(self.first, f"/admin/products/{product['id']}", method="PATCH", title="Spring tea")
        for way in ("off-sale", "on-sale"):
            self.act(self.first, f"/admin/products/{product['id']}/{way}")
        terms = {"sku_id": sku, "title": "Tea", "group_size": 2, "price_minor": 800, "room_ttl_seconds": 3600}
        deal = self.act(self.leader, "/deals", **terms, draft=True)["id"]
        planned = self.act(self.leader, "/deals", **terms, draft=True)["id"]
        clock = {"ends_at": to_text(self.shop.pay_shop.clock.now() + timedelta(hours=2))}
        said = {"brand": "B", "title": "T", "picks": [{"id": planned}]}
        session = self.act(self.leader, "/flash-sessions", **said, **clock)["id"]
        self.act(self.first, f"/flash-sessions/{session}", method="PATCH", stream_url="https://twitch.tv/tea")
        self.act(self.first, f"/flash-sessions/{session}/pin", pick_id=planned)
        self.act(self.first, f"/flash-sessions/{session}/cancel")
        self.act(self.first, f"/admin/skus/{sku}/opening", open_to="all", floor_price_minor=90)
        self.act(self.first, f"/admin/skus/{sku}/stock-moves", reason="received", quantity=1)
        self.act(self.first, f"/admin/skus/{sku}/low-stock", low_stock_at=3)
        for decision in ("approve", "reject"):
            asked = sign_up(self.shop.app).call(
                "POST", "/me/leader-applications", json={"reason": "Tea.", "channels": "A group"}
            )
            self.act(self.first, f"/admin/leader-applications/{asked.get_json()['id']}/{decision}", reason="seen")
            site = {"site_name": "Tea notes", "site_url": "https://tea.example/", "kind": "blog"}
            publisher = sign_up(self.shop.app)
            publisher.call("POST", "/me/publisher", json=site)
            path = f"/admin/publishers/{to_public('mbr', publisher.card.member_id)}"
            self.act(self.first, f"{path}/{decision}", reason="seen")
            if decision == "approve":
                days = {"first_day": "2026-01-01", "last_day": "2026-01-02"}
                self.act(self.first, f"{path}/disallowances", kind="click", reason="a farm", **days)
                publisher.call("POST", "/invite-links", json={"kind": "member", "channel": "blog"})
                for way in ("channels", "channels/end"):
                    self.act(self.first, f"{path}/{way}", channel="blog", reason="seen")
                self.act(self.first, f"{path}/end", reason="seen")
        chopped = {"sku_id": sku, "title": "Chop", "start_price_minor": 900, "floor_price_minor": 90, "chops": 9}
        self.act(self.leader, "/bargain-offers", **chopped, lasts_seconds=60)
        kept = self.act(self.leader, "/deals", **terms, draft=True)["id"]
        self.act(self.first, "/admin/deal-offers", deal_id=kept, segment={"birthday_month": True})
        self.act(self.leader, f"/deals/{deal}/publish")
        self.act(self.leader, "/me/storefront", title="Tea", picks=[deal])
        self.act(self.leader, "/me/storefront/banner", content=in_base64(picture()), **ALT)
        self.act(self.leader, "/me/storefront/banner", method="DELETE")
        self.act(self.first, f"/deals/{deal}/pause")
        self.act(self.first, f"/deals/{deal}/resume")
        opener, joiner = self.buyers
        opened = opener.call("POST", f"/deals/{deal}/rooms", key="o", json={}).get_json()
        other = opener.call("POST", f"/deals/{deal}/rooms", key="x", json={}).get_json()["room"]["id"]
        self.act(self.first, f"/admin/rooms/{other}/cancel", reason="recalled")
        self.act(self.first, f"/deals/{deal}/end")
        joined = joiner.call("POST", f"/rooms/{opened['room']['id']}/seats", key="j", json={}).get_json()
        for buyer, taken in ((opener, opened), (joiner, joined)):
            buyer.call("POST", f"/sandbox/payments/{taken['payment']['id']}/pay", json={"outcome": "succeeded"})
        self.shop.settle()
        self.act(self.first, f"/admin/orders/{opened['order']['id']}/shipment", carrier="SF", tracking="1")
        for decision, buyer, taken in (("approve", opener, opened), ("reject", joiner, joined)):
            path = f"/orders/{taken['order']['id']}/refunds"
            refund = buyer.call("POST", path, key="r", json={"reason": "broken"}).get_json()["id"]
            self.act(self.first, f"/admin/refunds/{refund}/{decision}", reason="seen")

    def show(self, product: str) -> None:
        """Two pictures of a product, turned about; one is described anew, one removed."""
        for _ in range(2):
            shown = self.act(self.first, f"/admin/products/{product}/pictures", content=in_base64(picture()), **ALT)
        ids = [one["id"] for one in shown["pictures"]]
        self.act(self.first, f"/admin/products/{product}/pictures/order", ids=ids[::-1])
        self.act(self.first, f"/admin/goods-pictures/{ids[0]}", alt_en="A pot", alt_zh="茶壶")
        self.act(self.first, f"/admin/goods-pictures/{ids[1]}", method="DELETE")
        front = self.first.call("POST", "/me/storefront", json={"title": "Tea", "picks": []}).get_json()["id"]
        banner = {"content": in_base64(picture()), **ALT}
        assert self.first.call("POST", "/me/storefront/banner", json=banner).status_code == 200
        self.act(self.first, f"/admin/storefronts/{front}/banner-removal", reason="not ours")

    def plan(self) -> None:
        """A plan, drafted and published."""
        legs = [{"kind": "sale", "level": 1, "rate_bps": 100}]
        draft = self.act(self.first, "/admin/commission-plans", name="P", currency="CNY", hold_days=1, legs=legs)
        span = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
        self.act(self.first, f"/admin/commission-plans/{draft['id']}/simulations", **span)
        other = self.act(self.first, "/admin/commission-plans", name="Q", currency="CNY", hold_days=1, legs=legs)
        self.act(self.first, f"/admin/commission-plans/{other['id']}", name="R", currency="CNY", hold_days=1, legs=legs)
        self.act(self.first, f"/admin/commission-plans/{other['id']}", method="DELETE")
        self.act(self.first, f"/admin/commission-plans/{draft['id']}/publish")

    def merge(self) -> None:
        """Two pairs of accounts that should become one: one pair is left as it is."""
        for decision in ("approve", "reject"):
            two = [to_public("mbr", sign_up(self.shop.app).card.member_id) for _ in range(2)]
            said = {"gone_member_id": two[0], "kept_member_id": two[1], "reason": "One person."}
            asked = self.act(self.first, "/admin/member-merges", **said)
            self.act(self.second, f"/admin/member-merges/{asked['id']}/{decision}")

    def tiers(self) -> None:
        """A tier programme, drafted and published."""
        tiers = [{"code": "all", "name_zh": "全部", "name_en": "All", "threshold": 0}]
        draft = self.act(self.first, "/admin/tier-programmes", name="T", period_days=9, grace_days=9, tiers=tiers)
        self.act(self.first, f"/admin/tier-programmes/{draft['id']}/publish")

    def plans_on_sale(self) -> None:
        """An offer of a plan, drafted and published."""
        terms = [{"term": "month", "prices": [{"growth": 0, "price_minor": 900}]}]
        names = {"name_zh": "会员卡", "name_en": "VIP card"}
        draft = self.act(self.first, "/admin/plan-offers", plan="vip", currency="CNY", terms=terms, **names)
        self.act(self.first, f"/admin/plan-offers/{draft['id']}/publish")
        self.act(self.first, "/admin/partner-vouchers", partner="cinema", codes=["A", "B"])

    def prove(self) -> None:
        """An authenticator, a code of it, other recovery codes, and none any more."""
        who = self.second

        def code() -> str:
            with unit_of_work() as uow:
                return signins.code_now(uow, who.card.member_id)

        self.act(who, "/me/totp", current_password=PASSWORD)
        codes = self.act(who, "/me/totp/confirmation", totp=code())["recovery_codes"]
        self.act(who, "/sessions/current/step-up", recovery_code=codes[0])
        self.act(who, "/me/totp/recovery-codes")
        self.act(who, "/me/totp", method="DELETE")

    def help(self) -> None:
        """An imported member gets an e-mail to sign in with; a mail that was set aside is sent after all."""
        self.act(self.first, f"/admin/members/{imported()}/email", email="seven@example.com")
        self.act(
            self.first, f"/admin/members/{to_public('mbr', self.buyers[0].card.member_id)}/birthday", month=2, day=29
        )
        mail, member = new_id(), number_of(self.buyers[0])
        with unit_of_work() as uow:
            uow.session.execute(
                text(
                    "INSERT INTO mails"
                    " (id, member, kind, subject, facts, status, because, due_at, created_at, ended_at) VALUES"
                    " (:id, :member, 'refund_paid', 'one', '{}', 'set_aside', 'busy', now(), now(), now())"
                ),
                {"id": mail, "member": member},
            )
        self.act(self.first, f"/admin/mails/{to_public(MAIL_PREFIX, mail)}/retry")

    def moderate(self) -> None:
        """A review is published, and taken down."""
        line = received(self.buyers[0], tea()[1])
        review = {"line_id": line, "rating": 5, "text": "Good."}
        post = self.buyers[0].call("POST", "/reviews", json=review).get_json()["id"]
        self.act(self.first, f"/admin/posts/{post}/publish", version=1)
        self.act(self.first, f"/admin/posts/{post}/reject", version=1, reason="seen")

    def care(self) -> None:
        """Rules of behaviour; a report leads to a limit, which an appeal lifts; a question is answered."""
        self.act(self.first, "/admin/behaviour-rules", text_zh="一", text_en="One")
        reporter, reported = self.buyers
        about = {"subject_id": to_public("mbr", reported.card.member_id), "ground": "abuse", "words": "The name."}
        report = reporter.call("POST", "/reports", json=about).get_json()["id"]
        verdict = {"verdict": "limited", "reason": "The name.", "days": 1}
        decision = self.act(self.first, f"/admin/reports/{report}/decision", **verdict)["id"]
        assert (
            reported.call("POST", f"/me/decisions/{decision}/appeal", json={"words": "It is mine."}).status_code == 200
        )
        self.act(self.second, f"/admin/decisions/{decision}/appeal-decision", outcome="lifted", reason="So it is.")
        self.act(self.leader, "/me/circle/notices", text="New tea.")
        question = reporter.call("POST", "/questions", json={"topic": "general", "text": "When?"}).get_json()["id"]
        self.act(self.first, f"/admin/questions/{question}/answers", text="Now.")

    def judge(self) -> None:
        """Other rules of risk; what they found is dismissed."""
        rules = {"disposable_mail": {"threshold": 1, "severity": "warning"}}
        self.act(self.first, "/admin/risk-rules", rules=rules, note="Throw-away addresses weigh more.")
        sign_up(self.shop.app, email="m@mailinator.com")
        with unit_of_work() as uow:
            assert risk.judge(uow) == 1
            (found,) = risk.findings(uow, limit=1)
        path = f"/admin/findings/{to_public('fnd', found.id)}/decision"
        self.act(self.second, path, verdict="dismissed", reason="A trial of ours.")

    def tell(self) -> None:
        """A cap; an endpoint of webhooks, changed in every way; what it was told is told once more."""
        self.act(self.first, "/admin/notice-caps", channel="email", kind_class="news", per_day=1, per_week=2)
        new = {"url": "https://hooks.example/", "event_types": ["room.filled"]}
        endpoint = self.act(self.first, "/admin/webhook-endpoints", **new)["endpoint"]["id"]
        with unit_of_work() as uow:
            notifications.announce("room.filled", uow, [{"room_id": str(new_id())}])
            uow.session.execute(text("UPDATE webhook_deliveries SET status = 'given_up', ended_at = now()"))
        base = f"/admin/webhook-endpoints/{endpoint}"
        self.act(self.first, f"{base}/event-types", event_types=["room.expired"])
        self.act(self.first, f"{base}/address", url="https://hooks.example/moved")
        self.act(self.first, f"{base}/secret")
        self.act(self.first, f"{base}/replay", since="2026-01-31T12:00:00Z", until="2026-01-31T13:00:00Z")
        told = self.first.call("GET", "/admin/webhook-deliveries").get_json()["data"][0]["id"]
        self.act(self.first, f"/admin/webhook-deliveries/{told}/replay")
        self.act(self.first, f"{base}/disable")
        self.act(self.first, f"{base}/enable")
        self.act(self.first, base, method="DELETE")

    def reward(self) -> None:
        """Rules of points, points by hand, a reward; one redemption is done, one refused."""
        rules = self.first.call("GET", "/admin/points/rules").get_json()["data"][0]["rules"]
        self.act(self.first, "/admin/points/rules", rules=rules)
        member = self.buyers[0]
        public = to_public("mbr", member.card.member_id)
        self.act(self.first, f"/admin/members/{public}/points", points=50, reason="late")
        reward = self.act(self.first, "/admin/rewards", title="Cup", points=10)["id"]
        self.act(self.first, f"/admin/rewards/{reward}", offered=True, endless=False)
        self.act(self.first, f"/admin/rewards/{reward}/stock-moves", reason="received", quantity=9)
        done, refused = (
            member.call("POST", f"/rewards/{reward}/redemptions", key=key).get_json()["id"] for key in "ab"
        )
        self.act(self.first, f"/admin/redemptions/{done}/done")
        self.act(self.first, f"/admin/redemptions/{refused}/refuse", reason="broken")

    def give_coupons(self) -> None:
        """A coupon is made, paused, resumed and given."""
        terms = {"kind": "amount", "currency": "CNY", "amount_minor": 100}
        coupon = self.act(self.first, "/admin/coupons", title="Ten", terms=terms, valid_days=3, way="code")["id"]
        self.act(self.first, f"/admin/coupons/{coupon}/pause")
        self.act(self.first, f"/admin/coupons/{coupon}/resume")
        member = to_public("mbr", self.buyers[0].card.member_id)
        self.act(self.first, f"/admin/coupons/{coupon}/issues", member_ids=[member], period="x")
        self.act(self.first, f"/admin/coupons/{coupon}/codes", count=1)

    def missions(self) -> None:
        """A mission, published, changed and withdrawn."""
        terms = {"title_zh": "一单", "title_en": "One order", "times": 1, "points": 5}
        window = {"kind": "order", "repeats": "once", "closes_at": "2036-01-01T00:00:00Z"}
        mission = self.act(self.first, "/admin/missions", **terms, **window)["id"]
        self.act(self.first, f"/admin/missions/{mission}", **terms)
        self.act(self.first, f"/admin/missions/{mission}/withdraw")

    def campaign(self) -> None:
        """A campaign with a mission of its own, drawn and cancelled."""
        when = {"starts_at": "2036-01-01T00:00:00Z", "ends_at": "2036-02-01T00:00:00Z"}
        plan = {"theme": "spring", "audience": {"kind": "all"}, "control_bps": 0, "goal": "spend", "target": 1}
        campaign = self.act(self.first, "/admin/campaigns", title_zh="春", title_en="Spring", **when, **plan)["id"]
        terms = {"title_zh": "一单", "title_en": "One order", "times": 1, "points": 5}
        self.act(self.first, f"/admin/campaigns/{campaign}/missions", **terms, kind="order", repeats="once")
        self.act(self.first, f"/admin/campaigns/{campaign}/draw")
        self.act(self.first, f"/admin/campaigns/{campaign}/cancel")

    def survey(self) -> None:
        """A survey, opened and closed."""
        questions = [{"kind": "text", "text_zh": "什么？", "text_en": "What?"}]
        asked = {"title_zh": "茶", "title_en": "Tea", "questions": questions, "closes_at": "2036-01-01T00:00:00Z"}
        self.act(self.first, f"/admin/surveys/{self.act(self.first, '/admin/surveys', **asked)['id']}/close")

    def pay_out(self) -> None:
        """Four requests: two are paid, one held, one rejected."""
        member = self.buyers[0]
        earn(number_of(member), 1_000)
        place = {"channel": "bank", "holder": "Lin", "account": IBAN}
        to = member.call("POST", "/me/payout-destinations", json=place).get_json()["id"]
        asked = [
            member.call("POST", "/payout-requests", key=key, json={"amount_minor": 100, "destination_id": to})
            for key in "abcd"
        ]
        paid, held, rejected, listed = (f"/admin/payout-requests/{answer.get_json()['id']}" for answer in asked)
        self.act(self.first, f"{paid}/approve")
        self.act(self.second, f"{held}/claim")
        self.act(self.second, f"{held}/claim", method="DELETE")
        self.act(self.second, f"{held}/notes", note="called")
        self.act(self.first, f"{held}/hold", reason="name_to_check")
        self.act(self.first, f"{rejected}/reject", reason="other", note="seen")
        rules = {"rules": document_of(DEFAULT), "note": "as it was"}
        version = self.act(self.first, "/admin/payout-rules", **rules)["history"][0]["version"]
        self.act(self.second, "/admin/payout-rules/sign", version=version)
        self.act(self.second, "/admin/payout-rules/stop")
        together = [listed.rpartition("/")[2]]
        self.act(self.first, "/admin/payout-decisions", request_ids=together, decision="approved")
        batch = self.act(self.second, "/admin/payout-batches", channel="bank")["id"]
        self.act(self.third, f"/admin/payout-batches/{batch}/release")
        results = [{"request_id": paid.rpartition("/")[2], "outcome": "paid"}]
        self.act(self.second, f"/admin/payout-batches/{batch}/results", results=results)
        table = f"request_id,outcome\n{listed.rpartition('/')[2]},paid\n"
        self.act(self.second, f"/admin/payout-batches/{batch}/results-file", csv=table)
        fee = {"channel": "bank", "currency": "CNY", "fixed_minor": 1, "from_on": "2040-01-01"}
        self.act(self.first, "/admin/payout-fees", **fee)
        tax = {"country": "CN", "kind": "person", "currency": "CNY", "span": "month", "rounding": "down"}
        bands = [{"from_minor": 0, "rate_bps": 5}]
        self.act(self.first, "/admin/tax-tables", **tax, bands=bands, law="A law", from_on="2040-01-01")
        other = self.buyers[1]
        other.call("PATCH", "/me/payee", json={"real_name": "Bo Unclear"})
        about = f"/admin/payees/{to_public('mbr', other.card.member_id)}/decision"
        self.act(self.first, about, decision="verified", reason="Seen the passport.")

    def close_books(self) -> None:
        """The days through the end of the month before are closed, and, once the books are proved, that month."""
        last = self.shop.pay_shop.clock.now().date().replace(day=1) - timedelta(days=1)
        self.act(self.first, "/admin/books/day-closings", through=last.isoformat())
        with unit_of_work(isolation="REPEATABLE READ") as uow:
            assert books.prove(uow, None) is None
        self.act(self.second, "/admin/books/month-closings", month=f"{last:%Y-%m}")


def _recorded(person: Person) -> int:
    query = "SELECT count(*) FROM audit_entries WHERE actor = :actor"
    return int(rows(query, actor=person.card.member_id)[0][0])


@pytest.fixture
def office(app: Flask, tmp_path: Path) -> Iterator[Office]:
    with room_shop(app, tmp_path) as shop:
        yield Office(shop)


def test_every_act_of_the_shops_own_people_is_in_the_record_with_who_did_it(office: Office) -> None:
    office.sell()
    office.plan()
    office.tiers()
    office.plans_on_sale()
    office.help()
    office.prove()
    office.moderate()
    office.care()
    office.judge()
    office.tell()
    office.reward()
    office.give_coupons()
    office.missions()
    office.campaign()
    office.survey()
    office.pay_out()
    office.merge()
    office.close_books()
    assert office.done == _acts(office.shop.app), "an act that is not tried here: add it, and see it recorded"
    told = {action for (action,) in rows("SELECT DISTINCT action FROM audit_entries")}
    assert told - DEEDS.keys() == set(), "the page of the record has no words for an act"
    facts = {name for (found,) in rows("SELECT facts FROM audit_entries") for name in named(found)}
    assert facts - FACTS.keys() == set(), "the page of the record has no words for a fact"


def named(facts: object) -> set[str]:
    """Every name in the facts of an entry, however deep."""
    if isinstance(facts, list):
        return {name for one in facts for name in named(one)}
    if isinstance(facts, dict):
        return facts.keys() | {name for one in facts.values() for name in named(one)}
    return set()


def test_the_documented_acts_are_those_that_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    documented = set()
    for cell in re.findall(r"^\| (`[a-z_]+\.[^|]*) \|", page, re.MULTILINE):
        what = ""
        for said in re.findall(r"`([a-z_.]+)`", cell):
            what = said.partition(".")[0] or what
            documented.add(f"{what}.{said.partition('.')[2]}")
    assert documented == DEEDS.keys()


def test_an_act_that_is_not_recorded_is_seen(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit.store, "add_entries", lambda *_: None)
    with pytest.raises(AssertionError, match="add_product is not in the audit record"):
        office.sell()
