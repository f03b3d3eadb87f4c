"""Looking for a deal: words, filters and an order, all by the address alone, so that it works without scripts."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, make_response, render_template, request
from flask_babel import gettext, lazy_gettext, ngettext

from socialshop.deals import service as deals
from socialshop.deals.rules import LARGEST_GROUP, LONGEST_SOUGHT, MOST_HOURS
from socialshop.deals.service import DealKind, FoundDeal, Place, Sort, Sought
from socialshop.infra.locales import money_text
from socialshop.kernel.money import Money
from socialshop.pages import languages
from socialshop.pages.forms import Form
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit
from socialshop.web.auth import PUBLIC
from socialshop.web.paging import cut_ordered, place_of

SORTS = {
    Sort.NEAREST: lazy_gettext("Nearest to full"),
    Sort.ENDS_SOON: lazy_gettext("Ends soon"),
    Sort.PRICE: lazy_gettext("Price"),
    Sort.NEWEST: lazy_gettext("Newest"),
}
KINDS = {
    DealKind.FIXED: lazy_gettext("One price"),
    DealKind.LADDER: lazy_gettext("The more, the cheaper"),
    DealKind.SUBSIDY: lazy_gettext("The shop fills the last seats"),
}
_SEATS, _HOURS = (1, 2, 3, 5), (24, 72, 168)


@shopper.page("/deals", access=PUBLIC, tab="shop")
def list_deals(visit: Visit) -> Response:
    """The deals that are live or announced: all, or those that are looked for. What is wrong is said at its field."""
    form = Form(request.args.to_dict())
    sought = sought_by(form, visit.settings.currency)
    found, after = listed(visit, sought, _place())
    page = render_template(
        "shopper/deals.html",
        form=form,
        found=found,
        next=after,
        chosen=_chosen(sought, visit.settings.currency),
        sort=sought.sort,
        **choices(),
    )
    return make_response(page, 422 if form.errors else 200)


def listed(visit: Visit, sought: Sought, after: Place | None = None) -> tuple[list[FoundDeal], str | None]:
    """A page of what is looked for, and what `?after=` says for the next one."""
    rows = deals.find_deals(visit.uow, sought, after, PAGE_ROWS + 1, viewer=visit.viewer)
    shown, cursor = cut_ordered(rows, PAGE_ROWS, lambda row: row.place)
    return list(shown), cursor


def choices() -> dict[str, object]:
    """What the form of the search offers."""
    seats = [(str(count), _seats_at_most(count)) for count in _SEATS]
    hours = [(str(count), _within(count)) for count in _HOURS]
    return {
        "sorts": SORTS,
        "kinds": [("", gettext("any")), *((kind.value, words) for kind, words in KINDS.items())],
        "seats": [("", gettext("any")), *seats],
        "hours": [("", gettext("any")), *hours],
        "longest": LONGEST_SOUGHT,
    }


def sought_by(form: Form, currency: str) -> Sought:
    """What the address asks for; a value that may not be is noted at its field and looked past."""
    low, high = (_price(form, name, currency) for name in ("price_from", "price_to"))
    if low is not None and high is not None and high < low:
        form.errors["price_to"] = gettext("Not below where the band begins.")
        high = None
    sort, kind = _one_of(form, "sort", [*SORTS]), _one_of(form, "kind", [*KINDS])
    words = form.text("q", longest=LONGEST_SOUGHT, required=False)
    return Sought(
        words=words if words and "q" not in form.errors else None,
        kind=None if kind is None else DealKind(kind),
        from_minor=low,
        to_minor=high,
        seats_to_go=_whole(form, "seats_to_go", LARGEST_GROUP),
        newcomer_only=True if form.is_ticked("newcomer_only") else None,
        ends_within_hours=_whole(form, "ends_within_hours", MOST_HOURS),
        in_stock=True if form.is_ticked("in_stock") else None,
        sort=Sort.NEAREST if sort is None else Sort(sort),
    )


def _chosen(sought: Sought, currency: str) -> Mapping[str, str]:
    """What is asked for, in words, by the name of the address's argument: each can be taken away again."""
    language = languages.reader()
    said: dict[str, str] = {}
    if sought.words is not None:
        said["q"] = f"“{sought.words}”"
    if sought.kind is not None:
        said["kind"] = str(KINDS[sought.kind])
    if sought.from_minor is not None:
        said["price_from"] = gettext("from %(price)s", price=money_text(Money(sought.from_minor, currency), language))
    if sought.to_minor is not None:
        said["price_to"] = gettext("up to %(price)s", price=money_text(Money(sought.to_minor, currency), language))
    if sought.seats_to_go is not None:
        said["seats_to_go"] = _seats_at_most(sought.seats_to_go)
    if sought.newcomer_only:
        said["newcomer_only"] = gettext("for newcomers")
    if sought.ends_within_hours is not None:
        said["ends_within_hours"] = _within(sought.ends_within_hours)
    if sought.in_stock:
        said["in_stock"] = gettext("in stock")
    return said


def _seats_at_most(count: int) -> str:
    return str(ngettext("%(num)s seat to go at most", "%(num)s seats to go at most", count))


def _within(hours: int) -> str:
    if hours % 24:
        return str(ngettext("ends within %(num)s hour", "ends within %(num)s hours", hours))
    return str(ngettext("ends within %(num)s day", "ends within %(num)s days", hours // 24))


def _price(form: Form, name: str, currency: str) -> int | None:
    if not form.values.get(name, "").strip():
        return None
    amount = form.money(name, currency).amount_minor
    if name not in form.errors and amount < 0:
        form.errors[name] = gettext("An amount such as %(example)s.", example="12.50")
    return None if name in form.errors else amount


def _whole(form: Form, name: str, most: int) -> int | None:
    value = form.whole_or_none(name, 1, most)
    return None if name in form.errors else value


def _one_of(form: Form, name: str, options: list[str]) -> str | None:
    if not form.values.get(name, ""):
        return None
    value = form.choice(name, options)
    return None if name in form.errors else value


def _place() -> Place | None:
    """Where the page before ended. Raises NotFound for what no list gave."""
    said = request.args.get("after")
    return None if said is None else Place(*place_of(said))
