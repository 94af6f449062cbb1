"""The honest study, made once, and a cache of real states, so
that no command has to record its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith.contracts import Task
from rewardsmith.reward.guard import Guard
from tests.hostile.pristine import make_study


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory, guard: Guard, reach: Task) -> Path:
    """A finished study of three candidates."""
    folder = tmp_path_factory.mktemp("pristine") / "study"
    make_study(folder, guard, reach)
    return folder
