"""A stage in a new folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.stage import Actor, Stage


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    made = Stage(tmp_path / "runs")
    monkeypatch.setattr("rewardsmith.executors.local_worker.JsonProcess", partial(Actor, made))
    yield made
    made.close()
