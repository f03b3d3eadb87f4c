"""Asking to lead, and the answer, without a script."""

from __future__ import annotations

import re
import secrets
import uuid

import pytest
from flask import Flask
from payment_shop import rows
from visitors import member

from socialshop.deals import service as deals
from socialshop.deals.service import NewProduct, NewSku
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.pages.admin import leading


def test_a_member_asks_an_admin_answers_and_the_desk_opens(site: Flask) -> None:
    lin, admin = member(site), member(site, role=Role.ADMIN)
    assert "Become a leader" in lin.look("/me").text
    sent = lin.send("/me/leading", "/me/leading", reason="My neighbours ask.", channels="A group")
    assert sent.status_code == 303
    assert "My neighbours ask." in admin.look("/admin/applications").text
    application = to_public("lap", rows("SELECT id FROM leader_applications")[0][0])
    decided = admin.send("/admin/applications", f"/admin/applications/{application}", decision="approve", reason="Good")
    assert decided.status_code == 303
    assert lin.look("/lead").status_code == 200
    assert "Become a leader" not in lin.look("/me").text
    assert "Good" in lin.look("/me/leading").text


def test_an_application_without_words_is_shown_again(site: Flask) -> None:
    lin = member(site)
    assert lin.send("/me/leading", "/me/leading", reason="", channels="").status_code == 422
    assert rows("SELECT count(*) FROM leader_applications") == [(0,)]


def test_who_was_chosen_stays_ticked_however_many_have_come_since(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with unit_of_work() as uow:
        product = deals.add_product(
            uow, uuid.uuid4(), NewProduct("Oolong", "", 7, [NewSku(secrets.token_hex(4), "Box", 9_900, 5)]), "CNY"
        )
    monkeypatch.setattr(leading, "_LEADERS_SHOWN", 1)
    admin, _ = member(site, role=Role.ADMIN), member(site, role=Role.LEADER)
    chosen = to_public("mbr", rows("SELECT id FROM members WHERE role = 'leader'")[0][0])
    page = f"/admin/goods/{to_public('sku', product.skus[0].id)}"
    assert admin.send(page, page, open_to="chosen", **{f"leader-{chosen}": "yes"}).status_code == 303
    member(site, role=Role.LEADER)
    shown = admin.look(page).text
    assert len(re.findall(r'type="checkbox" id="leader-', shown)) == 2
    assert re.findall(r'name="leader-(mbr_\w+)" value="yes" checked', shown) == [chosen]
