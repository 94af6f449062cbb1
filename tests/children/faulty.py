"""A trainer that trains nothing, and a scorer, both of which fail in whatever way somebody wants.

Before a run is trained or scored, the first line of ``training.txt`` or ``scoring.txt`` is taken
off, and what it says happens. These files lie beside the run's policy, or, for every run and for
the control training, one folder above."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rewardsmith.contracts import Device, Jobs, ScoringJob, Task, TrainingProgress, TrainingResult
from rewardsmith.records import RunState, Score
from rewardsmith.training.ppo import PpoSettings
from tests.builders import save_policy


def next_fault(policy: str, kind: str) -> str:
    """What shall happen next, which is taken off the list; nothing as a rule."""
    beside = Path(policy).parent
    for file in (beside / f"{kind}.txt", beside.parent / f"{kind}.txt"):
        if file.exists() and (lines := file.read_text(encoding="utf-8").splitlines()):
            file.write_text("\n".join(lines[1:]), encoding="utf-8")
            return lines[0]
    return ""


def happen(fault: str) -> None:
    if fault == "signal":
        os.kill(os.getpid(), signal.SIGSEGV)
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "exit":
        sys.exit(0)
    if fault == "raise":
        raise OSError(errno.ENOSPC, "No space left on device")
    if fault == "hang":
        time.sleep(600)


class FaultyTrainer:
    """See :class:`rewardsmith.contracts.Trainer`. Beside each policy it notes every training."""

    can_race = can_start = starts_processes = False
    Settings = PpoSettings

    def __init__(self, task: Task, *_: object) -> None:
        self._task = task

    def train(
        self, jobs: Jobs, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[Sequence[TrainingResult]]:
        while due := jobs.take(wait=True):
            for job in due:
                folder = Path(job.policy).parent
                folder.mkdir(parents=True, exist_ok=True)
                with (folder / "trainings.txt").open("a", encoding="utf-8") as file:
                    file.write(os.environ.get("CUDA_VISIBLE_DEVICES", "all") + "\n")
                observe(TrainingProgress(0, 1, ((job.run, None),)))
                fault = next_fault(job.policy, "training")
                happen(fault)
                if fault == "lost":
                    yield [TrainingResult(job.run, RunState.LOST, cause="no room for it")]
                    continue
                save_policy(Path(job.policy), self._task)
                yield [TrainingResult(job.run, RunState.TRAINED, env_steps=1)]


class FaultyScorer:
    """See :class:`rewardsmith.contracts.Scorer`."""

    def __init__(self, task: Task, device: Device, threads: int) -> None: ...

    def score(self, jobs: Sequence[ScoringJob], alive: Callable[[], None]) -> list[Score]:
        for job in jobs:
            happen(next_fault(job.policy, "scoring"))
        return [Score(0.5, 0.1, job.episodes, seed=job.seed) for job in jobs]
