"""Reviews and notes over HTTP: who may write, what is shown once it was read, and what it brings."""

from __future__ import annotations

import io
import struct
import threading
import uuid
import zlib
from typing import Any

import pytest
from community_shop import a_note, in_base64, picture, published, received, tea
from due_work import work
from flask import Flask
from money_people import number_of
from payment_shop import rows
from PIL import Image
from points_shop import points
from sqlalchemy import text
from web_client import Person, counts, refusal, sign_up

from socialshop.community import service as community
from socialshop.community.rules import Kind, Rating, Words
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import from_public
from socialshop.kernel.roles import Role
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.schemas.rules import document_of


@pytest.fixture
def lin(app: Flask) -> Person:
    return sign_up(app, name="Lin")


@pytest.fixture
def admin(app: Flask) -> Person:
    return sign_up(app, role=Role.ADMIN, name="Ada")


def review(person: Person, line: str, rating: int = 5, **more: object) -> Any:
    return person.call("POST", "/reviews", json={"line_id": line, "rating": rating, "text": "Fresh.", **more})


def shown(app: Flask, product: str) -> dict[str, Any]:
    answer = app.test_client().get(f"/api/v1/products/{product}/reviews")
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


# --- who may write, and what others see -------------------------------------------------------------------------------


def test_only_who_has_received_the_goods_may_write_of_them_and_once_a_line(app: Flask, lin: Person) -> None:
    _, sku = tea()
    line = received(lin, sku)
    before = counts("posts", "post_pictures")
    for person, about in (
        (sign_up(app), line),
        (lin, received(lin, sku, status="shipped")),
        (lin, received(lin, sku, status="refunded")),
    ):
        assert refusal(review(person, about))[:2] == (404, "not_found")
    assert counts("posts", "post_pictures") == before
    assert review(lin, line).status_code == 201
    assert refusal(review(lin, line)) == (409, "already_written", "line_id")
    note = {"line_id": line, "title": "Tea", "text": "Good."}
    assert lin.call("POST", "/notes", json=note).status_code == 201
    found = {row["line_id"]: row for row in lin.call("GET", "/me/received-lines").get_json()["data"]}
    assert (found[line]["reviewed"], found[line]["noted"], len(found)) == (True, True, 1)


def test_a_review_is_shown_once_somebody_has_read_it_and_the_mean_is_of_all(
    app: Flask, lin: Person, admin: Person
) -> None:
    product, sku = tea()
    posts = [review(lin, received(lin, sku), rating).get_json() for rating in (5, 5, 4)]
    assert shown(app, product) == {
        "data": [],
        "next_cursor": None,
        "rating": {"count": 0, "average_hundredths": None},
    }
    for post in posts:
        assert post["status"] == "pending"
        published(admin, post["id"])
    found = shown(app, product)
    assert found["rating"] == {"count": 3, "average_hundredths": 467}
    assert [row["rating"] for row in found["data"]] == [4, 5, 5]
    # Somebody whose account another made has not agreed to be named.
    assert {row["author_name"] for row in found["data"]} == {None}


def test_the_mean_is_rounded_to_the_nearest_hundredth() -> None:
    assert [Rating(*each).average_hundredths for each in ((0, 0), (3, 14), (3, 13), (8, 25))] == [None, 467, 433, 313]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 2_001}, "text"),
        ({"pictures": ["", "", "", ""]}, "pictures"),
    ],
)
def test_what_a_review_may_not_say_is_named(lin: Person, body: dict[str, object], field: str) -> None:
    before = counts("posts")
    answer = review(lin, received(lin, tea()[1]), **body)
    assert refusal(answer)[0] == 422
    assert field in answer.text
    assert counts("posts") == before


# --- moderation -------------------------------------------------------------------------------------------------------


