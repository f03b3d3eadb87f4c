"""A member's own affairs."""

from __future__ import annotations

from flask import render_template

from socialshop.onboarding import service as onboarding
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit


@shopper.page("/me", tab="me")
def show_me(visit: Visit) -> str:
    """The profile, and the way to everything else."""
    return render_template("shopper/me.html", card=onboarding.card_of(visit.uow, visit.caller.member_id))
