"""Training in a worker process, as if it were here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rewardsmith.contracts import TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError
from rewardsmith.records import State, TrainingResult
from rewardsmith.training.messages import ORDER, REPORT, Order

PATIENCE_S = {"cpu": 300.0, "cuda": 1_800.0}
"""A GPU simulator compiles its kernels for minutes when a machine first runs a task."""


class WorkerTrainer:
    """A trainer (see :class:`rewardsmith.contracts.Trainer`) whose work happens in a process of its own.

    When the worker dies or falls silent, the jobs in flight are tried again one by one, so that
    the culprit alone is CRASHED or TIMED_OUT.
    """

    def __init__(self, task: str, trainer: str, settings: TrainingSettings, episodes: int, patience_s: float | None = None) -> None:
        """Name what to train with; the process starts with the first jobs.

        Args:
            task: Registered name of the task.
            trainer: Registered name of the trainer.
            settings: The same for all jobs.
            episodes: Held-out episodes per job.
            patience_s: A worker that says nothing for so long is taken for hung; as the device asks for unless given.
        """
        self._task, self._trainer, self._settings, self._episodes = task, trainer, settings, episodes
        self._patience_s = patience_s or PATIENCE_S[settings.device]
        self._process = JsonProcess("rewardsmith.training.worker")

    def train(
        self, jobs: Sequence[TrainingJob], evaluation_seed: int, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[TrainingResult]:
        """Train all jobs; every job gets a result, whatever happens to the worker."""
        finished: set[str] = set()
        try:
            for result in self._order(jobs, evaluation_seed, observe):
                finished.add(result.candidate)
                yield result
        except (ProcessDiedError, ProcessSilentError) as failure:
            self.close()
            left = [job for job in jobs if job.candidate not in finished]
            if len(left) == 1:
                yield failed(left[0], failure)
                return
            for job in left:
                yield from self.train([job], evaluation_seed, observe)

    def close(self) -> None:
        """End the worker."""
        self._process.kill()

    def _order(
        self, jobs: Sequence[TrainingJob], evaluation_seed: int, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[TrainingResult]:
        order = Order(self._task, self._trainer, self._settings, self._episodes, evaluation_seed, tuple(jobs))
        self._process.send(ORDER.dump_json(order).decode())
        while True:
            report = REPORT.validate_json(self._process.receive(self._patience_s))
            if report.progress:
                observe(report.progress)
            if report.result:
                yield report.result
            if report.kind == "done":
                return


def failed(job: TrainingJob, failure: ProcessDiedError | ProcessSilentError) -> TrainingResult:
    """The result of a job whose process died or fell silent."""
    state = State.TIMED_OUT if isinstance(failure, ProcessSilentError) else State.CRASHED
    return TrainingResult(job.candidate, state, job.seed, cause=f"training {failure}")
