"""Whose data an operation or a page shows to the shop's own people: said by one word of its row, noted by itself.

`sees="order_id"` names the path variable whose object's owner is looked at. How a look is written down is wired in by
app.py, not known here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from flask import Flask, current_app

from socialshop.infra.uow import UnitOfWork
from socialshop.web.auth import Caller

Witness = Callable[[UnitOfWork, uuid.UUID, str, uuid.UUID, str], None]
"""Notes in a unit of work that a member (the viewer) saw the object of a prefix and key, by something of a name."""


def attach(app: Flask, witness: Witness) -> None:
    """Bind the app to what writes looks down."""
    app.extensions["socialshop_witness"] = witness


def note(
    uow: UnitOfWork, caller: Caller, sees: str, prefixes: Mapping[str, str], ids: Mapping[str, uuid.UUID], *, saw: str
) -> None:
    """Write down that the caller sees whose object the path variable `sees` names."""
    witness: Witness = current_app.extensions["socialshop_witness"]
    witness(uow, caller.member_id, prefixes[sees], ids[sees], saw)
