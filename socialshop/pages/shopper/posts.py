"""What buyers say: a product with its reviews, notes to read and to share, and writing them."""

from __future__ import annotations

from flask import Response, flash, make_response, render_template
from flask_babel import gettext, lazy_gettext

from socialshop.community import service as community
from socialshop.community.rules import LONGEST_NOTE, LONGEST_REVIEW, LONGEST_TITLE, MOST_PICTURES, Kind, Words
from socialshop.community.service import PostRow, Rating
from socialshop.deals import service as deals
from socialshop.infra.pictures import MOST_BYTES
from socialshop.invites.rules import Kind as LinkKind
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.pages import sharing
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import BUYERS, PUBLIC
from socialshop.web.requests import PICTURE_POLICY

_PRODUCT = {"product_id": "prd"}
_NOTE = {"note_id": "post"}
_POST = {"post_id": "post"}
_LINE = {"line_id": "oln"}
_DEALS_SHOWN = _NOTES_SHOWN = 5
# The files, and what a form puts around them.
_MOST_BYTES = MOST_PICTURES * MOST_BYTES + 100_000
_UPLOADS = [f"picture_{place}" for place in range(1, MOST_PICTURES + 1)]
_STARS = {
    "5": lazy_gettext("5: very good"),
    "4": lazy_gettext("4: good"),
    "3": lazy_gettext("3: all right"),
    "2": lazy_gettext("2: poor"),
    "1": lazy_gettext("1: bad"),
}
_LONGEST = {Kind.REVIEW: LONGEST_REVIEW, Kind.NOTE: LONGEST_NOTE}


@shopper.page("/products/<product_id>", access=PUBLIC, ids=_PRODUCT, tab="shop")
def show_product(visit: Visit) -> str:
    """A product: its deals, what buyers say, and the newest notes about it."""
    product = deals.product(visit.uow, visit.ids["product_id"])
    found = community.reviews(visit.uow, product.id, visit.after(), PAGE_ROWS + 1)
    reviews, after = cut(found, lambda row: row.id)
    return render_template(
        "shopper/product.html",
        product=product,
        deals=deals.deals(visit.uow, None, _DEALS_SHOWN, product_id=product.id, viewer=visit.viewer),
        rating=community.rating_of(visit.uow, product.id),
        reviews=reviews,
        notes=community.notes(visit.uow, product.id, None, _NOTES_SHOWN),
        next=after,
    )


