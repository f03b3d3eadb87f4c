"""Over how many of the last days figures are shown: the choices, and which one `?days=` names."""

from __future__ import annotations

from flask import request

SPANS = (7, 14, 30)
_USUAL = 14


def chosen_span() -> int:
    """What the address asks for; the usual where it asks for nothing that there is."""
    said = request.args.get("days", "")
    return int(said) if said in map(str, SPANS) else _USUAL
