"""A bench in a new folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.machine.bench import Bench
from tests.plugins import install


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    point = "tests.children.faulty:Faulty"
    install(
        tmp_path / "packages", monkeypatch, "faulty", trainers=point + "Trainer", scorers=point + "Scorer"
    )
    install(tmp_path / "packages", monkeypatch, "missing", trainers="tests.children.nowhere:Trainer")
    (tmp_path / "runs").mkdir()
    made = Bench(tmp_path / "runs")
    yield made
    for executor in made.executors:
        executor.close()