@shopper.page("/notes", access=PUBLIC, tab="shop")
def list_notes(visit: Visit) -> str:
    """What buyers wrote, the newest first."""
    rows, after = cut(community.notes(visit.uow, None, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    return render_template("shopper/notes.html", notes=rows, next=after)


@shopper.page("/notes/<note_id>", access=PUBLIC, ids=_NOTE, tab="shop")
def show_note(visit: Visit) -> str:
    """A note, the deals on what it is about, and the reader's own link to it."""
    note = community.note(visit.uow, visit.ids["note_id"])
    reader = visit.visitor
    shared = None if reader is None else sharing.of_target(visit.uow, reader.member_id, LinkKind.NOTE, note.id)
    return render_template(
        "shopper/note.html",
        note=note,
        deals=deals.deals(visit.uow, None, _DEALS_SHOWN, product_id=note.product_id, viewer=visit.viewer),
        shared=shared,
    )


@shopper.action("/notes/<note_id>/link", access=BUYERS, again="show_note", ids=_NOTE)
def share_note(visit: Visit) -> Response:
    """Make the reader's own link to the note."""
    sharing.make(visit.uow, visit.caller.member_id, LinkKind.NOTE, visit.ids["note_id"])
    return go_to("shopper.show_note", note_id=visit.path["note_id"])


@shopper.page("/pictures/<picture_id>", access=PUBLIC, ids={"picture_id": "pic"})
def show_picture(visit: Visit) -> Response:
    """A picture of a review or note, for a page."""
    answer = make_response(community.picture(visit.uow, visit.ids["picture_id"], visit.visitor))
    answer.headers["Content-Type"] = "image/webp"
    answer.headers["Cache-Control"] = "private, max-age=600"
    answer.headers["Content-Security-Policy"] = PICTURE_POLICY
    return answer


@shopper.page("/me/posts", tab="me")
def list_posts(visit: Visit) -> str:
    """What the member wrote and what became of it, and what could be written about."""
    rows, after = cut(
        community.own_posts(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1), lambda row: row.id
    )
    waiting = [row for row in community.to_write(visit.uow, visit.caller.number) if not (row.reviewed and row.noted)]
    return render_template("shopper/posts.html", posts=rows, next=after, waiting=waiting)


@shopper.page("/me/posts/<post_id>", ids=_POST, tab="me")
def show_post(visit: Visit) -> str:
    """One of the member's own: how it stands, what it brought, and the form to write it anew."""
    post = community.own_post(visit.uow, visit.caller.number, visit.ids["post_id"])
    currency = visit.settings.currency
    sales = community.sales_of(visit.uow, [post.id], currency).get(post.id)
    return render_template("shopper/post.html", post=post, sales=sales, currency=currency, **_facts(post.kind))


@shopper.action("/me/posts/<post_id>", access=BUYERS, again="show_post", ids=_POST, most_bytes=_MOST_BYTES)
def revise_post(visit: Visit) -> Response:
    """Write it anew."""
    post = community.own_post(visit.uow, visit.caller.number, visit.ids["post_id"])
    words, sent = _words(visit.form, post.kind), _sent(visit.form)
    if sent or visit.form.is_ticked("no_pictures"):
        community.revise(visit.uow, visit.caller.number, post.id, words, sent)
    else:
        community.revise(visit.uow, visit.caller.number, post.id, words)
    flash(gettext("Thank you. It is shown once somebody of the shop has read it."))
    return go_to("shopper.show_post", post_id=visit.path["post_id"])


@shopper.action("/me/posts/<post_id>/withdraw", access=BUYERS, again="show_post", ids=_POST)
def withdraw_post(visit: Visit) -> Response:
    """Take it back."""
    community.withdraw(visit.uow, visit.caller.number, visit.ids["post_id"])
    flash(gettext("Taken back: nobody else sees it."))
    return go_to("shopper.show_post", post_id=visit.path["post_id"])


@shopper.page("/lines/<line_id>/review", access=BUYERS, ids=_LINE, tab="me")
def show_review_form(visit: Visit) -> str:
    """A review of something received, to be written."""
    return _to_write(visit, Kind.REVIEW)


@shopper.action(
    "/lines/<line_id>/review",
    access=BUYERS,
    again="show_review_form",
    once=True,
    ids=_LINE,
    most_bytes=_MOST_BYTES,
)
def write_review(visit: Visit) -> Response:
    """Hand the review in."""
    return _write(visit, Kind.REVIEW)


@shopper.page("/lines/<line_id>/note", access=BUYERS, ids=_LINE, tab="me")
def show_note_form(visit: Visit) -> str:
    """A note about something received, to be written."""
    return _to_write(visit, Kind.NOTE)


@shopper.action(
    "/lines/<line_id>/note", access=BUYERS, again="show_note_form", once=True, ids=_LINE, most_bytes=_MOST_BYTES
)
def write_note(visit: Visit) -> Response:
    """Hand the note in."""
    return _write(visit, Kind.NOTE)


def _to_write(visit: Visit, kind: Kind) -> str:
    row = next(iter(community.to_write(visit.uow, visit.caller.number, line_id=visit.ids["line_id"])), None)
    if row is None:
        raise NotFound("no such order line, or its goods are not yet received")
    return render_template("shopper/write_post.html", line=row.line, address=f"shopper.write_{kind}", **_facts(kind))


def _write(visit: Visit, kind: Kind) -> Response:
    words, sent = _words(visit.form, kind), _sent(visit.form)
    post = community.write(visit.uow, visit.caller.number, kind, visit.ids["line_id"], words=words, sent=sent)
    flash(gettext("Thank you. It is shown once somebody of the shop has read it."))
    return go_to("shopper.show_post", post_id=to_public("post", post.id))


def _facts(kind: Kind) -> dict[str, object]:
    """What the form for a post needs."""
    return {
        "kind": kind.value,
        "stars_said": list(_STARS.items()),
        "longest": _LONGEST[kind],
        "longest_title": LONGEST_TITLE,
        "uploads": _UPLOADS,
    }


def _words(form: Form, kind: Kind) -> Words:
    body = form.text("text", longest=_LONGEST[kind])
    rating = int(form.choice("rating", _STARS) or 0) if kind is Kind.REVIEW else None
    title = form.text("title", longest=LONGEST_TITLE) if kind is Kind.NOTE else None
    form.check()
    return Words(body, rating, title)


def _sent(form: Form) -> list[bytes]:
    sent = [form.upload(name, required=False) for name in _UPLOADS]
    return [content for content in sent if content]


@shopper.app_template_global()
def rating_words(rating: Rating) -> str:
    """The mean of what buyers say: `4.67 of 5`."""
    whole, part = divmod(rating.average_hundredths or 0, 100)
    return str(gettext("%(rating)s of 5", rating=f"{whole}.{part:02}"))


@shopper.app_template_global()
def author_name(post: PostRow) -> str:
    """Who wrote it, as far as others may know."""
    return post.author_name or str(gettext("A member"))
