"""A link that was followed before joining: that sale is its own, in its figures; the sponsor stays who it was."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, room_shop
from web_client import PASSWORD, Person, registration, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import unit_of_work
from socialshop.invites.cookies import ATTRIBUTION, Attributed, CookieSigner
from socialshop.kernel.ids import to_public
from tests.due_work import work
from tests.sample_sales import LONG_AGO, a_plan


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        with unit_of_work() as uow:
            commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
        yield found


class Guest:
    """Somebody whom `sponsor` brought in, with a browser that keeps cookies."""

    def __init__(self, shop: RoomShop, sponsor: Person) -> None:
        self.shop = shop
        body = registration(invite_code=sponsor.card.invite_code)
        self.card = shop.app.test_client().post("/api/v1/members", json=body).get_json()["member"]
        self.client = shop.app.test_client()
        self.email = body["email"]
        self.sign_in()

    def sign_in(self) -> None:
        signed_in = self.client.post("/api/v1/sessions", json={"email": self.email, "password": PASSWORD})
        self.headers = {"Authorization": f"Bearer {signed_in.get_json()['token']}"}

    def call(self, method: str, path: str, **body: object) -> Any:
        headers = {**self.headers, "Idempotency-Key": secrets.token_hex(8)}
        answer = self.client.open(f"/api/v1{path}", method=method, headers=headers, json=body or {})
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    def follow(self, person: Person) -> None:
        assert self.client.get(f"/i/{person.card.invite_code}").status_code == 200

    def buy(self, **body: object) -> None:
        """Open a room and fill it with a stranger; the work behind it is done."""
        opened = self.call("POST", f"/deals/{to_public('deal', self.shop.deal(size=2))}/rooms", **body)
        self.call("POST", f"/sandbox/payments/{opened['payment']['id']}/pay", outcome="succeeded")
        self.shop.pay(self.shop.join(rows("SELECT id FROM rooms ORDER BY opened_at DESC, id DESC LIMIT 1")[0][0]))
        self.shop.settle()
        work()


def _stats(owner: Person) -> tuple[int, int]:
    found = owner.call("GET", f"/invite-links/{owner.card.invite_code}/stats").get_json()
    return found["orders"], found["earned"]["amount_minor"]


def _links() -> list[str | None]:
    found = rows(
        "SELECT l.code FROM orders o JOIN seats s ON s.order_id = o.id LEFT JOIN invite_links l"
        " ON l.id = o.link_id JOIN rooms r ON r.id = s.room_id AND r.host = s.member ORDER BY o.id"
    )
    return [code for (code,) in found]


def test_a_sale_through_a_followed_link_is_the_links_and_the_commission_the_sponsors(shop: RoomShop) -> None:
    sponsor, sharer = sign_up(shop.app), sign_up(shop.app)
    guest = Guest(shop, sponsor)
    guest.follow(sharer)
    guest.buy()
    assert (_stats(sharer), _stats(sponsor)) == ((1, 0), (0, 0))
    assert guest.call("GET", "/me")["sponsor_id"] == to_public("mbr", sponsor.card.member_id)
    earned = rows("SELECT m.id, a.amount_minor FROM accruals a JOIN members m ON m.number = a.beneficiary")
    assert earned == [(sponsor.card.member_id, 792)]
    guest.follow(sponsor)
    guest.buy()
    assert (_stats(sharer), _stats(sponsor)) == ((1, 0), (1, 792))


def test_a_code_in_the_body_goes_before_the_cookie(shop: RoomShop) -> None:
    sponsor, sharer = sign_up(shop.app), sign_up(shop.app)
    guest = Guest(shop, sponsor)
    guest.follow(sharer)
    guest.buy(invite_code=sponsor.card.invite_code)
    assert (_stats(sharer), _stats(sponsor)) == ((0, 0), (1, 792))


@pytest.mark.parametrize(("touch", "counts"), [("last", 1), ("first", 0)])
def test_of_two_links_the_setting_says_which_has_the_sale(shop: RoomShop, touch: str, counts: int) -> None:
    shop.app.extensions["socialshop_settings"] = shop.app.extensions["socialshop_settings"].model_copy(
        update={"attribution_touch": touch}
    )
    links = [sign_up(shop.app), sign_up(shop.app)]
    guest = Guest(shop, sign_up(shop.app))
    for each in links:
        guest.follow(each)
    guest.buy()
    assert _links() == [links[counts].card.invite_code]


def test_a_link_past_its_window_or_a_forged_cookie_has_no_sale(shop: RoomShop) -> None:
    sharer = sign_up(shop.app)
    guest = Guest(shop, sign_up(shop.app))
    guest.follow(sharer)
    shop.pay_shop.clock.advance(timedelta(days=shop.app.extensions["socialshop_settings"].attribution_days, seconds=1))
    guest.sign_in()
    guest.buy()
    link_id = rows("SELECT id FROM invite_links WHERE code = :code", code=sharer.card.invite_code)[0][0]
    forged = CookieSigner(b"of another shop").write_attribution(Attributed(link_id, shop.pay_shop.clock.now()))
    for cookie in (forged, "x", link_id.hex, "." * 400):
        guest.client.set_cookie(ATTRIBUTION, cookie)
        guest.buy()
    assert _links() == [None] * 5
    assert rows("SELECT count(*) FROM link_sales") == [(0,)]


def test_an_own_link_followed_before_buying_brings_nothing(shop: RoomShop) -> None:
    guest = Guest(shop, sign_up(shop.app))
    assert guest.client.get(f"/i/{guest.card['invite_code']}").status_code == 200
    guest.buy()
    assert _links() == [None]
