"""One member's shop life, with an object of every kind: what nobody else may read or move."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from socialshop.commissions import service as commissions
from socialshop.identity import service as identity
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import from_public, new_id, to_public
from socialshop.kernel.roles import Role
from socialshop.notifications import service as notifications
from socialshop.screening import cases
from socialshop.screening.cases import Case
from socialshop.screening.rules import Severity
from socialshop.web.operations import Operation
from tests.after_sales import settle
from tests.community_shop import in_base64, picture, published, received
from tests.money_people import IBAN, number_of, plain_members
from tests.sample_sales import LONG_AGO, Sale, a_plan, confirmed, sell
from tests.web_client import Person, sign_up

_PUBLIC_ID = re.compile(r"([a-z]{2,8})_[0-9a-hjkmnp-tv-z]{26}")
_VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")
EMAIL = "zhu.somebody@example.com"
NAME = "Zhu Somebody"


@dataclass(frozen=True)
class Belongings:
    """What `owner`, a leader, has: public ids by their prefix; path values that are none, or others, by their name."""

    owner: Person
    ids: Mapping[str, str]
    words: Mapping[str, str]
    batched: str

    @property
    def secrets(self) -> frozenset[str]:
        """What no answer to another member may hold, whatever was asked."""
        private = {self.ids[prefix] for prefix in ("ord", "rfd", "acr", "por", "pob", "pod", "pay")}
        return frozenset({EMAIL, *private})

    def path(self, row: Operation) -> str:
        """The operation's path with these objects in it. Raises LookupError for a variable that has none."""
        variables = self.variables(row)
        return _VARIABLE.sub(lambda found: variables[found[1]], row.path)

    def variables(self, row: Operation) -> Mapping[str, str]:
        """The operation's path variables with these objects. Raises LookupError for one that has none."""
        return {
            name: self.words.get(f"{row.name}.{name}") or self.ids[row.ids[name]]
            for name in _VARIABLE.findall(row.path)
        }

    def body(self, row: Operation) -> Any:
        """The example of the operation's body, about these objects. Raises LookupError for an id that has none."""
        extra = row.body.model_config.get("json_schema_extra")
        example = extra["examples"][0] if isinstance(extra, dict) else {}  # type: ignore[index]
        # A batch is asked about the request that is in it, not about the one that still waits.
        ids = {**self.ids, "por": self.batched} if "batch_id" in row.ids else self.ids
        return _about(ids, example)

    def names_an_object(self, row: Operation) -> bool:
        """Whether the operation is about an object: its path has a variable, or its body an id."""
        return "<" in row.path or (row.takes_body and bool(_PUBLIC_ID.search(json.dumps(self.body(row)))))


def _about(ids: Mapping[str, str], value: Any) -> Any:
    """The value with every public id in it replaced by ours of its prefix."""
    if isinstance(value, dict):
        return {name: _about(ids, one) for name, one in value.items()}
    if isinstance(value, list):
        return [_about(ids, one) for one in value]
    if isinstance(value, str) and (found := _PUBLIC_ID.fullmatch(value)):
        return ids[found[1]]
    return value