def test_publishing_gives_points_and_growth_once_a_line_whatever_happens_then(lin: Person, admin: Person) -> None:
    line = received(lin, tea()[1])
    post, number = review(lin, line).get_json()["id"], number_of(lin)
    growth = "SELECT count(*) FROM growth_entries WHERE member = :n AND kind = 'review'"
    published(admin, post)
    published(admin, post)
    assert points(number).available == 20
    assert rows(growth, n=number) == [(1,)]
    taken = admin.call("POST", f"/admin/posts/{post}/reject", json={"version": 1, "reason": "It names somebody."})
    assert taken.get_json()["status"] == "rejected"
    # What somebody had read and found good keeps its points.
    assert points(number).available == 20
    lin.call("POST", f"/me/posts/{post}", json={"rating": 4, "text": "Still fresh."})
    published(admin, post, version=2)
    assert points(number).available == 20
    assert rows(growth, n=number) == [(1,)]
    deeds = rows("SELECT action FROM audit_entries WHERE target = :post ORDER BY id", post=post)
    assert [row[0] for row in deeds] == ["post.published", "post.rejected", "post.published"]
    told = [row["text"] for row in lin.call("GET", "/me/notices").get_json()["data"]]
    assert len(told) == 3
    assert any("It names somebody." in each for each in told)


def test_missions_count_what_was_published_once_a_line_also_where_it_gives_no_points(
    lin: Person, admin: Person
) -> None:
    terms = {"title_zh": "评价", "title_en": "Write", "repeats": "once", "closes_at": "2036-01-01T00:00:00Z"}
    for kind, times, gives in (("review", 3, 40), ("note", 1, 7)):
        body = {**terms, "kind": kind, "times": times, "points": gives}
        assert admin.call("POST", "/admin/missions", json=body).status_code == 201

    def done() -> list[tuple[str, int, bool]]:
        work(["count_deeds"])
        found = lin.call("GET", "/missions").get_json()["data"]
        return sorted((one["kind"], one["done"], one["rewarded"]) for one in found)

    first, second = (review(lin, received(lin, tea()[1])).get_json()["id"] for _ in range(2))
    assert done() == [("note", 0, False), ("review", 0, False)], "nobody has read them"
    for post in (first, first, second):
        published(admin, post)
    assert done() == [("note", 0, False), ("review", 2, False)]
    taken = admin.call("POST", f"/admin/posts/{first}/reject", json={"version": 1, "reason": "It names somebody."})
    assert (taken.status_code, done()) == (200, [("note", 0, False), ("review", 2, False)])
    with unit_of_work() as uow:
        plain = document_of(loyalty.rules_at(uow, uow.now))
        plain["kinds"].pop("review")
        loyalty.publish_rules(uow, uuid.uuid4(), plain, None)
    published(admin, review(lin, received(lin, tea()[1])).get_json()["id"])
    a_note(lin, admin, tea()[1])
    assert done() == [("note", 1, True), ("review", 3, True)]
    # Two reviews and a note by their rules, and both missions; the third review gave nothing.
    kinds = "SELECT kind, count(*), sum(points) FROM point_lots WHERE member = :n GROUP BY kind ORDER BY kind"
    assert rows(kinds, n=number_of(lin)) == [("mission", 2, 47), ("note", 1, 30), ("review", 3, 40)]


def test_what_was_changed_after_it_was_read_is_not_published(lin: Person, admin: Person) -> None:
    post = review(lin, received(lin, tea()[1])).get_json()["id"]
    lin.call("POST", f"/me/posts/{post}", json={"rating": 1, "text": "Buy elsewhere: example.com"})
    before = counts("audit_entries", "notices", "point_lots")
    answer = admin.call("POST", f"/admin/posts/{post}/publish", json={"version": 1})
    assert (refusal(answer)[:2], answer.get_json()["version"]) == ((409, "post_changed"), 2)
    lin.call("POST", f"/me/posts/{post}/withdraw")
    answer = admin.call("POST", f"/admin/posts/{post}/publish", json={"version": 2})
    assert refusal(answer)[:2] == (409, "post_decided")
    assert counts("audit_entries", "notices", "point_lots") == before


