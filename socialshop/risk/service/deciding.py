"""A person decides about a finding: it is so, or it is not, and why."""

from __future__ import annotations

import uuid
from enum import StrEnum

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.risk.errors import FindingOver, OwnFinding
from socialshop.risk.service.reading import is_named
from socialshop.screening import cases


class Verdict(StrEnum):
    """What a finding comes to. Confirmed, it goes on holding what it holds; dismissed, it holds nothing."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


def decide(uow: UnitOfWork, actor: uuid.UUID, finding_id: uuid.UUID, verdict: Verdict, reason: str) -> None:
    """Decide, or decide otherwise than before; the same again changes nothing. Audited.

    Raises NotFound, OwnFinding for whom it names, FindingOver once it expired or was replaced.
    """
    case = cases.find_case(uow, finding_id, lock=True)
    if case is None:
        raise NotFound("no such finding")
    if is_named(uow, actor, case):
        raise OwnFinding("somebody else decides about a finding that names you")
    if case.state == verdict:
        return
    if case.state in ("expired", "replaced"):
        raise FindingOver(f"the finding is {case.state}: there is nothing to decide", state=case.state)
    cases.decide(uow, finding_id, verdict, actor, reason)
    facts = {"rule": case.code, "severity": case.severity, "members": len(case.members), "reason": reason}
    audit.record(uow, actor=actor, action=f"finding.{verdict}", target=to_public("fnd", finding_id), facts=facts)
