"""Holding the collector back leaves it as it was found, whatever happens inside."""

from __future__ import annotations

import gc

import pytest

from socialshop.infra.collector import cycles_kept


class Spilled(Exception):
    pass


def test_it_is_off_inside_and_on_again_after_a_failure() -> None:
    def spill() -> None:
        with cycles_kept():
            assert not gc.isenabled()
            raise Spilled

    with pytest.raises(Spilled):
        spill()
    assert gc.isenabled()


def test_who_switched_it_off_before_finds_it_off() -> None:
    gc.disable()
    try:
        with cycles_kept():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
