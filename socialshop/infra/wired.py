"""What the app was wired with: its settings, its clock, and parts of the rooms' own. Needs an app context."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app

from socialshop.infra.clock import Clock
from socialshop.infra.settings import Settings


def attach(app: Flask, settings: Settings, clock: Clock) -> None:
    """Bind the app to them."""
    app.extensions["socialshop_settings"] = settings
    app.extensions["socialshop_clock"] = clock


def settings() -> Settings:
    """The settings of the app at hand."""
    found: Settings = current_app.extensions["socialshop_settings"]
    return found


def clock() -> Clock:
    """The clock of the app at hand."""
    found: Clock = current_app.extensions["socialshop_clock"]
    return found


def part(name: str) -> Any:
    """What app.py has wired for a room under this name; the room's gateway says of what kind it is."""
    return current_app.extensions[f"socialshop_{name}"]


def public_address() -> str:
    """The address that members see, without a slash at its end: what every link that is handed on begins with."""
    return settings().public_address
