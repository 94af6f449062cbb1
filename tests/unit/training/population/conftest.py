"""Training on a new trainer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from engine_jobs import QUICK, Train

from rewardsmith.contracts import Race, Task, TrainingJob, TrainingProgress
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.ppo import PpoSettings
from tests.training import Feed, Trained, files_of, scored
from tests.training import train as run


@pytest.fixture
def train(tmp_path: Path) -> Train:
    """Trains on a new trainer, and scores, files in a new folder."""
    return _training_in(tmp_path)


@pytest.fixture(scope="module")
def train_once(tmp_path_factory: pytest.TempPathFactory) -> Train:
    """The same for what several tests look at."""
    return _training_in(tmp_path_factory.mktemp("train"))


def _training_in(place: Path) -> Train:
    runs = 0

    def go(
        task: Task,
        jobs: Sequence[TrainingJob],
        race: Race | None = None,
        feed: Callable[..., Feed] = Feed,
        **changes: object,
    ) -> Trained:
        nonlocal runs
        folder, runs = place / str(runs), runs + 1
        settings: PpoSettings = replace(QUICK, **changes)  # pyright: ignore[reportArgumentType]
        placed = [
            replace(
                job,
                race=race,
                policy=str(folder / job.policy),
                episodes=job.episodes and str(folder / job.episodes),
            )
            for job in jobs
        ]
        told: list[TrainingProgress] = []
        results = run(PopulationTrainer(task, settings, threads=2), feed(placed), told.append)
        scores = scored(task, placed, results)
        return Trained(results, scores, files_of(placed), told)

    return go