def belongings(app: Flask) -> Belongings:
    """Make somebody with a deal, a room, an order, a refund, a commission, links and payouts, through the API."""
    owner = sign_up(app, role=Role.LEADER, email=EMAIL, name=NAME)
    first, second = (sign_up(app, role=Role.ADMIN) for _ in range(2))
    with unit_of_work() as uow:
        commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
    goods = {
        "title": "Tea",
        "skus": [{"code": secrets.token_hex(4), "title": "box", "price_minor": 10_900, "stock": 90}],
    }
    product = _made(first, "/admin/products", goods)
    sku = product["skus"][0]["id"]
    shown = _made(first, f"/admin/products/{product['id']}/pictures", {"content": in_base64(picture()), **_ALT})
    terms = {"sku_id": sku, "title": "Tea for five", "group_size": 5, "price_minor": 9_900, "room_ttl_seconds": 7_200}
    deal, terms_of_deal = _made(owner, "/deals", terms), terms
    joined = _made(owner, f"/deals/{deal['id']}/rooms", {})
    room = joined["room"]
    terms = {"sku_id": sku, "title": "Chop", "start_price_minor": 900, "floor_price_minor": 90, "chops": 9}
    offer_of_bargain = _made(owner, "/bargain-offers", {**terms, "lasts_seconds": 3_600})["id"]
    bargain = _made(owner, f"/bargain-offers/{offer_of_bargain}/bargains", {})
    wish = {"reason": "My neighbours ask for tea.", "channels": "A group"}
    application = _made(sign_up(app), "/me/leader-applications", wish)
    _made(owner, "/me/publisher", {"site_name": "Tea notes", "site_url": "https://tea.example/", "kind": "blog"})
    planned = _made(owner, "/deals", terms_of_deal | {"draft": True})["id"]
    clock = {"starts_at": "2040-01-01T00:00:00Z", "ends_at": "2040-01-01T02:00:00Z"}
    said = {"brand": "Hill Tea", "title": "Tea", "picks": [{"id": planned}, {"id": deal["id"], "while_live": False}]}
    session = _made(owner, "/flash-sessions", said | clock)["id"]
    front = _made(owner, "/me/storefront", {"title": "Tea", "picks": [deal["id"]]}, status=200)
    link = _made(owner, "/invite-links", {"kind": "room", "target_id": room["id"], "channel": "moments"})
    order, accrual = _sales(owner)
    refund = _made(owner, f"/orders/{order}/refunds", {"reason": "broken", "amount_minor": 100})
    account = {"channel": "bank", "holder": NAME, "account": IBAN}
    destination = _made(owner, "/me/payout-destinations", account)
    batched, asked = (
        _made(owner, "/payout-requests", {"amount_minor": 300, "destination_id": destination["id"]}) for _ in range(2)
    )
    _made(first, f"/admin/payout-requests/{batched['id']}/approve", {}, status=200)
    batch = _made(second, "/admin/payout-batches", {"channel": "bank"})
    plan = _made(first, "/admin/commission-plans", _PLAN)
    two = {name: to_public("mbr", sign_up(app).card.member_id) for name in ("gone_member_id", "kept_member_id")}
    merge = _made(first, "/admin/member-merges", {**two, "reason": "One person."})
    asked_plan = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    simulation = _made(first, f"/admin/commission-plans/{plan['id']}/simulations", asked_plan, status=202)
    reward = _made(first, "/admin/rewards", {"title": "Cup", "points": 10})
    _made(first, f"/admin/members/{to_public('mbr', owner.card.member_id)}/points", {"points": 10, "reason": "late"})
    redemption = _made(owner, f"/rewards/{reward['id']}/redemptions", {})
    mission = _made(first, "/admin/missions", _MISSION)
    survey = _made(first, "/admin/surveys", _SURVEY)
    campaign = _made(first, "/admin/campaigns", _CAMPAIGN)
    programme = _made(first, "/admin/tier-programmes", _PROGRAMME)
    offer = _made(first, "/admin/plan-offers", _OFFER)
    _made(first, f"/admin/plan-offers/{offer['id']}/publish", {}, status=200)
    gift = _made(owner, "/me/membership-gifts", {"plan": "vip", "term": "month"})
    subscription = _made(owner, "/me/memberships/trials", {"plan": "vip"})
    line = received(owner, from_public("sku", sku))
    said = {"line_id": line, "title": "How to brew it", "text": "Warm the cup."}
    note = _made(owner, "/notes", said | {"pictures": [in_base64(picture())]})
    published(first, note["id"])
    report = _made(sign_up(app), "/reports", {"subject_id": note["id"], "ground": "other", "words": "Odd."})
    warning = {"verdict": "warned", "reason": "Be kind."}
    decision = _made(first, f"/admin/reports/{report['id']}/decision", warning, status=200)
    _made(owner, f"/me/decisions/{decision['id']}/appeal", {"words": "I am."}, status=200)
    question = _made(owner, "/questions", {"topic": "general", "text": "When do you open?"})
    endpoint, delivery = _webhook(first)
    coupon = _made(first, "/admin/coupons", {"title": "Ten", "terms": _TERMS, "valid_days": 3, "way": "code"})
    ids = {
        "whk": endpoint,
        "whd": delivery,
        "cpn": coupon["id"],
        "mbr": to_public("mbr", owner.card.member_id),
        "fnd": _finding(owner),
        "prd": product["id"],
        "sku": sku,
        "deal": deal["id"],
        "room": room["id"],
        "ord": order,
        "rfd": refund["id"],
        "acr": accrual,
        "pay": joined["payment"]["id"],
        "plan": plan["id"],
        "mrg": merge["id"],
        "sim": simulation["id"],
        "tpr": programme["id"],
        "plo": offer["id"],
        "pls": subscription["id"],
        "pgf": gift["id"],
        "pod": destination["id"],
        "por": asked["id"],
        "pob": batch["id"],
        "mail": _mail(owner),
        "oln": line,
        "rpt": report["id"],
        "dec": decision["id"],
        "brg": bargain["id"],
        "fls": session,
        "sfr": front["id"],
        "lap": application["id"],
        "qst": question["id"],
        "post": note["id"],
        "pic": note["pictures"][0]["id"],
        "gpc": shown["pictures"][0]["id"],
        "rwd": reward["id"],
        "rdm": redemption["id"],
        "msn": mission["id"],
        "cam": campaign["id"],
        "svy": survey["id"],
        "ses": _session(owner),
        "psk": _passkey(owner),
        "adr": _made(owner, "/me/addresses", ADDRESS)["id"],
    }
    words = {
        f"{name}.code": link["code"]
        for name in (
            *("show_stats", "edit_link", "name_link", "open_link"),
            *("show_qr_svg", "show_qr_png", "show_poster", "show_kit", "show_banner"),
        )
    }
    words["show_branch_of.member_id"] = owner.call("GET", "/me/referrals").get_json()["data"][0]["member_id"]
    words["show_statement.month"] = owner.call("GET", "/me/statements").get_json()["data"][0]["month"]
    words |= {f"{name}.deal_id": offer_of_bargain for name in ("show_bargain_offer", "start_bargain")}
    digest, size = shown["pictures"][0]["small_url"].split("/")[-2:]
    words |= {"show_goods_picture.digest": digest, "show_goods_picture.size": size}
    words |= dict.fromkeys(("show_feed.key", "show_feed_as_rss.key"), _feed_key(first, owner))
    words["show_banner.key"] = link["banner_url"].rpartition("/")[2].removesuffix(".png")
    words |= {"take_notice.provider": "sandbox", "show_problem.code": "not_found"}
    return Belongings(owner, ids, words, batched["id"])


