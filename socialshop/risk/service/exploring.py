"""The evidence of a finding as a graph: its members, what they share, who brought whom, whose purchases earned whom."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import parse_instant
from socialshop.risk.graph import HARD
from socialshop.risk.service.reading import FindingView, show_finding
from socialshop.risk.store import members as member_store
from socialshop.risk.store import ties as store
from socialshop.risk.store.ties import Brought, Purchases

# More is a smear on any screen; the finding itself counts all.
MOST_MEMBERS, MOST_EDGES = 60, 200


class SharedSign(NamedTuple):
    """A mark that these of the members share: its kind, whether it is hard, and since when. Never the mark itself."""

    kind: str
    is_hard: bool
    members: Sequence[int]
    since: datetime


@dataclass(frozen=True, slots=True)
class Web:
    """The graph, bounded; `left_out` members are in the finding alone, `beside` are sponsors whom it does not name."""

    view: FindingView
    members: Sequence[int]
    beside: Sequence[int]
    left_out: int
    signs: Sequence[SharedSign]
    brought: Sequence[Brought]
    purchases: Sequence[Purchases]
    ids: dict[int, uuid.UUID]


def explore(uow: UnitOfWork, finding_id: uuid.UUID) -> Web:
    """The graph of a finding's evidence. A constant number of statements. Raises NotFound."""
    view = show_finding(uow, finding_id)
    shown = list(view.case.members[:MOST_MEMBERS])
    brought = store.brought(uow.session, shown, MOST_EDGES)
    beside = sorted({one.sponsor for one in brought} - set(shown))[:MOST_MEMBERS]
    return Web(
        view=view,
        members=shown,
        beside=beside,
        left_out=len(view.case.members) - len(shown),
        signs=_signs(view, set(shown)),
        brought=[one for one in brought if one.sponsor in {*shown, *beside}],
        purchases=store.purchases(uow.session, shown, MOST_EDGES),
        ids={**view.members, **member_store.ids_of(uow.session, beside)},
    )


def _signs(view: FindingView, shown: set[int]) -> list[SharedSign]:
    """The ties of the evidence, whose members stand there by public id."""
    numbers = {to_public("mbr", id_): number for number, id_ in view.members.items()}
    found = []
    for tie in view.case.evidence.get("ties", ()):
        inside = [numbers[one] for one in tie["members"] if numbers.get(one) in shown]
        if len(inside) > 1:
            found.append(SharedSign(tie["kind"], tie["kind"] in HARD, inside, parse_instant(tie["since"])))
    return found
