"""What the tree holds of a person: a place by number."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "referral_nodes",
        ("member_number", "sponsor", "uplines"),
        reads="""
            SELECT s.id AS sponsor_id, n.depth, n.placed_at
            FROM referral_nodes n LEFT JOIN members s ON s.number = n.sponsor WHERE n.member_number = :number
        """,
        ids={"sponsor_id": "mbr"},
        stays="The tree keeps its shape: other people's places hang from it. It knows numbers.",
    ),
    Holding(
        "circle_members",
        ("leader", "member"),
        reads="""
            SELECT l.id AS leader_id, c.joined_at, c.left_at
            FROM circle_members c JOIN members l ON l.number = c.leader WHERE c.member = :number ORDER BY c.joined_at
        """,
        ids={"leader_id": "mbr"},
        erases=("UPDATE circle_members SET left_at = joined_at WHERE member = :number AND left_at IS NULL",),
        stays="That a number was in the circle of a number.",
    ),
    Holding(
        "sponsor_corrections",
        ("member_number", "from_sponsor", "to_sponsor", "reason", "corrected_by"),
        reads="""
            SELECT reason, corrected_at FROM sponsor_corrections WHERE member_number = :number ORDER BY id
        """,
        stays="Why the shop's people moved a place, in their words; never changed or removed.",
    ),
)
