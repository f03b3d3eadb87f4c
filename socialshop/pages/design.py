"""Every part of the pages in every state, on one page: for who builds with them, and for who looks after them."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, render_template

from socialshop.kernel.money import Money
from socialshop.pages.forms import Form
from socialshop.pages.section import Section
from socialshop.pages.visit import Visit
from socialshop.rooms.rules import Seat
from socialshop.rooms.service import MemberView
from socialshop.web.auth import PUBLIC

design = Section("design", __name__, access=PUBLIC)

_NAMES = (
    "林小满",
    "Chen Siyuan",
    "Ada Lovelace",
    "王芳",
    "Bo",
    "陈思远",
    "Maria",
    "赵云",
    "Li",
    "孙悦",
    "Tom",
    "周",
    "Kay",
)


@design.page("/design")
def show_design(visit: Visit) -> str:
    """The parts."""
    wrong = Form({"email": "lin@", "amount": "12,5", "agree": "yes"}, {}, None)
    wrong.errors = {"email": "not an e-mail address"}
    now = visit.uow.now
    seats = [MemberView(name, Seat.PAID if place % 2 else Seat.HELD) for place, name in enumerate(_NAMES)]
    currency = visit.settings.currency
    return render_template(
        "design/parts.html",
        wrong=wrong,
        now=now,
        soon=now + timedelta(minutes=7),
        later=now + timedelta(days=2, hours=3),
        over=now - timedelta(hours=1),
        seats=seats,
        amounts=[Money(minor, currency) for minor in (0, 5, 1990, 123_456_789, -4200)] + [Money(1990, "JPY")],
        names=_NAMES,
    )


@design.action("/design", again="show_design")
def refuse_design(visit: Visit) -> Response:
    """A form that is always refused, to see how that looks."""
    visit.form.text("email")
    visit.form.errors["email"] = "…"
    visit.form.refuse()
