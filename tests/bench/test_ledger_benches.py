"""The benches of the books run and say what they should, at a size that takes a moment. No timing is judged."""

from __future__ import annotations

import pytest
from flask import Flask

from socialshop.bench import ledger


def test_the_proof_is_measured_on_books_that_prove(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "POSTINGS", 10_000)
    monkeypatch.setattr(ledger, "MEMBERS", 100)
    figures = ledger.prove(app)
    assert (figures["entries"], figures["postings"], figures["first_difference"]) == (2_001, 10_000, None)
    assert figures["seconds"] > 0
    assert figures["prove_rss_mb"] > 0


@pytest.mark.long
def test_the_sealer_is_measured_on_both_sides(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PROCESSES", 1)
    monkeypatch.setattr(ledger, "ROUNDS", 1)
    monkeypatch.setattr(ledger, "ROUND_SECONDS", 0.5)
    figures = ledger.seal(app)
    assert figures["proved"] is True
    assert figures["entries"] > 0
    assert figures["ratio"] == pytest.approx(figures["sealer_on_per_s"] / figures["sealer_off_per_s"], abs=0.01)
