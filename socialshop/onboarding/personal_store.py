"""What imports hold of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "member_imports",
        ("member_number",),
        reads="SELECT true AS imported FROM member_imports WHERE member_number = :number",
        stays="A hash of the line that an import brought; it tells nothing without the line.",
    ),
)