def test_nobody_decides_about_their_own_words(admin: Person) -> None:
    post = review(admin, received(admin, tea()[1])).get_json()["id"]
    before = counts("audit_entries", "point_lots")
    for step, body in (("publish", {"version": 1}), ("reject", {"version": 1, "reason": "no"})):
        answer = admin.call("POST", f"/admin/posts/{post}/{step}", json=body)
        assert refusal(answer)[:2] == (403, "self_decision")
    assert counts("audit_entries", "point_lots") == before


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_a_picture_is_made_anew_upright_small_and_without_a_place(app: Flask, lin: Person, admin: Person) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    exif[0x010F] = "Kanari Camera"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 0.0)
    sent = picture(2_600, 1_300, exif=exif.tobytes())
    assert b"Kanari" in sent
    post = review(lin, received(lin, tea()[1]), pictures=[in_base64(sent)]).get_json()
    path = post["pictures"][0]["url"].removeprefix("/api/v1")
    anybody = app.test_client()
    assert anybody.get(f"/api/v1{path}").status_code == 404
    assert sign_up(app).call("GET", path).status_code == 404
    assert lin.call("GET", path).status_code == admin.call("GET", path).status_code == 200
    published(admin, post["id"])
    answer = anybody.get(f"/api/v1{path}")
    assert answer.content_type == "image/webp"
    kept = Image.open(io.BytesIO(answer.data))
    assert (kept.format, kept.size) == ("WEBP", (640, 1_280))
    assert dict(kept.getexif()) == {}
    assert b"Kanari" not in answer.data
    assert "icc_profile" not in kept.info
    # Turned a quarter to the right: what was left is on top.
    top, bottom = kept.getpixel((300, 10)), kept.getpixel((300, 1_270))
    assert top[0] > 200 > bottom[0]


