"""What the app was wired with: its settings and its clock. Needs an app context."""

from __future__ import annotations

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
