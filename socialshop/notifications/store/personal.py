"""What notifications hold of a person."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "notices",
        ("member", "about", "facts"),
        reads="SELECT kind, facts, created_at, read_at FROM notices WHERE member = :number ORDER BY id",
        erases=(
            "DELETE FROM notices WHERE member = :number",
            "UPDATE notices SET about = NULL WHERE about = :number",
        ),
        stays="Notices of other people about somebody.",
    ),
    Holding(
        "notice_opt_outs",
        ("member",),
        reads="SELECT channel, topic FROM notice_opt_outs WHERE member = :number ORDER BY channel, topic",
        erases=("DELETE FROM notice_opt_outs WHERE member = :number",),
    ),
    Holding(
        "notice_habits",
        ("member",),
        reads="SELECT quiet_from, quiet_until, digest FROM notice_habits WHERE member = :number",
        erases=("DELETE FROM notice_habits WHERE member = :number",),
    ),
    Holding(
        "mails",
        ("member", "facts"),
        reads="SELECT kind, facts, status, created_at, ended_at FROM mails WHERE member = :number ORDER BY id",
        erases=("DELETE FROM mails WHERE member = :number",),
    ),
)
