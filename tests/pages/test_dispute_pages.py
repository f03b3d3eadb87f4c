"""Disputes on the desk, without scripts: what must be answered until when, a note, and how it ended."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from payment_shop import payment_shop, rows
from room_shop import statements
from visitors import member
from web_client import sign_up

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from tests.integration.test_disputes import decided, opened, told
from tests.integration.test_reconciliation import by_hand, captured, next_day, tick


def test_a_dispute_is_shown_with_its_day_noted_by_an_admin_and_ends_by_itself(site: Flask, tmp_path: Path) -> None:
    admin, finance = member(site, role=Role.ADMIN), member(site, role=Role.FINANCE)
    with payment_shop(site, tmp_path) as shop:
        buyer = sign_up(site, name="Wang")
        number = int(rows("SELECT number FROM members WHERE id = :id", id=buyer.card.member_id)[0][0])
        views = [shop.open_for(number, amount) for amount in (12_300, 900)]
        for step in (shop.pay, shop.capture):
            for view in views:
                step(view)
            shop.work()
        told(shop, *(opened(shop, view, view.amount.amount_minor) for view in views))
        with statements() as seen:
            page = admin.look("/admin/disputes").text
        assert [words in page for words in ("CN¥123.00", "CN¥9.00", "Wang", "not paid by the holder of the card")] == [
            True
        ] * 4
        mine = rows("SELECT id FROM payment_disputes WHERE payment_id = :id", id=views[0].id)
        first = to_public("dsp", mine[0][0])
        action = f"/admin/disputes/{first}/notes"
        assert "<form" not in finance.look("/admin/disputes").text.split("<main")[1]
        sent = admin.send("/admin/disputes", action, note="Signed for by Wang on the 3rd.")
        assert (sent.status_code, rows("SELECT note FROM payment_dispute_notes")) == (
            303,
            [("Signed for by Wang on the 3rd.",)],
        )
        assert rows("SELECT count(*) FROM audit_entries WHERE action = 'dispute.noted'") == [(1,)]
        told(shop, decided(shop, views[1], "won"))
        with statements() as again:
            page = admin.look("/admin/disputes", "zh").text
        assert ("Signed for by Wang" in page, "胜出" in page, page.count("待答复")) == (True, True, 1)
        assert len(again) == len(seen) + 1, "who wrote notes is one statement more, whatever the number"


def test_differences_to_a_provider_are_listed_decided_with_a_reason_and_then_green(site: Flask, tmp_path: Path) -> None:
    admin, finance = member(site, role=Role.ADMIN), member(site, role=Role.FINANCE)
    with payment_shop(site, tmp_path) as shop:
        (view,) = captured(shop, 12_300)
        assert "No day has been compared yet" in admin.look("/admin/reconciliation").text
        by_hand(shop, view, "refund", reference="by hand", amount_minor=2_300)
        tick(shop, next_day(shop))
        page = finance.look("/admin/reconciliation").text
        assert [words in page for words in ("differ in 1 place", "CN¥23.00", "refund paid")] == [True] * 3
        assert "<form" not in page.split("<main")[1]
        case = to_public("rcc", rows("SELECT id FROM reconciliation_cases")[0][0])
        action, path = f"/admin/reconciliation/{case}", "/admin/reconciliation"
        assert admin.send(path, action, reason="").status_code == 422
        assert admin.send(path, action, reason="Booked by hand, entry 7").status_code == 303
        page = admin.look(path, "zh").text
        assert ("支付渠道与账本分毫不差" in page, "Booked by hand" in page) == (True, True)
