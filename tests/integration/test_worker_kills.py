"""A whole search whose worker is killed with -9 at random moments of its life."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from rewardsmith import runner
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import Race
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.parts import assemble
from rewardsmith.records import Run, Trial
from rewardsmith.study import Study
from tests.searching import Silent

KILLS = 50
LIFE_S = 2.5
"""Most workers die younger; one needs some two seconds until it has imported everything."""
CONFIG = StudyConfig(
    "quadcopter",
    candidates=8,
    episodes=4,
    final_seeds=0,
    finalists=1,
    racing="on",
    race=Race((0.25, 0.5), keep=0.5, episodes=4),
    strategy_options={"samples": 4},
    training=TrainingOverrides(
        env_steps=1_280, envs=16, rollout=10, hidden=(16, 16), minibatches=2, mini_epochs=2
    ),
)


class Killer(Silent):
    """Kills the worker of the moment with -9 at random moments of its life, until it has done so
    often enough.

    While nothing comes of it, workers may live longer and longer.
    """

    def __init__(self, kills: int, seed: int) -> None:
        super().__init__()
        self.kills, self._random, self._life_s = kills, Random(seed), LIFE_S

    def trial(self, trial: Trial) -> None:
        self._life_s = LIFE_S

    def haunt(self, executor: LocalExecutor, over: threading.Event) -> None:
        """In a thread of its own."""
        met: set[int] = set()
        while self.kills and not over.wait(0.005):
            worker = executor.workers[0].process._process
            if worker is None or worker.pid in met:
                continue
            met.add(worker.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(self._life_s * self._random.random())
            if worker.poll() is None and not over.is_set():
                os.kill(worker.pid, signal.SIGKILL)
                self.kills -= 1
                self._life_s *= 1.15


def search(folder: Path, config: StudyConfig, killer: Killer | None = None) -> list[Trial]:
    """The trials of a whole search, without what hangs on the clock."""
    parts, over = assemble(config, folder), threading.Event()
    assert isinstance(parts.executor, LocalExecutor)
    thread = threading.Thread(
        target=killer.haunt if killer else over.wait, args=(parts.executor, over) if killer else ()
    )
    thread.start()
    try:
        with Study.create(folder, config) as study:
            runner.run(study, parts, killer or Silent())
            return [replace(trial, runs=tuple(map(_timeless, trial.runs))) for trial in study.trials]
    finally:
        over.set()
        thread.join()
        parts.close()


def _timeless(run: Run) -> Run:
    return replace(run, wall_s=0.0, tries=0)


@pytest.mark.slow
def test_fifty_kills_change_no_candidate_and_no_score(tmp_path: Path):
    killer, seed = Killer(KILLS, seed=1), 0
    while killer.kills:
        config = replace(CONFIG, seed=seed)
        disturbed = search(tmp_path / f"disturbed-{seed}", config, killer)
        undisturbed = search(tmp_path / f"undisturbed-{seed}", config)
        assert disturbed == undisturbed
        assert {trial.state for trial in undisturbed} == {"SCORED", "EVICTED"}
        seed += 1
    assert killer.kills == 0
