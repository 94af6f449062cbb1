"""The rl-games trainer: as the papers do it, every program in a process without others."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from rewardsmith.contracts import Race, Task, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.errors import UsageError
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError, hear, speaking
from rewardsmith.records import TrainingResult
from rewardsmith.training.messages import ORDER, REPORT, Order
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.remote import PATIENCE_S, Failure, failed


class RlGamesTrainer:
    """Trains every job with rl-games' PPO (see :class:`rewardsmith.contracts.Trainer`), as many at a time as there are cores.

    For fidelity to the published searches, not for speed: the population trainer runs the same settings with the same environments,
    rewards and scores in one process. A process can write to the folders of the jobs that it was started for,
    and nowhere else.
    """

    starts_processes = True

    def __init__(self, task: Task, settings: TrainingSettings, episodes: int, threads: int | None = None) -> None:
        """Prepare to train on one task.

        Args:
            task: What to simulate; a registered one, for the processes load it by its name.
            settings: PPO settings, the same for every job.
            episodes: Held-out episodes per job.
            threads: Physics threads of all processes together; all cores that this process may use unless given.

        Raises:
            UsageError: rl-games is not installed.
        """
        if not find_spec("rl_games"):
            raise UsageError("the trainer rl-games needs its package: pip install 'rewardsmith[rl-games]', or use --trainer population.")
        self._task, self._settings, self._episodes = task, settings, episodes
        self._cores = threads or usable_cores()
        self._idle: list[JsonProcess] = []
        self._folders: set[Path] = set()
        """Where those that idle may write."""
        weakref.finalize(self, _end, self._idle)

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        """Train all jobs to the end; a process that dies or hangs costs its own job only.

        Raises:
            UsageError: A race is wanted.
        """
        if race:
            raise UsageError("--racing on needs --trainer population; rl-games trains every program to the end, as the papers do.")
        whole = self._settings.epochs * self._settings.epoch_steps
        latest = dict.fromkeys((job.candidate for job in jobs), 0)

        def add(progress: TrainingProgress) -> None:
            """Tell how far all jobs are together."""
            latest[progress.success[0][0]] = progress.env_steps
            observe(replace(progress, env_steps=sum(latest.values()), total_steps=whole * len(jobs)))

        side_by_side = max(1, min(len(jobs), self._cores if self._settings.device == "cpu" else 1))
        threads = max(1, self._cores // side_by_side)
        lines = ((job, f"{threads} {self._order(job, evaluation_seed)}") for job in jobs)
        self._prepare({Path(path).parent for job in jobs for path in (job.policy, job.episodes) if path}, side_by_side)
        yield from self._results(lines, side_by_side, add)

    def _order(self, job: TrainingJob, evaluation_seed: int) -> str:
        order = Order(self._task.name, "rl-games", self._settings, self._episodes, evaluation_seed, (job,))
        return ORDER.dump_json(order).decode()

    def _results(
        self, orders: Iterator[tuple[TrainingJob, str]], side_by_side: int, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[TrainingResult]:
        """Hand out orders as processes become free. All of it in this thread: children end with the one that starts them."""
        busy: dict[JsonProcess, _Training] = {}
        shared = time.monotonic()
        try:
            while True:
                ended: list[tuple[JsonProcess, TrainingResult]] = []
                for job, line in islice(orders, side_by_side - len(busy)):
                    process = self._idle.pop()
                    busy[process] = _Training(job, process, PATIENCE_S[self._settings.device])
                    ended += busy[process].begin(line)
                if not busy:
                    return
                if not ended:
                    first = min(busy.values(), key=lambda training: training.until)
                    said = speaking(busy, first.until - time.monotonic())
                    ended = [pair for process in said for pair in busy[process].listen(observe)]
                    ended += [] if said else [first.give_up()]
                now = time.monotonic()
                for training in busy.values():
                    training.wall_s += (now - shared) / len(busy)
                shared = now
                for process, result in ended:
                    self._idle.append(process)  # importing rl-games takes seconds
                    yield replace(result, wall_s=busy.pop(process).wall_s)
        finally:
            _end(list(busy))

    def _prepare(self, folders: set[Path], count: int) -> None:
        """As many processes as are needed, which can write to some folders; those that idle are taken if they can."""
        if not folders <= self._folders:
            _end(self._idle)
            self._idle.clear()
            self._folders = folders
        arguments = sorted(map(str, self._folders))
        self._idle += [JsonProcess("rewardsmith.training.rlgames.child", *arguments) for _ in range(count - len(self._idle))]


class _Training:
    """One job and the process that trains it. A process that dies or falls silent gives a result, too."""

    def __init__(self, job: TrainingJob, process: JsonProcess, patience_s: float) -> None:
        """Nothing was said yet."""
        self._job, self._process, self._patience_s = job, process, patience_s
        self.until = time.monotonic() + patience_s
        """When its silence has lasted too long."""
        self.wall_s = 0.0
        """Its share of the time: what all take together is what a person waits."""

    def begin(self, line: str) -> Iterator[tuple[JsonProcess, TrainingResult]]:
        """Send the order; the result if it ends the process."""
        try:
            self._process.send(line)
        except (ProcessDiedError, ProcessSilentError) as failure:
            yield self._failed(failure)

    def listen(self, observe: Callable[[TrainingProgress], None]) -> Iterator[tuple[JsonProcess, TrainingResult]]:
        """Take in what it says next; the result if it is one."""
        try:
            report = hear(self._process, REPORT, self._patience_s)
        except (ProcessDiedError, ProcessSilentError) as failure:
            yield self._failed(failure)
            return
        self.until = time.monotonic() + self._patience_s
        if report.progress:
            observe(report.progress)
        if report.result:
            yield self._process, report.result

    def give_up(self) -> tuple[JsonProcess, TrainingResult]:
        """The result where it says nothing any more."""
        return self._failed(ProcessSilentError(f"no answer within {self._patience_s:g} s"))

    def _failed(self, failure: Failure) -> tuple[JsonProcess, TrainingResult]:
        self._process.kill()
        return self._process, failed(self._job, failure)


def _end(processes: list[JsonProcess]) -> None:
    for process in processes:
        process.kill()
