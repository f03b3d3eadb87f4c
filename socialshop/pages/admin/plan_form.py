"""A commission plan as a form: its fields follow from the plan's own JSON schema, and are read back into its document.

A field of the form is called as its place in the document (`legs[0].when.tiers`), so that what the shop says of a place
is told beside its field. Whatever kind of leg the schema knows has its fields here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from socialshop.commissions.plan import json_schema
from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant, to_text
from socialshop.pages.formats import joined, money_plain, percent_plain, zone
from socialshop.pages.forms import Form

_INSTANTS = frozenset({"sold_from", "sold_until"})
# How the schema's types are typed; whole numbers by what their names end with.
_OF_TYPES = {"boolean": "tick", "array": "several", "object": "rates", "string": "text"}
_OF_NUMBERS = {"_bps": "percent", "_minor": "money"}
_LONGEST_TEXT = 5_000
_LONGEST_HOLD_DAYS = 3650
_RATE = re.compile(r"(?P<tier>\S.*?)\s*[:：=\s]\s*(?P<share>[0-9.]+)\s*%?")
_ROW = re.compile(r"(legs|caps)\[(\d+)\]\.(.+)")
_BETWEEN = re.compile(r"[,，、;；\n]")
_PART = re.compile(r'\s*"([^"]*)"\s*(?=[,，、;；\n]|$)|([^,，、;；\n]+)')
# How a leg and a cap are told from each other: every one has this field.
MARKS = {"legs": "kind", "caps": "per"}


@dataclass(frozen=True, slots=True)
class Input:
    """One field of the form. `widget` says how it is typed, `options` what may be chosen."""

    name: str
    widget: str
    options: tuple[str, ...] = ()
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """What stands together: the fields of a leg or a cap, and the conditions under which a leg is paid."""

    inputs: tuple[Input, ...]
    when: tuple[Input, ...] = ()

    @property
    def shown(self) -> list[Input]:
        """The fields as they stand in the form: at which level first, then what is paid."""
        return sorted(self.inputs, key=lambda one: one.name != "level")


@cache
def kinds() -> dict[str, Group]:
    """The kinds of leg that a plan may have, each with its fields, in the order of the document's schema."""
    items = json_schema()["properties"]["legs"]["items"]
    mapping = items["discriminator"]["mapping"]
    ordered = [ref["$ref"] for ref in items["oneOf"]]
    return {kind: _group(mapping[kind]) for kind in sorted(mapping, key=lambda kind: ordered.index(mapping[kind]))}


@cache
def cap_group() -> Group:
    """The fields of a cap."""
    return _group("#/$defs/Cap")


@cache
def activity_group() -> Group:
    """The fields that say which uplines earn."""
    return _group("#/$defs/Activity")


def rows_of(values: Mapping[str, str], what: str) -> list[int]:
    """The numbers of the legs or caps that a form has."""
    marked = (_ROW.fullmatch(name) for name in values)
    return sorted({int(found[2]) for found in marked if found and found[1] == what and found[3] == MARKS[what]})


def typed(form: Form, currency: str) -> dict[str, Any]:
    """The document that the form says; what cannot be read is told beside its field."""
    legs = []
    for row in rows_of(form.values, "legs"):
        kind = form.choice(f"legs[{row}].kind", kinds())
        if kind in kinds():
            legs.append({"kind": kind} | _typed_group(form, f"legs[{row}].", kinds()[kind], currency))
    caps = [_typed_group(form, f"caps[{row}].", cap_group(), currency) for row in rows_of(form.values, "caps")]
    activity = _typed_group(form, "activity.", activity_group(), currency)
    days = form.values.get("hold_days", "").strip()
    document: dict[str, Any] = {"name": form.text("name", longest=200), "currency": currency, "legs": legs}
    if days:
        document["hold_days"] = form.whole("hold_days", 0, _LONGEST_HOLD_DAYS)
    return document | ({"activity": activity} if activity else {}) | ({"caps": caps} if caps else {})


