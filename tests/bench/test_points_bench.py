"""The bench of points runs and says what it should, at a size that takes a moment. No timing is judged."""

from __future__ import annotations

import pytest
from flask import Flask

from socialshop.bench import points


def test_every_expired_lot_is_ended_and_the_books_agree(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "LOTS", 400)
    monkeypatch.setattr(points, "MEMBERS", 100)
    figures = points.expire(app)
    assert (figures["outstanding"], figures["agrees"], figures["steps"]) == (0, True, 1)
