"""What findings hold of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "findings",
        ("subject",),
        hidden="What the shop noticed about a payout request; the person reads the decision and its reason.",
        stays="Evidence of decisions about money: ids and figures, without a name.",
    ),
)