def filled(document: Mapping[str, Any]) -> dict[str, str]:
    """The values of the form that says this document."""
    currency = document["currency"]
    values = {"name": str(document["name"]), "hold_days": str(document["hold_days"])}
    for row, leg in enumerate(document["legs"]):
        values[f"legs[{row}].kind"] = leg["kind"]
        values |= _filled_group(f"legs[{row}].", kinds()[leg["kind"]], leg, currency)
    for row, cap in enumerate(document.get("caps") or ()):
        values |= _filled_group(f"caps[{row}].", cap_group(), cap, currency)
    return values | _filled_group("activity.", activity_group(), document.get("activity") or {}, currency)


def is_sayable(document: Mapping[str, Any]) -> bool:
    """Whether the form says all of the document: not a name with quotes and a comma, nor a part of a second."""
    return typed(Form(filled(document)), document["currency"]) == document


def reshaped(values: Mapping[str, str], act: str, kind: str) -> dict[str, str]:
    """The values with a leg or a cap more (`add-legs`), or without one (`drop-legs-0`)."""
    deed, what, *row = act.split("-")
    after = dict(values)
    if what not in MARKS:
        return after
    rows = rows_of(values, what)
    if deed == "add":
        mark = kind if what == "legs" else "order"
        if what == "caps" or kind in kinds():
            after[f"{what}[{max(rows, default=-1) + 1}].{MARKS[what]}"] = mark
        return after
    dropped = int(row[0]) if row and row[0].isascii() and row[0].isdecimal() else -1
    places = {old: new for new, old in enumerate(one for one in rows if one != dropped)}
    moved = {}
    for name, value in after.items():
        found = _ROW.fullmatch(name)
        if found is None or found[1] != what:
            moved[name] = value
        elif int(found[2]) in places:
            moved[f"{what}[{places[int(found[2])]}].{found[3]}"] = value
    return moved


def names_in(values: Mapping[str, str]) -> Iterator[str]:
    """The fields that the form shows, in their order."""
    yield from ("name", "hold_days")
    for row in rows_of(values, "legs"):
        group = kinds().get(values[f"legs[{row}].kind"], Group(()))
        yield from (f"legs[{row}].{one.name}" for one in group.inputs)
        yield from (f"legs[{row}].when.{one.name}" for one in group.when)
    yield from (f"activity.{one.name}" for one in activity_group().inputs)
    for row in rows_of(values, "caps"):
        yield from (f"caps[{row}].{one.name}" for one in cap_group().inputs)


def field_at(path: str, values: Mapping[str, str]) -> str:
    """The field beside which what is wrong at a place of the document is told; `legs` where there is none nearer."""
    shown = list(names_in(values))
    while path:
        inside = (name for name in shown if name == path or name.startswith((f"{path}.", f"{path}[")))
        found = next(inside, None)
        if found is not None and path != "legs":
            return found
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return "legs"


def _group(ref: str) -> Group:
    definitions = json_schema()["$defs"]
    properties: Mapping[str, Any] = definitions[ref.rpartition("/")[2]]["properties"]
    when = definitions["When"]["properties"] if "when" in properties else {}
    return Group(
        tuple(_input(name, said) for name, said in properties.items() if name not in {"when", "kind"}),
        tuple(_input(name, said) for name, said in when.items()),
    )


def _input(name: str, said: Mapping[str, Any]) -> Input:
    """How a value of the schema is typed."""
    what = next((one for one in said.get("anyOf", ()) if one.get("type") != "null"), said)
    if "enum" in what:
        return Input(name, "choice", tuple(what["enum"]))
    if what["type"] == "integer":
        widget = next((widget for ending, widget in _OF_NUMBERS.items() if name.endswith(ending)), "whole")
        return Input(name, widget, least=what.get("minimum", 0), most=what.get("maximum", 10**9))
    return Input(name, "instant" if name in _INSTANTS else _OF_TYPES[what["type"]])


