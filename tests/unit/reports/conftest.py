"""Studies of two strategies."""

from pathlib import Path

import pytest
from compared_studies import WINNER_FRESH, final, study

from rewardsmith.config import StudyConfig


@pytest.fixture
def ten(tmp_path: Path) -> list[Path]:
    """Two strategies, five repeats; the baselines lie in the studies of the first."""
    folders: list[Path] = []
    for strategy, scores in WINNER_FRESH.items():
        for seed, score in enumerate(scores):
            baselines = (
                [final("human", 0.9, seed), final("sparse", 0.1, seed)] if strategy == "eureka" else []
            )
            config = StudyConfig("franka-push", strategy=strategy, seed=seed, candidates=2)
            folders.append(
                study(
                    tmp_path / f"{strategy}-s{seed}",
                    config,
                    (0.95, None),
                    [final("c000", score, seed), *baselines],
                )
            )
    return folders
