"""The rules at work: each looks at what happened within its window, of all members or of some, and says whom it found.

A constant number of statements a rule, whatever the number of members.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import BPS
from socialshop.kernel.time import to_text
from socialshop.risk import graph, rules
from socialshop.risk.graph import Cluster, Shared
from socialshop.risk.rules import Dealings
from socialshop.risk.ruleset import RING, Rule, Ruleset
from socialshop.risk.store import dealings as store
from socialshop.risk.store import marks as mark_store

_TIES_SHOWN = 60


class Suspicion(NamedTuple):
    """What a rule found: about whom first, about whom at all (by number), and what it rests on."""

    code: str
    subject: int
    members: frozenset[int]
    evidence: Mapping[str, Any]


@dataclass(slots=True)
class Look:
    """One look at the shop: the rules, and what several of them need, read once."""

    uow: UnitOfWork
    ruleset: Ruleset
    numbers: Sequence[int] | None
    _clusters: list[Cluster] | None = field(default=None, init=False)
    _dealings: list[Dealings] | None = field(default=None, init=False)

    def since(self, rule: Rule) -> datetime:
        """How far back a rule looks."""
        return self.uow.now - timedelta(days=rule.window_days)

    def clusters(self) -> list[Cluster]:
        """Who may be one hand, by the window of the rule of rings."""
        if self._clusters is None:
            shared = mark_store.shared(self.uow.session, self.since(self.ruleset.ring), self.numbers)
            self._clusters = graph.clusters(shared)
        return self._clusters

    def dealings(self) -> list[Dealings]:
        """What each cluster did with money."""
        if self._dealings is None:
            members = [cluster.members for cluster in self.clusters()]
            self._dealings = store.of_clusters(self.uow.session, members, self.since(self.ruleset.ring))
        return self._dealings


def suspicions(uow: UnitOfWork, ruleset: Ruleset, numbers: Sequence[int] | None) -> Iterator[Suspicion]:
    """What all rules that are on find, of these members or of all."""
    look = Look(uow, ruleset, numbers)
    for code, rule in ruleset.rules():
        if rule.on:
            yield from _FIND[code](look, rule)


def _disposable_mail(look: Look, rule: Rule) -> Iterator[Suspicion]:
    # Ten thousand names, which only judging needs.
    from disposable_email_domains import blocklist

    for found in store.mailboxes(look.uow.session, look.since(rule), look.numbers, blocklist):
        yield _alone("disposable_mail", found.number, {"domain": found.domain})


def _velocity_links(look: Look, rule: Rule) -> Iterator[Suspicion]:
    for found in store.many_links(look.uow.session, look.since(rule), look.numbers, rule.threshold):
        yield _alone("velocity_links", found.number, {"done": found.times, "days": rule.window_days})


def _velocity_registrations(look: Look, rule: Rule) -> Iterator[Suspicion]:
    for found in store.many_registrations(look.uow.session, look.since(rule), look.numbers, rule.threshold):
        yield _alone("velocity_registrations", found.number, {"done": found.times, "days": rule.window_days})


def _velocity_rooms(look: Look, rule: Rule) -> Iterator[Suspicion]:
    for found in store.many_rooms(look.uow.session, look.since(rule), look.numbers, rule.threshold):
        yield _alone("velocity_rooms", found.number, {"done": found.times, "days": rule.window_days})


def _refund_rate(look: Look, rule: Rule) -> Iterator[Suspicion]:
    least = max(rule.least, rules.LEAST_ORDERS_FOR_A_RATE)
    rate_bps = min(rule.threshold, BPS)
    rates = store.refund_rates(look.uow.session, look.since(rule), look.numbers, least=least, rate_bps=rate_bps)
    for found in rates:
        figures = {"orders": found.orders, "refunded": found.refunded}
        yield _alone("refund_rate", found.number, {**figures, "rate_bps": found.refunded * BPS // found.orders})


def _payment_disputed(look: Look, rule: Rule) -> Iterator[Suspicion]:
    for found in store.disputed(look.uow.session, look.since(rule), look.numbers, rule.threshold):
        yield _alone("payment_disputed", found.number, {"done": found.times, "days": rule.window_days})


def _click_flood(look: Look, rule: Rule) -> Iterator[Suspicion]:
    idle_bps = min(rule.least, BPS)
    floods = store.floods(look.uow.session, look.since(rule), look.numbers, most=rule.threshold, idle_bps=idle_bps)
    for found in floods:
        figures = {"done": found.clicks, "not_counted": found.not_counted, "days": rule.window_days}
        yield _alone("click_flood", found.number, figures)


def _destination_shared(look: Look, rule: Rule) -> Iterator[Suspicion]:
    for shared in mark_store.shared(look.uow.session, look.since(rule), look.numbers):
        if shared.kind == "payout_account" and len(shared.members) >= rule.threshold:
            evidence = {"members": len(shared.members) - 1, **_ties([shared])}
            yield _together("destination_shared", shared.members, evidence)


def _self_referral(look: Look, rule: Rule) -> Iterator[Suspicion]:
    """A sponsor with all of whom the marks say that they may be the sponsor again: what did they do with money?"""
    session, since = look.uow.session, look.since(rule)
    close = [
        pair
        for pair in mark_store.pairs(session, since, look.numbers)
        if sum(rules.PAIR_POINTS.get(kind, 0) for kind in pair.kinds) >= rule.threshold
    ]
    groups = [(sponsor, list(pairs)) for sponsor, pairs in groupby(close, key=lambda pair: pair.sponsor)]
    hands = [{sponsor, *(pair.member for pair in pairs)} for sponsor, pairs in groups]
    dealings = store.of_clusters(session, hands, since)
    for (sponsor, pairs), hand, did in zip(groups, hands, dealings, strict=True):
        if did.orders >= rule.least and rules.pays_itself(did):
            ties = [Shared(kind, (sponsor, pair.member), pair.since) for pair in pairs for kind in sorted(pair.kinds)]
            yield Suspicion("self_referral", sponsor, frozenset(hand), {**_figures(did), **_ties(ties)})


def _one_host(look: Look, rule: Rule) -> Iterator[Suspicion]:
    """New members of one cluster who were in the rooms of one host alone, with that host."""
    of = {member: place for place, cluster in enumerate(look.clusters()) for member in cluster.members}
    guests: dict[tuple[int, int], list[int]] = {}
    for guest in store.one_host_guests(look.uow.session, look.since(rule), look.numbers, max(rule.least, 1)):
        if guest.number in of:
            guests.setdefault((of[guest.number], guest.host), []).append(guest.number)
    for (place, host), members in guests.items():
        if len(members) >= rule.threshold:
            evidence = {"done": len(members), "days": rule.window_days, **_ties(look.clusters()[place].ties)}
            yield Suspicion("one_host", host, frozenset((host, *members)), evidence)


def _closed_rooms(look: Look, rule: Rule) -> Iterator[Suspicion]:
    for cluster, did in zip(look.clusters(), look.dealings(), strict=True):
        if len(cluster.members) >= rule.least and did.own_rooms >= rule.threshold and not _is_ring(look, cluster, did):
            yield _together("closed_rooms", cluster.members, {**_figures(did), **_ties(cluster.ties)})


def _ring(look: Look, _: Rule) -> Iterator[Suspicion]:
    for cluster, did in zip(look.clusters(), look.dealings(), strict=True):
        if _is_ring(look, cluster, did):
            said = rules.points(did, cluster.hard)
            score = {"score": sum(point.points for point in said), "reasons": [point._asdict() for point in said]}
            yield _together(RING, cluster.members, {**score, **_figures(did), **_ties(cluster.ties)})


def _is_ring(look: Look, cluster: Cluster, did: Dealings) -> bool:
    rule, said = look.ruleset.ring, rules.points(did, cluster.hard)
    large_enough = len(cluster.members) >= rule.least
    return rule.on and large_enough and rules.moves_money(said) and sum(p.points for p in said) >= rule.threshold


_FIND: Mapping[str, Callable[[Look, Rule], Iterator[Suspicion]]] = {
    "self_referral": _self_referral,
    "disposable_mail": _disposable_mail,
    "velocity_links": _velocity_links,
    "velocity_registrations": _velocity_registrations,
    "velocity_rooms": _velocity_rooms,
    "refund_rate": _refund_rate,
    "destination_shared": _destination_shared,
    "closed_rooms": _closed_rooms,
    "click_flood": _click_flood,
    "one_host": _one_host,
    "payment_disputed": _payment_disputed,
    RING: _ring,
}


def _alone(code: str, number: int, evidence: Mapping[str, Any]) -> Suspicion:
    return Suspicion(code, number, frozenset((number,)), evidence)


def _together(code: str, members: Collection[int], evidence: Mapping[str, Any]) -> Suspicion:
    return Suspicion(code, min(members), frozenset(members), evidence)


def _figures(did: Dealings) -> dict[str, Any]:
    return {"figures": did._asdict()}


def _ties(ties: Sequence[Shared]) -> dict[str, Any]:
    """Who shares what since when, members by number: never a mark."""
    told = [{"kind": tie.kind, "members": list(tie.members), "since": to_text(tie.since)} for tie in ties]
    return {"ties": told[:_TIES_SHOWN]}
