"""The systems that mission.md names, each by its mechanism: shop keepers without stock."""

from __future__ import annotations

from pathlib import Path

from buying import fill_for_two
from flask import Flask
from money_people import IBAN
from room_shop import faults, room_shop
from web_client import sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from tests.integration.test_invite_sales import come
from tests.sample_sales import LONG_AGO, a_plan


def test_yunji_and_beidian_a_new_leader_takes_the_first_steps_sells_what_the_shop_ships_and_earns(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        with unit_of_work() as uow:
            commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
        admin, leader, guest = sign_up(app, role=Role.ADMIN), sign_up(app, role=Role.LEADER), sign_up(app)

        def done() -> list[str]:
            steps = leader.call("GET", "/me/first-steps").get_json()["data"]
            assert len(steps) == 5
            return [step["step"] for step in steps if step["done_at"]]

        # given a new leader, who has done nothing yet
        assert done() == []
        # when the leader reads the rules, says where earnings go, opens a deal on the shop's goods, and shares it
        rules = leader.call("GET", "/behaviour-rules").get_json()["version"]
        assert leader.call("POST", "/me/behaviour-rules", json={"version": rules}).status_code == 200
        account = {"channel": "bank", "holder": "Top", "account": IBAN}
        assert leader.call("POST", "/me/payout-destinations", json=account).status_code == 201
        terms = {"sku_id": to_public("sku", shop.sku_id), "title": "Ours", "group_size": 2, "price_minor": 9_900}
        deal = leader.call("POST", "/deals", json=terms | {"room_ttl_seconds": 3_600}).get_json()["id"]
        link = leader.call("POST", "/invite-links", json={"kind": "deal", "target_id": deal}).get_json()
        # then each step is seen from what was done
        assert done() == ["read_rules", "payout_destination", "opened_deal", "shared_link"]
        # and once a buyer whom the link brought has filled a room, the last
        buyer = come(app, link["code"])
        bought, _ = fill_for_two(buyer, guest, deal, invite_code=link["code"])
        shop.settle()
        assert done() == ["read_rules", "payout_destination", "opened_deal", "shared_link", "filled_room"]
        # and the leader, who has no stock, earns 8 % of it, while the shop ships
        assert leader.call("GET", "/me/wallet").get_json()["pending"]["amount_minor"] == 792
        stats = leader.call("GET", f"/invite-links/{link['code']}/stats").get_json()
        assert (stats["orders"], stats["earned"]["amount_minor"]) == (1, 792)
        sent = {"carrier": "SF", "tracking": "SF-1"}
        assert admin.call("POST", f"/admin/orders/{bought['order']['id']}/shipment", json=sent).status_code == 200
        assert shop.left() == shop.stock - 2
        assert faults(shop) == []