def _typed_group(form: Form, prefix: str, group: Group, currency: str) -> dict[str, Any]:
    said = _typed_inputs(form, prefix, group.inputs, currency)
    when = _typed_inputs(form, f"{prefix}when.", group.when, currency)
    return said | ({"when": when} if when else {})


def _typed_inputs(form: Form, prefix: str, inputs: tuple[Input, ...], currency: str) -> dict[str, Any]:
    """What was typed; a field that is empty says nothing."""
    return {
        one.name: _READERS[one.widget](form, prefix + one.name, one, currency)
        for one in inputs
        if form.values.get(prefix + one.name, "").strip()
    }


def _rates(form: Form, name: str, _one: Input, _currency: str) -> dict[str, int]:
    """A tier and its share a line."""
    found = {}
    for line in _BETWEEN.split(form.values[name]):
        said = _RATE.fullmatch(line.strip())
        if line.strip() and said is None:
            form.errors[name] = gettext("A tier and its share a line, such as %(example)s.", example="gold 6")
        elif said is not None:
            share = Form({name: said["share"]})
            found[said["tier"]] = share.percent(name)
            form.errors.update(share.errors)
    return found


def _several(form: Form, name: str, _one: Input, _currency: str) -> list[str]:
    """What stands between commas; a name that has one stands in quotes."""
    parts = (found[1] or found[2] or "" for found in _PART.finditer(form.values[name]))
    return [part.strip() for part in parts if part.strip()]


def _instant(form: Form, name: str, _one: Input, _currency: str) -> str | None:
    at = form.instant(name, zone())
    return None if at is None else to_text(at)


def _filled_group(prefix: str, group: Group, said: Mapping[str, Any], currency: str) -> dict[str, str]:
    values = {
        prefix + one.name: _WRITERS[one.widget](said[one.name], currency) for one in group.inputs if one.name in said
    }
    when = said.get("when") or {}
    return values | {
        f"{prefix}when.{one.name}": _WRITERS[one.widget](when[one.name], currency)
        for one in group.when
        if one.name in when
    }


def _moment(value: str) -> str:
    """Day and time by the reader's clock, with seconds where there are any, as a browser's own field takes it."""
    at = parse_instant(value).astimezone(ZoneInfo(zone()))
    return at.strftime("%Y-%m-%dT%H:%M:%S" if at.second else "%Y-%m-%dT%H:%M")


# How each widget is read, and how it shows a value of the document.
_READERS: Mapping[str, Callable[[Form, str, Input, str], Any]] = {
    "percent": lambda form, name, _one, _currency: form.percent(name),
    "money": lambda form, name, _one, currency: form.money(name, currency).amount_minor,
    "whole": lambda form, name, one, _currency: form.whole(name, one.least, one.most),
    "tick": lambda form, name, _one, _currency: form.is_ticked(name),
    "choice": lambda form, name, one, _currency: form.choice(name, one.options),
    "text": lambda form, name, _one, _currency: form.text(name, longest=_LONGEST_TEXT),
    "several": _several,
    "rates": _rates,
    "instant": _instant,
}
_WRITERS: Mapping[str, Callable[[Any, str], str]] = {
    "percent": lambda bps, _currency: percent_plain(bps),
    "money": lambda minor, currency: money_plain(Money(minor, currency)),
    "whole": lambda number, _currency: str(number),
    "tick": lambda _ticked, _currency: "yes",
    "choice": lambda chosen, _currency: str(chosen),
    "text": lambda said, _currency: str(said),
    "several": lambda those, _currency: joined(f'"{one}"' if _BETWEEN.search(one) else one for one in those),
    "rates": lambda rates, _currency: "\n".join(f"{tier} {percent_plain(bps)}" for tier, bps in rates.items()),
    "instant": lambda text, _currency: _moment(text),
}
