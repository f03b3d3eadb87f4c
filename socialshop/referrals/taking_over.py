"""Two places of one person become one: whoever stood below the one stands below the other from now on."""

from __future__ import annotations

from dataclasses import dataclass

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import NotFound
from socialshop.referrals import store, taking_over_store
from socialshop.referrals.store import Place


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How many children came along, and whether the one who took over first rose to the other's own sponsor."""

    children: int
    rose: bool


def take_over(uow: UnitOfWork, *, gone: int, kept: int, reason: str, by: str) -> TakenOver:
    """Hang everybody directly below `gone` under `kept`, each an entry of the history of corrections.

    The tree's lock is held alone, as by a correction. Where `kept` stands below `gone`, it first takes the place beside
    it, under its sponsor: from then on none below `gone` stands above `kept`, so no cycle can close. `gone` stays where
    it is, a leaf: what it sold and earned hangs from its number, and it counts as no head any more. Raises NotFound.
    """
    advisory_lock(uow, store.TREE_LOCK)
    leaving, staying = _found(uow, gone), _found(uow, kept)
    rose = staying.depth > leaving.depth and store.path_up(uow.session, kept, gone) is not None
    if rose:
        above = None if leaving.sponsor is None else _found(uow, leaving.sponsor)
        store.move(uow.session, staying, above)
        store.record_correction(uow.session, staying, leaving.sponsor, reason=reason, by=by, at=uow.now)
        staying = _found(uow, kept)
    children = taking_over_store.move_children(uow.session, leaving, staying)
    taking_over_store.record_corrections(uow.session, children, gone, kept, reason=reason, by=by, at=uow.now)
    taking_over_store.is_no_head(uow.session, gone)
    return TakenOver(len(children), rose)


def _found(uow: UnitOfWork, number: int) -> Place:
    found = store.find(uow.session, number)
    # An account that was merged is a leaf for good: nobody is hung under it, and it has nobody to hand over.
    if found is None or found.is_merged:
        raise NotFound("no such member in the sponsor tree")
    return found
