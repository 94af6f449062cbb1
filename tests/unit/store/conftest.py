"""The database that forgers change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forging import make_database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A study's database with a record of every kind."""
    make_database(tmp_path / "study.db")
    return tmp_path / "study.db"
