"""Cases as reviewers share them out among themselves."""

from __future__ import annotations

from socialshop.kernel.ids import to_public
from socialshop.payouts.service import CaseClaim
from socialshop.web.schemas import Instant, Wire, with_example


class CaseClaimWire(Wire):
    """Who has a case for themselves, and until when."""

    model_config = with_example(
        {
            "claimed_by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "claimed_by_name": "Ada",
            "claimed_until": "2026-02-03T12:30:00Z",
        }
    )

    claimed_by: str
    claimed_by_name: str | None
    claimed_until: Instant

    @classmethod
    def of(cls, claim: CaseClaim) -> CaseClaimWire:
        """The wire form of a claim."""
        return cls(
            claimed_by=to_public("mbr", claim.claimed_by),
            claimed_by_name=claim.name,
            claimed_until=claim.claimed_until,
        )