def _feed_key(admin: Person, owner: Person) -> str:
    """The key of the feed of somebody who publishes."""
    path = f"/admin/publishers/{to_public('mbr', owner.card.member_id)}/approve"
    _made(admin, path, {"reason": "Welcome."}, status=200)
    return str(_made(owner, "/me/publisher/feed-keys", {})["json_url"]).split("/")[-2]


ADDRESS = {"recipient": "Somebody", "phone": "+86 138 0000 0000", "region": "Shanghai", "street": "1 Somewhere"}

_PLAN = {"name": "one", "currency": "CNY", "hold_days": 7, "legs": [{"kind": "sale", "level": 1, "rate_bps": 500}]}


_ALT = {"alt_en": "A cup", "alt_zh": "杯子"}
_TERMS = {"kind": "amount", "currency": "CNY", "amount_minor": 100}


def _finding(owner: Person) -> str:
    """A finding about the owner, on trial: it holds nothing."""
    number = number_of(owner)
    with unit_of_work() as uow:
        found = Case(
            subject=to_public("mbr", owner.card.member_id),
            code="refund_rate",
            occasion="once",
            severity=Severity.WARNING,
            evidence={"orders": 20, "refunded": 5, "rate_bps": 2_500},
            members=frozenset({number}),
            rules_version=0,
            shadow=True,
            holds=False,
            expires_at=uow.now + timedelta(days=30),
        )
        cases.open_cases(uow, [found])
        (made,) = cases.cases(uow, member=number, limit=1)
        return to_public("fnd", made.id)


