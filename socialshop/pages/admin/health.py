"""How the shop is: what a server must have, what waits, what was given up, what runs by the clock."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, current_app, flash, render_template
from flask_babel import gettext

from socialshop.audit import service as audit
from socialshop.commissions import service as commissions
from socialshop.infra import deliveries
from socialshop.infra.ticks import last_ticks
from socialshop.infra.uow import WORKERS_LOCK, UnitOfWork, is_lock_held
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.words import PROBES
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.web import metrics
from socialshop.web.auth import ADMINS
from socialshop.web.health import Probe

_WORKER = "worker"


@admin.page("/health", tab="health")
def show_health(visit: Visit) -> str:
    """Everything that /readyz, /metrics and `jobs list` say, on one page."""
    return render_template(
        "admin/health.html",
        faults=_faults(visit.uow),
        probes=PROBES,
        gauges=metrics.waiting(visit.uow),
        given_up=deliveries.given_up(visit.uow),
        set_aside=commissions.set_aside_accruals(visit.uow),
        ticks=last_ticks(visit.uow),
        sends_mails=visit.settings.smtp_url is not None,
        now=visit.uow.now,
    )


@admin.action("/health/put-back", access=ADMINS, again="show_health")
def put_back(visit: Visit) -> Response:
    """Let one duty, or one commission, be tried again; what did happen is not repeated."""
    name = visit.form.text("what", longest=40)
    visit.form.check()
    actor = visit.caller.member_id
    if name.isascii() and name.isdecimal():
        _put_delivery_back(visit, int(name))
    else:
        commissions.put_back(visit.uow, [from_public("acr", name)], actor)
        commissions.begin_settlement(visit.uow, visit.uow.now)
    flash(gettext("Put back: it is tried again within seconds."))
    return go_to("admin.show_health")


def _put_delivery_back(visit: Visit, number: int) -> None:
    if number not in {found.id for found in deliveries.given_up(visit.uow)}:
        raise NotFound("no such delivery was given up")
    deliveries.put_back(visit.uow, [number])
    audit.record(
        visit.uow, actor=visit.caller.member_id, action="delivery.put_back", target=f"delivery:{number}", facts={}
    )


def _faults(uow: UnitOfWork) -> list[tuple[Probe, str | None]]:
    """Each probe with what is missing, if anything."""
    probes: Sequence[Probe] = current_app.extensions["socialshop_probes"]
    # The probe of workers opens a unit of work, and one is open here.
    listens = is_lock_held(uow, WORKERS_LOCK)
    nobody = None if listens else "no worker listens: what follows a change waits; run `socialshop work`"
    return [(probe, nobody if probe.name == _WORKER else probe.find_fault()) for probe in probes]
