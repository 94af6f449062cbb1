"""The rl-games trainer: as the papers do it, every program in a process without others."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from importlib.util import find_spec

from rewardsmith.contracts import Race, Task, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.errors import UsageError
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError
from rewardsmith.records import TrainingResult
from rewardsmith.training.messages import ORDER, REPORT, Order
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.remote import PATIENCE_S, failed


class RlGamesTrainer:
    """Trains every job with rl-games' PPO (see :class:`rewardsmith.contracts.Trainer`), as many at a time as there are cores.

    For fidelity to the published searches, not for speed: the population trainer runs the same settings with the same environments,
    rewards and scores in one process.
    """

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

        def one(job: TrainingJob) -> TrainingResult:
            order = Order(self._task.name, "rl-games", self._settings, self._episodes, evaluation_seed, (job,))
            process = self._idle.pop() if self._idle else JsonProcess("rewardsmith.training.rlgames.child")
            try:
                result = _converse(process, order, threads, add)
            except (ProcessDiedError, ProcessSilentError) as failure:
                process.kill()
                return failed(job, failure)
            self._idle.append(process)  # importing rl-games takes seconds
            return result

        with ThreadPoolExecutor(side_by_side) as pool:
            for done in as_completed([pool.submit(one, job) for job in jobs]):
                yield done.result()


def _end(processes: list[JsonProcess]) -> None:
    for process in processes:
        process.kill()


def _converse(process: JsonProcess, order: Order, threads: int, observe: Callable[[TrainingProgress], None]) -> TrainingResult:
    process.send(f"{threads} {ORDER.dump_json(order).decode()}")
    while True:
        report = REPORT.validate_json(process.receive(PATIENCE_S[order.settings.device]))
        if report.progress:
            observe(report.progress)
        if report.result:
            return report.result
