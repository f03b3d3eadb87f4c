"""How often a race or a machine is tried: a few times in every run, all times in the long ones."""

from __future__ import annotations

import pytest
from _pytest.mark.structures import ParameterSet


def rounds(usual: int, whole: int) -> list[ParameterSet]:
    """The seeds 0 … `whole` - 1 for `parametrize`; those from `usual` on are left to `make test-long`."""
    return [pytest.param(seed, marks=[] if seed < usual else pytest.mark.long) for seed in range(whole)]


def examples(usual: int, whole: int) -> list[ParameterSet]:
    """How many lives a machine lives: `usual` in every run, `whole` in `make test-long`."""
    return [pytest.param(usual), pytest.param(whole, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
