"""The bench of notices runs and says what it should, at a size that takes a moment. No timing is judged."""

from __future__ import annotations

import pytest
from flask import Flask

from socialshop.bench import notify


def test_every_mail_leaves_once_but_for_those_beyond_a_cap(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "MEMBERS", 9)
    monkeypatch.setattr(notify, "EACH", 7)
    figures = notify.notify(app)
    assert (figures["taken"], figures["taken_twice"], figures["most_to_one_member"]) == (45, 0, 5)
    assert figures["states"] == {"held": 18, "sent": 45}
