"""What risk holds of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "risk_rules",
        ("published_by",),
        hidden="The rules are the shop's; what its people did is read out from the audit record.",
        stays="Who brought which rules into force.",
    ),
)