def a_bomb() -> bytes:
    """A PNG of some hundred bytes that says it is 30,000 points either way."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def many_scans() -> bytes:
    """A JPEG that is good but for its last scan coming some thousand times."""
    whole = picture(8, 8, progressive=True)
    start, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    return whole[:start] + whole[start:end] * 4_000 + whole[end:]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\xff\xd8\xff\xe0 no picture",
        picture(kind="GIF"),
        picture(4_100, 4_000, kind="PNG"),
        picture()[:300],
        a_bomb(),
        many_scans(),
    ],
    ids=["nothing", "svg", "a lie", "gif", "too many points", "cut off", "bomb", "scans"],
)
def test_what_is_no_picture_within_bounds_is_refused_and_nothing_is_kept(lin: Person, sent: bytes) -> None:
    before = counts("posts", "post_pictures")
    answer = review(lin, received(lin, tea()[1]), pictures=[in_base64(sent)])
    assert refusal(answer) == (422, "picture_refused", "pictures")
    assert counts("posts", "post_pictures") == before


def test_nothing_is_decoded_of_who_may_not_write(lin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    line, stranger = received(lin, tea()[1]), sign_up(lin.client.application)
    path = f"/posts/{review(lin, line).get_json()['id']}"
    decoded: list[bytes] = []
    monkeypatch.setattr("socialshop.community.service.writing.files.made_anew", decoded.append)
    body = {"rating": 5, "text": "Fresh.", "pictures": [in_base64(picture())]}
    assert refusal(stranger.call("POST", "/reviews", json=body | {"line_id": line}))[0] == 404
    assert refusal(stranger.call("POST", path, json=body))[0] == 404
    assert decoded == []


def test_pictures_stay_unless_others_are_sent(lin: Person) -> None:
    post = review(lin, received(lin, tea()[1]), pictures=[in_base64(picture()), in_base64(picture(kind="PNG"))])
    path = f"/me/posts/{post.get_json()['id']}"
    kept = lin.call("POST", path, json={"rating": 5, "text": "Fresher."}).get_json()["pictures"]
    assert kept == post.get_json()["pictures"]
    assert len(kept) == 2
    assert lin.call("POST", path, json={"rating": 5, "text": "Bare.", "pictures": []}).get_json()["pictures"] == []
    assert counts("post_pictures") == {"post_pictures": 0}


# --- what a note brings -----------------------------------------------------------------------------------------------


def test_orders_through_links_to_a_note_count_for_it_exactly_and_refunds_take_them_back(
    app: Flask, lin: Person, admin: Person
) -> None:
    _, sku = tea()
    note = a_note(lin, admin, sku)
    friend, buyer = sign_up(app), sign_up(app)
    codes = [
        person.call("POST", "/invite-links", json={"kind": "note", "target_id": note}).get_json()["code"]
        for person in (lin, friend)
    ]
    landing = app.test_client().get(f"/i/{codes[0]}", headers={"Accept": "application/json"}).get_json()
    assert (landing["kind"], landing["subject"]["title"]) == ("note", "Three ways")

    def brought() -> tuple[int, int]:
        (found,) = lin.call("GET", "/me/posts").get_json()["data"]
        assert admin.call("GET", f"/admin/posts/{note}").get_json()["sales"] == found["sales"]
        return found["sales"]["orders"], found["sales"]["volume"]["amount_minor"]

    assert brought() == (0, 0)
    received(buyer, sku, total=9_900, link=codes[0])
    line = received(buyer, sku, total=5_000, link=codes[1], status="completed")
    received(buyer, sku, total=700, link=codes[1], status="cancelled")
    received(buyer, sku, total=700)
    received(lin, sku, total=700, link=codes[1])  # the author's own
    assert brought() == (2, 14_900)
    order = rows("SELECT order_id FROM order_lines WHERE id = :id", id=from_public("oln", line))[0][0]
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE orders SET refunded_minor = 1200 WHERE id = :id"), {"id": order})
    assert brought() == (2, 13_700)
    with unit_of_work() as uow:
        uow.session.execute(
            text("UPDATE orders SET refunded_minor = 5000, status = 'refunded' WHERE id = :id"), {"id": order}
        )
    assert brought() == (1, 9_900)


def test_a_link_to_a_note_needs_a_published_one_and_leads_nowhere_once_it_is_taken_back(
    app: Flask, lin: Person, admin: Person
) -> None:
    _, sku = tea()
    body = {"line_id": received(lin, sku), "title": "Tea", "text": "Good."}
    waiting = lin.call("POST", "/notes", json=body).get_json()["id"]
    link = {"kind": "note", "target_id": waiting}
    assert refusal(lin.call("POST", "/invite-links", json=link))[:2] == (404, "not_found")
    published(admin, waiting)
    made = lin.call("POST", "/invite-links", json=link).get_json()
    assert "看看这篇笔记「Tea」" in made["share_text"]
    assert points(number_of(lin)).available == 30
    lin.call("POST", f"/me/posts/{waiting}/withdraw")
    assert app.test_client().get(f"/api/v1/notes/{waiting}").status_code == 404
    landing = app.test_client().get(f"/i/{made['code']}", headers={"Accept": "application/json"}).get_json()
    assert landing["subject"] is None


# --- leaving, and many at once ---------------------------------------------------------------------------------------


def test_who_leaves_takes_words_and_pictures_along_and_leaves_the_rating(
    app: Flask, lin: Person, admin: Person
) -> None:
    product, sku = tea()
    written = review(lin, received(lin, sku), 4, text="Kanari words", pictures=[in_base64(picture())])
    post = written.get_json()["id"]
    published(admin, post)
    waiting = review(lin, received(lin, sku), 1, text="Kanari waits").get_json()["id"]
    note = a_note(lin, admin, sku, "Kanari title")
    export = lin.call("GET", "/me/export").get_json()["sections"]
    assert [row["body"] for row in export["posts"]] == ["Kanari words", "Kanari waits", "First, warm the cup."]
    assert export["post_pictures"][0]["webp_base64"].startswith("UklGR")
    assert lin.call("DELETE", "/me").status_code == 200
    assert shown(app, product) == {
        "data": [],
        "next_cursor": None,
        "rating": {"count": 1, "average_hundredths": 400},
    }
    assert app.test_client().get(f"/api/v1/notes/{note}").status_code == 404
    assert counts("posts", "post_pictures") == {"posts": 3, "post_pictures": 0}
    assert rows("SELECT DISTINCT body, coalesce(title, '') FROM posts") == [("", "")]
    assert rows("SELECT status FROM posts WHERE id = :id", id=from_public("post", waiting)) == [("withdrawn",)]


def test_of_many_at_once_one_review_a_line_is_kept_and_many_who_publish_it_give_points_once(
    app: Flask, lin: Person
) -> None:
    line, number = from_public("oln", received(lin, tea()[1])), number_of(lin)
    judges = [sign_up(app, role=Role.ADMIN).card.member_id for _ in range(4)]
    words = Words("Fresh.", rating=5)

    def at_once(*works: Any) -> list[str]:
        gate, ended = threading.Barrier(len(works)), []

        def run(work: Any) -> None:
            with app.app_context():
                gate.wait()
                try:
                    in_unit_of_work(work)
                    ended.append("done")
                except DomainError as refused:
                    ended.append(refused.code)

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(ended)

    ended = at_once(*[lambda uow: community.write(uow, number, Kind.REVIEW, line, words=words)] * 4)
    assert ended == ["already_written"] * 3 + ["done"]
    post: uuid.UUID = rows("SELECT id FROM posts")[0][0]
    assert (
        at_once(*[lambda uow, judge=judge: community.publish(uow, judge, post, 1) for judge in judges]) == ["done"] * 4
    )
    assert points(number).available == 20
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'post.published'") == [(1,)]
