"""Every test of pages has the packages that a browser would fetch, or what stands for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from visitors import with_packages


@pytest.fixture
def site(app: Flask, tmp_path: Path) -> Flask:
    """The shop with its pages."""
    return with_packages(app, tmp_path / "packages")
