"""From the link to the payout without a script: every page that a member needs, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from room_shop import RoomShop, faults, room_shop, statements
from sqlalchemy import text
from visitors import Visitor, member, visitor
from web_client import PASSWORD, counts

from socialshop.commissions import service as commissions
from socialshop.commissions.plan import parse_plan
from socialshop.identity.service import TERMS_VERSION, NewMember
from socialshop.infra import wired
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.onboarding import service as onboarding
from socialshop.orders import service as orders

CARD, NO_CARD = "DE89370400440532013000", "DE00370400440532013000"


@pytest.fixture
def shop(site: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    (tmp_path / "provider").mkdir()
    with room_shop(site, tmp_path / "provider") as found:
        yield found


@pytest.fixture
def deal(shop: RoomShop) -> str:
    plan = parse_plan(
        {
            "name": "eight percent",
            "currency": "CNY",
            "hold_days": 0,
            "legs": [{"kind": "sale", "level": 1, "rate_bps": 800}],
        }
    )
    in_unit_of_work(lambda uow: commissions.publish_plan(uow, plan, country="CN"), shop.pay_shop.clock)
    return to_public("deal", shop.deal(2))


def follow(browser: Visitor, answer: object, language: str = "en") -> str:
    """The page that an action leads to."""
    assert getattr(answer, "status_code") == 303, getattr(answer, "text")  # noqa: B009
    page = browser.look(getattr(answer, "headers")["Location"], language)  # noqa: B009
    assert page.status_code == 200
    return str(page.text)


def opened(browser: Visitor, deal: str) -> tuple[str, str]:
    """The member opens a room: the addresses of the room and of the page to pay at."""
    answer = browser.send(f"/deals/{deal}", f"/deals/{deal}/rooms", quantity="1")
    pay = answer.headers["Location"]
    room = re.search(r'href="(/rooms/[^"]+)"', browser.look(pay).text)
    assert room is not None
    return room[1], pay


def test_two_members_fill_a_room_and_the_one_who_invited_withdraws_the_commission(
    shop: RoomShop, site: Flask, deal: str
) -> None:
    lin = member(site, name="林小满")
    assert "Tea for many" in lin.look("/").text
    room, pay = opened(lin, deal)
    assert "CN¥99.00" in lin.look(pay).text
    assert "Your payment is on its way." in follow(lin, lin.send(pay, outcome="succeeded"))
    shop.settle()

    # The link that Lin got with the seat brings Chen, who has never been here.
    code = re.search(r'value="http[^"]*/i/([0-9A-Z]{10})"', lin.look(room).text)
    assert code is not None
    chen = visitor(site)
    landing = chen.look(f"/i/{code[1]}", language="zh")
    assert "林小满 邀请你一起买" in landing.text
    seat = f"/sign-up?seat={room.removeprefix('/rooms/')}"
    assert f'href="{seat}"' in landing.text
    assert "还差 1 人" in chen.look(room, "zh").text
    assert f'href="{seat}"' in chen.look(room).text
    assert "你是通过邀请来的" in chen.look(seat, "zh").text
    typed = {"display_name": "陈思远", "email": "chen@example.com", "password": PASSWORD, "accept_terms": TERMS_VERSION}
    # One form: a member, in Lin's team, with a seat, and on to pay for it.
    seated = chen.send(seat, "/sign-up", **typed)
    assert re.fullmatch(r"/orders/ord_[^/]+/pay", seated.headers["Location"])
    follow(chen, chen.send(seated.headers["Location"], outcome="succeeded"))
    shop.settle()

    assert "The room is filled." in chen.look(room).text
    assert faults(shop) == []
    order = seated.headers["Location"].removesuffix("/pay")
    assert "Room filled, order confirmed" in chen.look(order).text
    assert "已成团，订单确认" in chen.look(f"{order}?lang=zh").text
    assert "Room filled, order confirmed" in chen.look(f"{order}?lang=en").text
    receive(shop, chen, order)

    earnings = lin.look("/earnings", "en").text
    assert "Somebody whom you invited bought." in earnings
    why = re.search(r'href="(/earnings/acr_[^"]+)"', earnings)
    assert why is not None
    explained = lin.look(why[1]).text
    assert "The plan gives 8% of CN¥99.00." in explained
    assert "方案给予 ¥99.00 的 8%。" in lin.look(why[1], "zh").text
    figures = r'<dt>Joined</dt><dd>1</dd><dt>Orders</dt><dd>1</dd>\s*<dt>Earned</dt><dd><span class="money">CN¥7.92'
    assert re.search(figures, lin.look("/invites").text)
    assert re.search(r"Directly invited</div><div class=\"figure\">1<", lin.look("/team").text)

    withdraw(lin)


def receive(shop: RoomShop, buyer: Visitor, order: str) -> None:
    """The parcel leaves and arrives; the days to send it back pass; what has matured settles."""
    from socialshop.kernel.ids import from_public

    order_id = from_public("ord", order.rpartition("/")[2])
    actor = in_unit_of_work(_admin, shop.pay_shop.clock)
    in_unit_of_work(lambda uow: orders.ship(uow, actor, order_id, "SF", "SF-1"), shop.pay_shop.clock)
    assert "SF SF-1" in buyer.look(order).text
    assert "Thank you." in follow(buyer, buyer.send(order, f"{order}/receipt"))
    shop.settle()
    shop.pay_shop.clock.advance(timedelta(days=8))
    in_unit_of_work(lambda uow: commissions.begin_settlement(uow, uow.now), shop.pay_shop.clock)
    shop.work()


def _admin(uow: object) -> object:
    card = onboarding.create(uow, NewMember("ada@example.com", PASSWORD, "Ada"))  # type: ignore[arg-type]
    return card.member_id


def withdraw(earner: Visitor) -> None:
    """All that is available, to an account that is named first."""
    wrong = earner.send("/payouts", "/payout-destinations", channel="bank", holder="Lin", account=NO_CARD)
    assert wrong.status_code == 422
    assert "No IBAN of its country whose check digits fit, nor a card number." in wrong.text
    earner.send("/payouts", "/payout-destinations", channel="bank", holder="Lin", account=CARD)
    page = earner.look("/payouts").text
    assert 'value="7.92"' in page
    place = re.search(r'<option value="(pod_[^"]+)"', page)
    assert place is not None
    too_little = earner.send("/payouts", "/payouts", amount_minor="0.99", destination=place[1])
    assert "A payout is of CN¥1.00 or more." in too_little.text
    too_much = earner.send("/payouts", "/payouts", amount_minor="7.93", destination=place[1])
    beside = '<p class="wrong" id="amount_minor-told">Your available balance is smaller than that.</p>'
    assert (too_much.status_code, beside in too_much.text) == (409, True)

    form = earner.form("/payouts", "/payouts") | {"amount_minor": "7.92", "destination": place[1]}
    twice = [earner.client.post("/payouts", data=form) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [303, 303]
    assert twice[0].headers["Location"] == twice[1].headers["Location"]
    assert counts("payout_requests") == {"payout_requests": 1}
    shown = earner.look(twice[0].headers["Location"]).text
    assert "being looked at" in shown
    assert earner.look("/wallet").text.count("You asked for a payout: the money is set aside.") == 1
    assert "Paid from these commissions" in shown
    taken = earner.send(twice[0].headers["Location"], f"{twice[0].headers['Location']}/take-back")
    assert "the money is available again" in follow(earner, taken)
    wallet = earner.look("/wallet").text
    assert "CN¥7.92" in wallet
    assert wallet.count("You took your payout back: the money is yours again.") == 1
    assert "你撤回了提现，款项退回钱包。" in earner.look("/wallet", "zh").text


def test_a_room_opened_by_two_taps_is_one_room(shop: RoomShop, site: Flask, deal: str) -> None:
    lin = member(site)
    form = lin.form(f"/deals/{deal}", f"/deals/{deal}/rooms") | {"quantity": "1"}
    answers = [lin.client.post(f"/deals/{deal}/rooms", data=form) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert counts("rooms", "seats", "orders") == {"rooms": 1, "seats": 1, "orders": 1}
    without = {name: value for name, value in form.items() if name != "once"}
    assert lin.client.post(f"/deals/{deal}/rooms", data=without).status_code == 400
    assert counts("rooms") == {"rooms": 1}


def test_what_the_shop_refuses_is_said_on_the_page_that_was_used(shop: RoomShop, site: Flask, deal: str) -> None:
    lin, chen, bo = (member(site, name=name) for name in ("Lin", "Chen", "Bo"))
    room, _ = opened(lin, deal)
    form = bo.form(room, f"{room}/seats") | {"quantity": "1"}
    chen.send(room, f"{room}/seats", quantity="1")
    full = bo.client.post(f"{room}/seats", data=form, headers={"Accept-Language": "zh"})
    assert (full.status_code, "这个团已经满员。" in full.text) == (409, True)
    odd = lin.send(f"/deals/{deal}", f"/deals/{deal}/rooms", quantity="0")
    assert (odd.status_code, "A whole number from 1 to 20." in odd.text) == (422, True)
    left = follow(chen, chen.send(room, f"{room}/leave"))
    assert "Your seat is free again" in left
    assert faults(shop) == []


def test_a_payment_that_fails_may_be_made_again(shop: RoomShop, site: Flask, deal: str) -> None:
    lin = member(site)
    room, pay = opened(lin, deal)
    lin.send(pay, outcome="failed")
    shop.settle()
    assert "The payment failed. The seat is still yours" in lin.look(room).text
    lin.send(pay, outcome="succeeded")
    shop.settle()
    assert "The payment failed" not in lin.look(room).text
    assert "There is nothing left to pay here." in lin.look(pay).text


def test_while_a_payment_is_on_its_way_nothing_else_is_offered(shop: RoomShop, site: Flask, deal: str) -> None:
    lin = member(site)
    room, pay = opened(lin, deal)
    before = lin.look(room).text
    assert ("Your payment is on its way." in before, "Give the seat up" in before) == (False, True)
    lin.send(pay, outcome="failed")
    for page in (room, pay, pay.removesuffix("/pay")):
        text = lin.look(page).text
        assert "Your payment is on its way." in text, page
        assert f'href="{pay}"' not in text, page
        assert "Give the seat up" not in text, page
        assert 'action="' + pay not in text, page
        assert '<noscript><meta http-equiv="refresh"' in text, page
    tag = re.search(r'data-seen="([^"]+)"', lin.look(room).text)[1].replace("&#34;", '"')  # type: ignore[index]
    waiting = lin.client.get(f"{room}/live", headers={"If-None-Match": tag, "Accept-Language": "en"})
    assert waiting.status_code == 304
    shop.settle()
    # The room is as it was, and yet whoever waits is told.
    told = lin.client.get(f"{room}/live", headers={"If-None-Match": tag, "Accept-Language": "en"})
    assert (told.status_code, "The payment failed." in told.text) == (200, True)
    assert "Give the seat up" in told.text


def test_the_share_sheet_goes_with_the_last_seat(shop: RoomShop, site: Flask, deal: str) -> None:
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    room, pay = opened(lin, deal)
    lin.send(pay, outcome="succeeded")
    live = lin.client.get(f"{room}/live", headers={"Accept-Language": "en"}).text
    assert "hx-swap-oob" not in live
    theirs = chen.send(room, f"{room}/seats", quantity="1").headers["Location"]
    chen.send(theirs, outcome="succeeded")
    shop.settle()
    live = lin.client.get(f"{room}/live", headers={"Accept-Language": "en"}).text
    assert '<div id="share" hx-swap-oob="true"></div>' in live
    page = lin.look(room).text
    # The place stays, for the part that comes again finds it by its name.
    assert ("hx-swap-oob" in page, '<div id="share"></div>' in page) == (False, True)


def test_a_link_to_a_room_that_is_full_leads_to_the_room_and_so_to_another(
    shop: RoomShop, site: Flask, deal: str
) -> None:
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    room, pay = opened(lin, deal)
    lin.send(pay, outcome="succeeded")
    code = re.search(r"/i/(\w{10})", lin.look(room).text)
    assert code is not None
    chen.send(chen.send(room, f"{room}/seats", quantity="1").headers["Location"], outcome="succeeded")
    shop.settle()
    landing = visitor(site).look(f"/i/{code[1]}").text
    assert f'<a class="button wide" href="{room}">Another room, or one of your own</a>' in landing
    assert "Open a room of your own" in member(site).look(room).text


def test_money_is_asked_back_by_a_form(shop: RoomShop, site: Flask, deal: str) -> None:
    lin = member(site)
    room, pay = opened(lin, deal)
    lin.send(pay, outcome="succeeded")
    shop.settle()
    order = pay.removesuffix("/pay")
    assert lin.send(order, f"{order}/refunds", reason="", amount_minor="").status_code == 422
    assert "An amount such as" in lin.send(order, f"{order}/refunds", reason="late", amount_minor="ten").text
    assert "Asked for." in follow(lin, lin.send(order, f"{order}/refunds", reason="late", amount_minor=""))
    shop.settle()
    assert "The money went back" in lin.look(order).text
    assert "cancelled" in lin.look(room).text


def test_a_room_that_is_polled_costs_one_read_while_nothing_changes(shop: RoomShop, site: Flask, deal: str) -> None:
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    room, _ = opened(lin, deal)
    page = lin.look(room).text
    seen = re.search(r'data-seen="([^"]+)"', page)
    assert seen is not None
    tag = seen[1].replace("&#34;", '"')
    with statements() as asked:
        same = lin.client.get(f"{room}/live", headers={"If-None-Match": tag, "Accept-Language": "en"})
    assert (same.status_code, same.data) == (304, b"")
    assert len([statement for statement in asked if "rooms" in statement]) == 1

    chen.send(room, f"{room}/seats", quantity="1")
    changed = lin.client.get(f"{room}/live", headers={"If-None-Match": tag, "Accept-Language": "en"})
    assert changed.status_code == 200
    assert "Chen" in changed.text
    assert "<html" not in changed.text


def test_how_few_are_left_shows_at_the_next_look_though_it_was_another_room_that_sold(
    shop: RoomShop, site: Flask, deal: str
) -> None:
    lin, wu = member(site, name="Lin"), member(site, name="Wu")
    room, _ = opened(lin, deal)

    def look(tag: str) -> tuple[int, str]:
        """The answer to who has seen this, and what it says is left."""
        answer = wu.client.get(f"{room}/live", headers={"If-None-Match": tag, "Accept-Language": "en"})
        said = re.search(r"only \d+ left|sold out", answer.text, re.IGNORECASE)
        return answer.status_code, said[0].lower() if said else ""

    def seen() -> str:
        page = wu.client.get(f"{room}/live", headers={"Accept-Language": "en"}).text
        return re.search(r'data-seen="([^"]+)"', page)[1].replace("&#34;", '"')  # type: ignore[index]

    tags = [seen()]
    for left, says in ((900, ""), (10, "only 10 left"), (9, "only 9 left"), (0, "sold out")):
        with unit_of_work() as uow:
            uow.session.execute(text("UPDATE skus SET stock = :left"), {"left": left})
        # Many are left or more: nothing shows, so nothing is new.
        assert look(tags[-1]) == ((304, "") if left == 900 else (200, says))
        tags.append(seen())
        with statements() as asked:
            assert look(tags[-1])[0] == 304
        assert len([statement for statement in asked if "rooms" in statement]) == 1


def test_an_open_room_page_may_speak_to_the_watch_process_and_to_nobody_else(
    shop: RoomShop, site: Flask, deal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = member(site, name="Lin")
    room, _ = opened(lin, deal)
    page = lin.client.get(room)
    assert "data-watch" not in page.text
    assert "connect-src 'self';" in page.headers["Content-Security-Policy"]
    watched = wired.settings().model_copy(update={"watch_url": "http://127.0.0.1:8001"})
    monkeypatch.setitem(site.extensions, "socialshop_settings", watched)
    page = lin.client.get(room)
    assert f'data-watch="http://127.0.0.1:8001/api/v1{room}/events"' in page.text
    assert "connect-src 'self' http://127.0.0.1:8001;" in page.headers["Content-Security-Policy"]
    assert "connect-src 'self';" in lin.client.get("/").headers["Content-Security-Policy"]


def test_the_room_of_a_paused_deal_says_so_in_the_place_of_the_button_and_goes_on_when_the_deal_does(
    shop: RoomShop, site: Flask, deal: str
) -> None:
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    leader = member(site, role=Role.ADMIN)
    room, _ = opened(lin, deal)
    paused = "This deal is paused: nobody joins until it goes on. Who has a seat keeps it."

    def seen_anew(by: Visitor, tag: str) -> tuple[int, str]:
        answer = by.client.get(f"{room}/live", headers={"If-None-Match": tag, "Accept-Language": "en"})
        return answer.status_code, answer.text

    tag = re.search(r'data-seen="([^"]+)"', chen.look(room).text)[1].replace("&#34;", '"')  # type: ignore[index]
    assert leader.send(f"/lead/deals/{deal}", f"/lead/deals/{deal}/pause").status_code == 303
    shop.work()
    status, live = seen_anew(chen, tag)
    assert (status, paused in live, "Take a seat" in live) == (200, True, False)
    for who in (lin, chen, visitor(site)):
        page = who.look(room).text
        assert paused in page
        assert "Take a seat" not in page
    assert "此团购已暂停" in chen.look(room, "zh").text
    leader.send(f"/lead/deals/{deal}", f"/lead/deals/{deal}/resume")
    assert paused not in chen.look(room).text
    assert "Take a seat" in chen.look(room).text
    leader.send(f"/lead/deals/{deal}/end", f"/lead/deals/{deal}/end")
    over = chen.look(room).text
    assert "This deal is over: no new room opens. This one can still fill." in over
    assert "Take a seat" in over


def test_nobody_sees_what_is_anothers(shop: RoomShop, site: Flask, deal: str) -> None:
    lin, chen = member(site, name="Lin"), member(site, name="Chen")
    _, pay = opened(lin, deal)
    for path in (pay, pay.removesuffix("/pay")):
        assert chen.look(path).status_code == 404
    form = lin.form(pay)
    theft = chen.client.post(pay, data=chen.form("/me", "/sign-out") | {"outcome": "succeeded"})
    assert form
    assert theft.status_code == 404


def test_a_profile_is_changed_and_so_is_the_language(site: Flask) -> None:
    lin = member(site, name="Lin")
    answer = lin.send("/me", "/me", display_name="小满", locale="zh", time_zone="Asia/Shanghai")
    assert "已保存" in follow(lin, answer, "en")
    odd = lin.send("/me", "/me", language="en", display_name="小满", locale="zh", time_zone="Mars/Olympus")
    assert odd.status_code == 422
    assert '<option value="Asia/Shanghai" selected>' in lin.look("/me").text
    lin.send("/me", "/me", display_name="小满", locale="zh", time_zone="")
    assert '<option value="" selected>' in lin.look("/me").text


def test_a_member_with_nothing_yet_is_told_what_will_stand_there(site: Flask) -> None:
    lin = member(site)
    for path, said in (
        ("/orders", "No orders yet"),
        ("/earnings", "No earnings yet"),
        ("/wallet", "Nothing has moved yet"),
        ("/team", "Nobody yet"),
        ("/notices", "Nothing to tell yet"),
        ("/payouts", "Add where money may go"),
        ("/invites", "Your own link"),
    ):
        assert said in lin.look(path).text, path


def test_who_earns_nothing_is_offered_no_payout(site: Flask) -> None:
    finance, lin = member(site, role=Role.FINANCE), member(site)
    for path in ("/earnings", "/wallet", "/me"):
        assert 'href="/payouts"' in lin.look(path).text, path
        assert 'href="/payouts"' not in finance.look(path).text, path


TYPED = {"display_name": "Chen", "email": "chen@example.com", "password": PASSWORD, "accept_terms": TERMS_VERSION}


def test_a_stranger_chooses_with_whom_on_the_form_to_join(shop: RoomShop, site: Flask, deal: str) -> None:
    # given a deal with a room that waits
    lin = member(site, name="Lin")
    room, _ = opened(lin, deal)
    seat = f"/sign-up?seat={deal}"
    assert f'href="{seat}"' in visitor(site).look(f"/deals/{deal}").text
    form = visitor(site).look(seat).text
    assert "Lin’s room · 1 seat left" in form
    assert "A new room of your own" in form
    # when one takes the seat that is left, and another opens a room
    chen, zhao = visitor(site), visitor(site)
    chen.send(seat, "/sign-up", **TYPED, seat=room.removeprefix("/rooms/"))
    zhao.send(seat, "/sign-up", **TYPED | {"email": "zhao@example.com"}, seat=deal)
    # then both are members with a seat to pay for, and a member is led to where the seat is
    assert counts("rooms", "seats") == {"rooms": 2, "seats": 3}
    assert "Your seat is held until" in chen.look(room).text
    assert chen.look(seat).headers["Location"] == f"/deals/{deal}"
    assert faults(shop) == []


def test_a_seat_that_is_gone_makes_nobody_a_member_unasked(shop: RoomShop, site: Flask, deal: str) -> None:
    # given a stranger who looks at the form while the last seat is taken
    room, _ = opened(member(site, name="Lin"), deal)
    seat = room.removeprefix("/rooms/")
    chen = visitor(site)
    filled_in = TYPED | chen.form(f"/sign-up?seat={seat}", "/sign-up")
    member(site, name="Zhao").send(room, f"{room}/seats", quantity="1")
    before = counts("members", "seats", "orders")
    # when the form is sent
    answer = chen.client.post("/sign-up", data=filled_in, headers={"Accept-Language": "en"})
    # then nothing is done, the reason is told, and the form offers membership alone
    assert answer.status_code == 409
    assert "Every seat of the room is taken." in answer.text
    assert 'name="seat"' not in answer.text
    assert counts("members", "seats", "orders") == before
    assert visitor(site).look("/sign-up?seat=mbr_x").status_code == 404


def test_a_member_chooses_what_to_hear_of_and_money_is_no_choice(site: Flask) -> None:
    lin = member(site)
    page = lin.look("/notices/choices").text
    # All is told until somebody says no; only topics of which mails are ever sent have a box for mails.
    assert len(re.findall(r'type="checkbox"[^>]* checked', page)) == page.count('type="checkbox"') == 12
    assert "money" not in re.sub(r"About your money", "", page)
    kept = lin.send("/notices/choices", "/notices/choices", **{"in_app-rooms": "yes", "in_app-earnings": "yes"})
    assert kept.status_code == 303
    chosen = set(re.findall(r'name="([a-z_-]+)" value="yes" checked', lin.look("/notices/choices").text))
    assert chosen == {"in_app-rooms", "in_app-earnings"}
    assert "通过邮件" in lin.look("/notices/choices", "zh").text
