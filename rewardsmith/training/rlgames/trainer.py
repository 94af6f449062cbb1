"""The rl-games trainer: as the papers do it, every program in a process without others."""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from rewardsmith.contracts import Jobs, Task, TrainerSettings, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.errors import UsageError
from rewardsmith.execution.blame import PATIENCE_S, Failure, blame
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError, hear, speaking
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.rlgames.child_orders import ORDER, REPORT, ChildOrder
from rewardsmith.training.shares import shares

_CHILD = "rewardsmith.training.rlgames.training_child"
_LOOK_FOR_MORE_S = 0.2


class RlGamesTrainer:
    """Trains every job with rl-games' PPO (see :class:`rewardsmith.contracts.Trainer`).

    There are as many at a time as there are cores, and no more than memory holds. For fidelity to
    the published searches, not for speed: the population trainer runs the same settings with the
    same environments, rewards and scores in one process. A process can write to the folders of the
    study's runs, and nowhere else.
    """

    can_race = can_start = False
    starts_processes = True
    Settings: ClassVar[type[TrainerSettings]] = PpoSettings

    def __init__(self, task: Task, settings: PpoSettings, threads: int | None = None) -> None:
        """Prepare to train on one task.

        Args:
            task: What to simulate; a registered one, for the processes load it by its name.
            settings: PPO settings, the same for every job.
            threads: Physics threads of all processes together; all cores that this process may use
                unless given.

        Raises:
            UsageError: rl-games is not installed.
        """
        if not find_spec("rl_games"):
            raise UsageError(
                "the trainer rl-games needs its package: pip install 'rewardsmith[rl-games]', or use "
                "--trainer population."
            )
        self._task, self._settings = task, settings
        self._cores = threads or usable_cores()
        self._idle: list[JsonProcess] = []
        self._folders: tuple[Path, ...] = ()
        """Where those that idle may write."""
        weakref.finalize(self, _end, self._idle)

    def train(
        self, jobs: Jobs, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[Sequence[TrainingResult]]:
        """Train jobs as they come, to the end; a process that dies or hangs costs its own job only.

        Raises:
            UsageError: A race is wanted, or a training that begins from a policy.
        """
        whole, begun, latest = self._settings.whole_steps, 0, dict[str, int]()

        def add(progress: TrainingProgress) -> None:
            """Tell how far all jobs are together."""
            latest[progress.success[0][0]] = progress.env_steps
            observe(replace(progress, env_steps=sum(latest.values()), total_steps=whole * begun))

        self._grant(jobs.folders)
        queue, busy, shared = deque[TrainingJob](), dict[JsonProcess, _Training](), time.monotonic()
        try:
            while True:
                new = jobs.take(wait=not queue and not busy)
                if any(job.race for job in new):
                    raise UsageError(
                        "--racing on needs --trainer population; rl-games trains every program to the end, "
                        "as the papers do."
                    )
                if any(job.start for job in new):
                    raise UsageError(
                        "--start-policy needs --trainer population; rl-games trains every program from "
                        "scratch, as the papers do."
                    )
                queue += new
                begun += len(new)
                if not queue and not busy:
                    return
                self._begin(queue, busy, max(jobs.width, len(queue)))
                ended = self._listen(busy, add)
                shared = _share(busy, shared)
                for process, _ in ended:
                    self._idle.append(process)  # importing rl-games takes seconds
                yield [replace(result, wall_s=busy.pop(process).wall_s) for process, result in ended]
        finally:
            _end(list(busy))

    def _begin(self, queue: deque[TrainingJob], busy: dict[JsonProcess, _Training], width: int) -> None:
        """Hand out jobs to processes that are free.

        All of it in this thread: children end with the one that starts them.
        """
        side_by_side = max(1, min(width, self._cores if self._settings.device == "cpu" else 1))
        if room := shares(self._task).training:
            side_by_side = max(1, min(side_by_side, room // self._settings.envs))
        while queue and len(busy) < side_by_side:
            job = queue.popleft()
            process = self._idle.pop() if self._idle else JsonProcess(_CHILD, *map(str, self._folders))
            order = ChildOrder(self._task.name, self._settings, max(1, self._cores // side_by_side), job)
            busy[process] = _Training(job, process, PATIENCE_S[self._settings.device])
            busy[process].begin(ORDER.dump_json(order).decode())

    @staticmethod
    def _listen(
        busy: dict[JsonProcess, _Training], observe: Callable[[TrainingProgress], None]
    ) -> list[tuple[JsonProcess, TrainingResult]]:
        """What became of trainings within a moment."""
        over = [(process, training.failed) for process, training in busy.items() if training.failed]
        if over:
            return over
        said = speaking(busy, _LOOK_FOR_MORE_S)
        ended = [(process, result) for process in said if (result := busy[process].listen(observe))]
        late = [
            process
            for process, training in busy.items()
            if process not in said and training.until < time.monotonic()
        ]
        return ended + [(process, busy[process].give_up()) for process in late]

    def _grant(self, folders: Sequence[Path]) -> None:
        """Where processes may write; those that may write elsewhere make way for others."""
        if tuple(folders) != self._folders:
            _end(self._idle)
            self._idle.clear()
            self._folders = tuple(folders)


class _Training:
    """One job and the process that trains it.

    A process that dies or falls silent gives a result, too.
    """

    def __init__(self, job: TrainingJob, process: JsonProcess, patience_s: float) -> None:
        """Nothing was said yet."""
        self._job, self._process, self._patience_s = job, process, patience_s
        self.until = time.monotonic() + patience_s
        """When its silence has lasted too long."""
        self.wall_s = 0.0
        """Its share of the time."""
        self.failed: TrainingResult | None = None
        """The result where it did not even begin."""

    def begin(self, line: str) -> None:
        """Send the order."""
        try:
            self._process.send(line)
        except (ProcessDiedError, ProcessSilentError) as failure:
            self.failed = self._failed(failure)

    def listen(self, observe: Callable[[TrainingProgress], None]) -> TrainingResult | None:
        """Take in what it says next; the result if it is one."""
        try:
            report = hear(self._process, REPORT, self._patience_s)
        except (ProcessDiedError, ProcessSilentError) as failure:
            return self._failed(failure)
        self.until = time.monotonic() + self._patience_s
        if report.progress:
            observe(report.progress)
        return report.result

    def give_up(self) -> TrainingResult:
        """The result where it says nothing any more."""
        return self._failed(ProcessSilentError(f"no answer within {self._patience_s:g} s"))

    def _failed(self, failure: Failure) -> TrainingResult:
        self._process.kill()
        return blame(self._job.run, failure)


def _share(busy: dict[JsonProcess, _Training], since: float) -> float:
    """Put the time since then down to those that were trained; what time it is now."""
    now = time.monotonic()
    for training in busy.values():
        training.wall_s += (now - since) / len(busy)
    return now


def _end(processes: list[JsonProcess]) -> None:
    for process in processes:
        process.kill()
