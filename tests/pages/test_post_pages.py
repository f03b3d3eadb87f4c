"""Reviews and notes on pages: written with a picture, read by the shop, shown with their mean, shared by a link."""

from __future__ import annotations

import io
import re

from after_sales import rows
from community_shop import picture, received, tea
from flask import Flask
from visitors import Visitor, member, visitor
from web_client import Person, counts
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from socialshop.infra.uow import in_unit_of_work
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty

ENGLISH = {"Accept-Language": "en"}


def a_line(person: Visitor, title: str = "Spring tea") -> tuple[str, str]:
    """The public ids of a product and of a line of it that the person has received."""
    product, sku = tea(title)
    assert person.card is not None
    return product, received(Person(person.client, person.card, ""), sku)


def send(person: Visitor, page: str, files: dict[str, bytes], **typed: str) -> TestResponse:
    """Fill in the form at `page`, with files."""
    data: dict[str, object] = {**person.form(page, page), **typed}
    data |= {name: FileStorage(io.BytesIO(content), f"{name}.jpg", name) for name, content in files.items()}
    boundary, body = encode_multipart(data)
    kind = f'multipart/form-data; boundary="{boundary}"'
    return person.client.post(page, data=body, content_type=kind, headers={"Accept": "text/html"} | ENGLISH)


def hand_in(person: Visitor, page: str, files: dict[str, bytes], **typed: str) -> str:
    """Hand in the form at `page`, with files; returns where it leads."""
    answer = send(person, page, files, **typed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_review_with_a_picture_is_written_read_and_shown(site: Flask) -> None:
    lin, ada = member(site), member(site, role=Role.ADMIN, name="Ada")
    product, line = a_line(lin)
    assert f"/lines/{line}/review" in lin.look("/me/posts").text
    # Larger than any other request may be.
    sent = picture(3_000, 2_000, kind="PNG", compress_level=0)[:3_900_000]
    broken = send(lin, f"/lines/{line}/review", {"picture_1": sent}, rating="5", text="Fresh.")
    assert (broken.status_code, "This is no JPEG, PNG or WebP" in broken.text) == (422, True)
    assert counts("posts") == {"posts": 0}
    large = picture(1_100, 1_000, kind="PNG", compress_level=0)
    assert len(large) > 3_000_000
    mine = hand_in(
        lin, f"/lines/{line}/review", {"picture_1": large, "picture_2": picture()}, rating="4", text="Fresh."
    )
    assert "being read" in lin.look(mine).text
    assert "No reviews yet" in visitor(site).look(f"/products/{product}").text
    queue = ada.look("/admin/posts").text
    judged = re.findall(r"/admin/posts/post_\w+", queue)[0]
    assert "Fresh." in ada.look(judged).text
    assert ada.send(judged, f"{judged}/publish").status_code == 303
    page = visitor(site).look(f"/products/{product}").text
    assert "4.00 of 5" in page
    assert "Fresh." in page
    found = set(re.findall(r'src="(/pictures/pic_\w+)"', page))
    assert len(found) == 2
    shown = visitor(site).look(found.pop())
    assert (shown.content_type, shown.headers["Cache-Control"]) == ("image/webp", "private, max-age=600")
    assert "style-src 'unsafe-inline'" in shown.headers["Content-Security-Policy"]
    assert "Your review of “Spring tea” is published." in lin.look("/notices").text


def test_what_is_not_shown_says_why_and_is_written_anew(site: Flask) -> None:
    lin, ada = member(site), member(site, role=Role.ADMIN, name="Ada")
    _, line = a_line(lin)
    mine = hand_in(lin, f"/lines/{line}/note", {"picture_1": picture()}, title="Three ways", text="Call 555.")
    judged = mine.replace("/me/", "/admin/")
    unsaid = ada.send(judged, f"{judged}/reject", reason=" ")
    assert (unsaid.status_code, "This is needed." in unsaid.text) == (422, True)
    assert ada.send(judged, f"{judged}/reject", reason="A phone number.").status_code == 303
    assert "The shop says: A phone number." in lin.look(mine).text
    typed = {"title": "Three ways", "text": "Warm the cup.", "no_pictures": "yes"}
    assert lin.send(mine, mine, **typed).status_code == 303
    assert counts("post_pictures") == {"post_pictures": 0}
    # The page that the shop has open is of what was there before.
    late = ada.client.post(
        f"{judged}/publish",
        data={**ada.form(judged, f"{judged}/publish"), "version": "1"},
        headers={"Accept": "text/html", "Accept-Language": "en"},
    )
    assert (late.status_code, "Read it again." in late.text) == (409, True)
    assert ada.send(judged, f"{judged}/publish").status_code == 303
    note = mine.replace("/me/posts", "/notes")
    assert "Warm the cup." in visitor(site).look(note).text
    assert "Three ways" in visitor(site).look("/notes").text
    assert lin.send(note, f"{note}/link").status_code == 303
    page = lin.look(note).text
    code = re.findall(r"/i/(\w{10})", page)[0]
    assert "看看这篇笔记「Three ways」" in lin.look(note, language="zh").text
    landing = visitor(site).look(f"/i/{code}").text
    assert "shares a note with you" in landing
    assert f'href="{note}"' in landing
    assert lin.send(mine, f"{mine}/withdraw").status_code == 303
    assert visitor(site).look(note).status_code == 404


def test_a_kind_that_no_rule_rewards_is_published_all_the_same(site: Flask) -> None:
    lin, ada = member(site), member(site, role=Role.ADMIN, name="Ada")
    rules = in_unit_of_work(lambda uow: loyalty.rules_at(uow, uow.now))
    assert "note" in rules.kinds
    in_unit_of_work(
        lambda uow: loyalty.publish_rules(
            uow,
            ada.card.member_id,
            {**_document(rules), "kinds": {}},
            None,  # type: ignore[union-attr]
        )
    )
    _, line = a_line(lin)
    judged = hand_in(lin, f"/lines/{line}/note", {}, title="One", text="Two.").replace("/me/", "/admin/")
    assert ada.send(judged, f"{judged}/publish").status_code == 303
    # Kept with nothing in it: missions count it, and published again it gives nothing either.
    assert rows("SELECT points FROM point_lots") == [(0,)]


def _document(rules: loyalty.Rules) -> dict[str, object]:
    return {
        name: getattr(rules, name)
        for name in (
            "order_points_per_unit",
            "expiry_days",
            "warn_days",
            "check_in_points",
            "hundred_points_minor",
            "price_cap_bps",
            "least_points",
        )
    } | {"streak_bonuses": []}
