"""The explorer of a finding: its evidence as a graph that can be walked by hand, and as tables that say the same."""

from __future__ import annotations

import json

from flask import render_template, url_for
from flask_babel import gettext, ngettext

from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.pages.admin.findings import TIES
from socialshop.pages.admin.people import names_by_number
from socialshop.pages.admin.section import admin
from socialshop.pages.formats import money
from socialshop.pages.visit import Visit
from socialshop.risk import service as risk
from socialshop.risk.service import Web


@admin.page("/findings/<finding_id>/web", ids={"finding_id": "fnd"}, tab="findings", sees="finding_id")
def explore_finding(visit: Visit) -> str:
    """Who is tied to whom by what."""
    web = risk.explore(visit.uow, visit.ids["finding_id"])
    found = names_by_number(visit.uow, [*web.members, *web.beside])
    names = {number: name or str(gettext("Somebody who has left")) for number, name in found.items()}
    return render_template(
        "admin/web.html",
        web=web,
        case=web.view.case,
        names=names,
        graph=json.dumps(_graph(web, names), ensure_ascii=False),
        ties=TIES,
    )


def _graph(web: Web, names: dict[int, str]) -> dict[str, list[dict[str, str]]]:
    """Nodes and edges as the script draws them, every word in the reader's language."""
    nodes = [_person(web, names, number, "member") for number in web.members]
    nodes += [_person(web, names, number, "beside") for number in web.beside]
    edges: list[dict[str, str]] = []
    for place, sign in enumerate(web.signs):
        sort, words = "hard" if sign.is_hard else "soft", str(TIES[sign.kind])
        nodes.append({"id": f"s{place}", "label": words, "sort": sort})
        edges += [_edge(f"m{number}", f"s{place}", sort, words) for number in sign.members]
    edges += [_edge(f"m{one.sponsor}", f"m{one.member}", "brought", str(gettext("brought"))) for one in web.brought]
    for deal in web.purchases:
        told = {"sum": money(Money(deal.amount_minor, deal.currency)), "num": deal.orders}
        words = ngettext("%(num)s order earned %(sum)s", "%(num)s orders earned %(sum)s", **told)
        edges.append(_edge(f"m{deal.buyer}", f"m{deal.earner}", "bought", str(words)))
    return {"nodes": nodes, "edges": edges}


def _person(web: Web, names: dict[int, str], number: int, sort: str) -> dict[str, str]:
    address = url_for("admin.show_member", member_id=to_public("mbr", web.ids[number]))
    return {"id": f"m{number}", "label": names[number], "sort": sort, "address": address}


def _edge(source: str, target: str, sort: str, words: str) -> dict[str, str]:
    return {"source": source, "target": target, "sort": sort, "words": words}