def _webhook(admin: Person) -> tuple[str, str]:
    """An endpoint, and what it was told once."""
    new = {"url": "https://hooks.example/", "event_types": ["room.filled"]}
    endpoint = _made(admin, "/admin/webhook-endpoints", new)["endpoint"]["id"]
    with unit_of_work() as uow:
        notifications.announce("room.filled", uow, [{"room_id": str(new_id())}])
        uow.session.execute(text("UPDATE webhook_deliveries SET status = 'given_up', ended_at = now()"))
    return endpoint, admin.call("GET", "/admin/webhook-deliveries").get_json()["data"][0]["id"]


_OFFER = {
    "plan": "vip",
    "name_zh": "会员卡",
    "name_en": "VIP card",
    "currency": "CNY",
    "trial_days": 7,
    "terms": [{"term": "month", "prices": [{"growth": 0, "price_minor": 900}]}],
}
_MISSION = {
    "title_zh": "一单",
    "title_en": "One order",
    "times": 1,
    "points": 5,
    "kind": "order",
    "repeats": "once",
    "closes_at": "2036-01-01T00:00:00Z",
}

_SURVEY = {
    "title_zh": "茶",
    "title_en": "Tea",
    "questions": [{"kind": "text", "text_zh": "什么？", "text_en": "What?"}],
    "closes_at": "2036-01-01T00:00:00Z",
}

_CAMPAIGN = {
    "title_zh": "春",
    "title_en": "Spring",
    "theme": "spring",
    "starts_at": "2036-01-01T00:00:00Z",
    "ends_at": "2036-02-01T00:00:00Z",
    "audience": {"kind": "all"},
    "control_bps": 2_000,
    "goal": "buyers",
    "target": 100,
}

_PROGRAMME = {
    "name": "one",
    "period_days": 9,
    "grace_days": 9,
    "tiers": [{"code": "all", "name_zh": "全部", "name_en": "All", "threshold": 0}],
}


def _made(person: Person, path: str, body: object, *, status: int = 201) -> Any:
    answer = person.call("POST", path, key=secrets.token_hex(8), json=body)
    assert answer.status_code == status, (path, answer.text)
    return answer.get_json()


def _mail(owner: Person) -> str:
    """A mail that was queued for the owner."""
    assert owner.call("POST", "/me/email-verifications", json={}).status_code == 202
    with unit_of_work() as uow:
        return to_public(
            "mail", uow.session.execute(text("SELECT id FROM mails ORDER BY id DESC LIMIT 1")).scalar_one()
        )


def _passkey(owner: Person) -> str:
    """A passkey of the owner's."""
    with unit_of_work() as uow:
        found = uow.session.execute(
            text(
                "INSERT INTO member_passkeys (id, member_id, credential_id, credential, sign_count, name, created_at)"
                " VALUES (gen_random_uuid(), :owner, decode('01', 'hex'), decode('02', 'hex'), 0, 'phone', now())"
                " RETURNING id"
            ),
            {"owner": owner.card.member_id},
        )
        return to_public("psk", found.scalar_one())


def _session(owner: Person) -> str:
    """Another device that the owner is signed in on."""
    with unit_of_work() as uow:
        identity.open_session(uow, owner.card.member_id, days=1)
    other = next(one for one in owner.call("GET", "/me/sessions").get_json()["data"] if not one["current"])
    return str(other["id"])


def _sales(owner: Person) -> tuple[str, str]:
    """An order of the owner's own, and a settled commission on a sale to somebody whom the owner brought in."""
    numbers = [number_of(owner), *(number for _, number in plain_members(1))]
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO referral_nodes (member_number, sponsor, depth, uplines, placed_at)"
                " VALUES (:b, :a, 2, ARRAY[:a], now())"
            ),
            dict(zip("ab", numbers, strict=True)),
        )
        own, theirs = sell(uow, [Sale(buyer=number, lines=((100_000, 1),)) for number in numbers])
    with unit_of_work() as uow:
        commissions.accrue_orders(uow, confirmed(own, theirs))
    settle(datetime.now(UTC))
    accrual = owner.call("GET", "/me/commissions").get_json()["data"][0]["id"]
    return to_public("ord", own), accrual
