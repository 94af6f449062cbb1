"""Training in a worker process, as if it were here."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rewardsmith.contracts import Race, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.errors import StoreError
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError, hear
from rewardsmith.records import Rung, State, TrainingResult
from rewardsmith.training.messages import ORDER, REPORT, Order
from rewardsmith.training.racing import left_over

PATIENCE_S = {"cpu": 300.0, "cuda": 1_800.0}
"""A GPU simulator compiles its kernels for minutes when a machine first runs a task."""
_KILLS = 20
"""Times that a worker is killed from outside over one job alone until the job is held to be the reason: it may take all the memory."""

Failure = ProcessDiedError | ProcessSilentError


@dataclass
class _Batch:
    """One call's jobs, across all the workers that it takes."""

    jobs: list[TrainingJob]
    evaluation_seed: int
    observe: Callable[[TrainingProgress], None]
    race: Race | None
    results: dict[str, TrainingResult] = field(default_factory=dict)
    rungs: dict[str, list[Rung]] = field(default_factory=dict)
    """What the latest try of each job showed, for jobs that end without a result of their own."""
    running: set[str] = field(default_factory=set)
    """Candidates that were in a slot when last heard of."""

    def left(self) -> list[TrainingJob]:
        """Jobs without a result, and whom they are compared with."""
        return left_over(self.jobs, {candidate: result.rungs for candidate, result in self.results.items()})


class WorkerTrainer:
    """A trainer (see :class:`rewardsmith.contracts.Trainer`) whose work happens in a process of its own.

    That process can write below its folders and nowhere else, as far as the kernel can hold it to that.
    What is finished when the worker dies or falls silent is kept. If it was killed from outside, as by the kernel when memory
    is short, the rest goes on with half as many slots. Else the jobs in flight are tried again one by one, so that the culprit alone
    is CRASHED or TIMED_OUT.
    """

    def __init__(
        self,
        task: str,
        trainer: str,
        settings: TrainingSettings,
        episodes: int,
        *folders: Path,
        patience_s: float | None = None,
    ) -> None:
        """Name what to train with; the process starts with the first jobs.

        Args:
            task: Registered name of the task.
            trainer: Registered name of the trainer.
            settings: The same for all jobs.
            episodes: Held-out episodes per job.
            folders: Policies and episodes go below these, which are made where they are missing. Unless
                given, they are those of the jobs at hand, and jobs with others get another process.
            patience_s: A worker that says nothing for so long is taken for hung; as the device asks for unless given.
        """
        self._task, self._trainer, self._settings, self._episodes = task, trainer, settings, episodes
        self._patience_s = patience_s or PATIENCE_S[settings.device]
        self._folders, self._granted = tuple(folders), tuple[Path, ...]()
        self._process = JsonProcess("rewardsmith.training.worker")
        self.limits: tuple[str, ...] = ()
        """What confines the worker, in words, once it has said so; nothing of a trainer that starts processes of its own."""

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        """Train all jobs; every job gets a result, whatever happens to the worker.

        Raises:
            StoreError: A folder cannot be made, or is a link, or a job's files would go elsewhere.
            RewardsmithError: The system lets no process start.
        """
        self._grant(jobs)
        batch = _Batch(list(jobs), evaluation_seed, observe, race)
        slots = self._settings.slots
        while left := batch.left():
            try:
                yield from self._order(batch, left, slots)
            except (ProcessDiedError, ProcessSilentError) as failure:
                self.close()
                flying = [job for job in batch.left() if job.candidate in batch.running] or batch.left()
                if _killed(failure) and len(flying) > 1:
                    slots = max(1, len(flying) // 2)
                    observe(TrainingProgress(0, 0, (), note=f"training {failure}; going on with {slots} slots, memory may be short"))
                    continue
                for job in flying:
                    yield self._alone(batch, job.candidate)

    def close(self) -> None:
        """End the worker."""
        self._process.kill()

    def _grant(self, jobs: Sequence[TrainingJob]) -> None:
        """Make the folders that the worker may write to; one that may not write to all of them makes way for another."""
        files = [Path(path).absolute() for job in jobs for path in (job.policy, job.episodes) if path]
        folders = [folder.absolute() for folder in self._folders or sorted({file.parent for file in files})]
        for folder in folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"cannot write to {folder}: {error.strerror}. Give a writable folder.") from error
            if folder.is_symlink():
                raise StoreError(f"{folder} is a link, which could lead anywhere. Put a folder in its place.")
        roots = [folder.resolve() for folder in folders]
        if bad := next((file for file in files if not any(file.resolve().is_relative_to(root) for root in roots)), None):
            raise StoreError(f"{bad} is to be written by a worker that can write below {', '.join(map(str, folders))} only.")
        if not set(folders) <= set(self._granted):
            self.close()
            self._granted = tuple(folders)
            self._process = JsonProcess("rewardsmith.training.worker", *map(str, folders))

    def _alone(self, batch: _Batch, candidate: str) -> TrainingResult:
        """The result of a job that shares its worker with nobody, or why it has none."""
        (job,) = (job for job in batch.left() if job.candidate == candidate)
        kills = 0
        while candidate not in batch.results:
            try:
                list(self._order(batch, [job], 1))
            except (ProcessDiedError, ProcessSilentError) as failure:
                self.close()
                kills += 1
                if not _killed(failure) or kills == _KILLS:
                    batch.results.setdefault(candidate, failed(job, failure, batch.rungs.get(candidate, ())))
        return batch.results[candidate]

    def _order(self, batch: _Batch, jobs: Sequence[TrainingJob], slots: int) -> Iterator[TrainingResult]:
        """Results as they come; nothing else is asked of the worker until it says that it is done."""
        batch.running, batch.rungs = set(), {}
        settings = replace(self._settings, slots=slots)
        order = Order(self._task, self._trainer, settings, self._episodes, batch.evaluation_seed, tuple(jobs), batch.race)
        self._process.send(ORDER.dump_json(order).decode())
        while True:
            report = hear(self._process, REPORT, self._patience_s)
            self.limits = report.limits or self.limits
            if report.progress:
                batch.running = {candidate for candidate, _ in report.progress.success}
                for candidate, rung in report.progress.rungs:
                    batch.rungs.setdefault(candidate, []).append(rung)
                batch.observe(report.progress)
            if report.result:
                self._check_result(report.result, jobs)
                batch.results[report.result.candidate] = report.result
                yield report.result
            if report.kind == "done":
                return

    def _check_result(self, result: TrainingResult, jobs: Sequence[TrainingJob]) -> None:
        """A worker that was broken may say anything; what it says of others' jobs and files is not believed."""
        if not any(job.candidate == result.candidate and result.policy in ("", job.policy) for job in jobs):
            self._process.kill()
            raise ProcessDiedError(f"the process gave a result that nobody asked for: {result.candidate!r}, {result.policy!r}")


def _killed(failure: Failure) -> bool:
    """Whether somebody else ended the worker; no program can do that to itself but by taking all the memory."""
    return isinstance(failure, ProcessDiedError) and failure.signal == signal.SIGKILL


def failed(job: TrainingJob, failure: Failure, rungs: Sequence[Rung] = ()) -> TrainingResult:
    """The result of a job whose process died or fell silent."""
    state = State.TIMED_OUT if isinstance(failure, ProcessSilentError) else State.CRASHED
    return TrainingResult(job.candidate, state, job.seed, cause=f"training {failure}", rungs=tuple(rungs))
