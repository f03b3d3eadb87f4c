"""What privacy itself holds of a person, and what the web keeps for a day."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "erasures",
        ("member_id",),
        hidden="Who is in it has left and asks no more.",
        stays="That the person left, and when: without it nobody could show that it was done.",
    ),
    Holding(
        "member_merges",
        ("gone", "kept", "reason", "asked_by", "decided_by"),
        hidden="Who went is in it by an id that is nobody's; who was kept is told by the wallet and the team.",
        stays="That two accounts became one, who asked and who decided: the shop's own words.",
    ),
    Holding(
        "data_looks",
        ("member_id", "viewer"),
        reads="SELECT looked_at, saw, viewer FROM data_looks WHERE member_id = :id ORDER BY id",
        ids={"viewer": "mbr"},
        erases=("DELETE FROM data_looks WHERE member_id = :id",),
        stays="What the person, at work for the shop, looked at: it is other people's to know.",
    ),
    Holding(
        "idempotency_answers",
        ("actor_id", "content"),
        hidden="Answers that the person was given already; kept for a day, so that a call sent twice is done once.",
        erases=("DELETE FROM idempotency_answers WHERE actor_id = :id",),
    ),
)
