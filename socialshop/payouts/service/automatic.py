"""Payouts that the rule in force approves: each recorded with version and what was seen; a person releases them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from socialshop.audit import service as audit
from socialshop.audit.service import Deed
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import BPS
from socialshop.kernel.time import to_text
from socialshop.payouts.events import PayoutDecided
from socialshop.payouts.ruleset import Automatic
from socialshop.payouts.service.ruling import payout_rules
from socialshop.payouts.store import rulesets as store
from socialshop.payouts.store import together
from socialshop.payouts.store.rulesets import Admitted

_A_STEP = 200


def approve_by_rule(uow: UnitOfWork, is_judged: Callable[[UnitOfWork], bool]) -> bool:
    """Approve what the rule in force approves, as far as the day's caps reach; True if there may be more.

    Nothing while the rules of risk are behind (`is_judged`): what was not looked at has no finding yet. A constant
    number of statements. The database holds each to the same rule once more.
    """
    held = payout_rules(uow)
    if not held.is_automatic or not is_judged(uow):
        return False
    auto = held.rules.auto
    found = store.admitted(uow.session, held.version, now=uow.now, limit=_A_STEP)
    given = _within_caps(found, auto)
    if not given:
        return False
    ids = [one.id for one, _ in given]
    together.move_all(uow.session, ids, come_from=("submitted",), to="approved", now=uow.now, reason=None)
    numbers = store.add_automatic(uow.session, given, held.version, uow.now)
    uow.emit_all([PayoutDecided(decision_id=number) for number in numbers])
    audit.record_all(uow, [_deed(one, saw, held.version) for one, saw in given])
    return len(found) == _A_STEP == len(given)


def _within_caps(found: Sequence[Admitted], auto: Automatic) -> list[tuple[Admitted, dict[str, Any]]]:
    """The first of them that the day has room for, each with what the rule saw of it."""
    given: list[tuple[Admitted, dict[str, Any]]] = []
    if not found:
        return given
    count, amount = found[0].approved_today, found[0].amount_today
    for one in found:
        if count + 1 > auto.daily_count:
            break
        if amount + one.amount_minor > auto.daily_minor:
            continue
        given.append((one, _saw(one, auto, count, amount)))
        count, amount = count + 1, amount + one.amount_minor
    return given


def _saw(one: Admitted, auto: Automatic, count: int, amount: int) -> dict[str, Any]:
    return {
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "ceiling_minor": auto.ceiling_minor,
        "findings": 0,
        "paid_before": one.paid_before,
        "reversed_bps": one.reversed * BPS // one.accruals if one.accruals else 0,
        "account_since": to_text(one.account_since),
        "approved_today": count,
        "today_minor": amount,
    }


def _deed(one: Admitted, saw: dict[str, Any], version: int) -> Deed:
    return Deed(None, "payout.approved", to_public("por", one.id), {**saw, "rule_version": version})
