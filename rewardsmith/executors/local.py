"""Worker processes on this machine: one for all CPU cores, several that share them, or one for each GPU."""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rewardsmith.contracts import Lost, Report, ScoringJob, TrainingJob, TrainingProgress, TrainingResult, Workload
from rewardsmith.errors import ExecutionError, StoreError
from rewardsmith.execution.blame import Failure, blame, killed, raised
from rewardsmith.execution.process import ProcessDiedError, ProcessSilentError, speaking
from rewardsmith.executors.worker import LocalWorker, Work, control_job
from rewardsmith.records import Rung, RunState
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.racing import with_rivals

_KILLS = 20
"""Times that a worker is killed from outside over one run alone until it is asked whether the run is the reason."""
_ERRORS = 2
"""Times that a run is queued again after an error of the machine."""
_CONTROL_EPOCHS = 2


class LocalExecutor:
    """Trainings and scorings in processes of this machine (see :class:`rewardsmith.contracts.Executor`).

    A worker can write below its folders and nowhere else, as far as the kernel can hold it to that. What is finished
    when one dies or falls silent is kept, and the rest is queued again: with half as many at a time if it was
    killed from outside, as by the kernel when memory is short; else each by itself, so that the culprit is found. Before
    a program is blamed, the human reward must train well on the same machine.
    """

    def __init__(self, load: Workload, patience_s: float = 0.0) -> None:
        """Start nothing yet.

        Args:
            load: What all work has in common.
            patience_s: A worker's silence of so long is taken for a hang; 0: what the device asks for.
        """
        self._load = load
        count = len(load.devices) or load.workers
        threads = max(1, usable_cores() // count)
        gpus: Sequence[int | None] = load.devices if len(load.devices) > 1 else [None] * count
        self.workers = [LocalWorker(load, threads, gpu, patience_s) for gpu in gpus]
        self._queue: deque[Work] = deque()
        self._reports: deque[Report] = deque()
        self._rungs: dict[str, tuple[int, Sequence[Rung]]] = {}
        """Place and rungs of runs at their end, with which later ones are compared."""
        self._width = self._places = 0

    def widen(self, width: int) -> None:
        """Say that so many trainings may be under way at a time."""
        self._width = max(self._width, width)

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        """Queue a training, and the scoring of its policy."""
        self._append(Work(scoring, job, self._places))

    def score(self, job: ScoringJob) -> None:
        """Queue the scoring of a policy that is saved."""
        self._append(Work(job, None, self._places))

    def next(self, timeout_s: float) -> Report | None:
        """Wait for what happens next.

        Raises:
            ExecutionError: The machine fails again and again.
            StoreError: A folder cannot be made, or is a link.
        """
        deadline = time.monotonic() + timeout_s
        while not self._reports:
            self._dispatch()
            busy = [worker for worker in self.workers if worker.flying]
            wait = min([deadline, *(worker.until for worker in busy)]) - time.monotonic()
            said = speaking([worker.process for worker in busy], wait) if busy else []
            for worker in busy:
                if worker.process in said or worker.until < time.monotonic():
                    self._listen(worker)
            if time.monotonic() >= deadline or not busy:
                break
        return self._reports.popleft() if self._reports else None

    def close(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.end()

    def _append(self, work: Work) -> None:
        self._places += 1
        self._queue.append(work)

    def _dispatch(self) -> None:
        """Hand out work, to the worker that has least; what must be alone waits for one that has nothing."""
        share = -(-max(self._width, 1) // len(self.workers))
        while self._queue:
            work, worker = self._queue[0], min(self.workers, key=lambda worker: len(worker.flying))
            full = bool(worker.flying) if work.alone else len(worker.flying) >= share
            if full or any(other.alone for other in worker.flying.values()):
                return
            self._queue.popleft()
            self._prepare_folders()
            try:
                worker.give(self._compared(work), 1 if work.alone else share)
            except (ProcessDiedError, ProcessSilentError) as failure:
                self._recover(worker, failure)

    def _compared(self, work: Work) -> Work:
        """The work with what is known by now of those that it races against."""
        if work.training is None or work.training.race is None:
            return work
        before = {run: rungs for run, (place, rungs) in self._rungs.items() if place < work.place}
        return replace(work, training=with_rivals(work.training, before))

    def _listen(self, worker: LocalWorker) -> None:
        try:
            for report in worker.listen():
                self._take(worker, report)
        except (ProcessDiedError, ProcessSilentError) as failure:
            self._recover(worker, failure)

    def _take(self, worker: LocalWorker, report: Report) -> None:
        if report.progress:
            self._reports.append(Report(progress=self._together(report.progress)))
            return
        if (result := report.result) and result.state == RunState.LOST:
            self._lose(worker, worker.flying.pop(result.run), result)
            return
        if result and result.rungs and (work := worker.flying.get(result.run)) and work.training and work.training.first:
            self._rungs[result.run] = work.place, result.rungs
        self._reports.append(report)

    def _together(self, latest: TrainingProgress) -> TrainingProgress:
        """Progress of all workers."""
        parts = [worker.progress for worker in self.workers]
        return replace(
            latest,
            env_steps=sum(part.env_steps for part in parts),
            total_steps=sum(part.total_steps for part in parts),
            success=tuple(pair for part in parts for pair in part.success),
        )

    def _lose(self, worker: LocalWorker, work: Work, result: TrainingResult) -> None:
        """A run whose trainer lost it: alone it is asked whose fault that is."""
        if work.alone:
            self._judge(worker, work, TrainingResult(result.run, RunState.FAILED, cause=result.cause), result.cause)
            return
        work.alone = True
        self._again([work], result.cause)

    def _recover(self, worker: LocalWorker, failure: Failure) -> None:
        """Go on after a worker's end."""
        suspects = worker.suspects()
        width = worker.slots or len(worker.flying)
        left = worker.end()
        cause = f"training {failure}"
        if raised(failure):
            for work in suspects:
                work.errors += 1
            if any(work.errors > _ERRORS for work in suspects):
                self._queue.extendleft(reversed(left))
                raise ExecutionError(f"{cause}. That is this machine's fault, not a program's; mend it, then resume.")
        elif killed(failure) and len(suspects) > 1:
            worker.slots = max(1, min(width, len(suspects)) // 2)
            note = f"{cause}; going on with {worker.slots} slots, memory may be short"
            self._reports.append(Report(progress=TrainingProgress(0, 0, (), note=note)))
        elif len(suspects) > 1:
            for work in suspects:
                work.alone = True
        else:
            (work,) = suspects
            work.kills += 1
            if not killed(failure) or work.kills >= _KILLS:
                left.remove(work)
                self._again(left, cause)
                self._judge(worker, work, replace(blame(work.run, failure), state=RunState.FAILED), cause)
                return
        self._again(left, cause, suspects)

    def _again(self, left: Sequence[Work], cause: str, lost: Sequence[Work] | None = None) -> None:
        """Queue work again, where it was; those that were under way are lost."""
        self._reports += [Report(lost=Lost(work.run, cause)) for work in (left if lost is None else lost)]
        self._queue = deque(sorted([*left, *self._queue], key=lambda work: (work.alone, work.place)))

    def _judge(self, worker: LocalWorker, work: Work, failed: TrainingResult, cause: str) -> None:
        """A run broke its worker all by itself: its program is to blame if the human reward trains well here.

        Raises:
            ExecutionError: It does not.
        """
        if why := self._control(worker):
            self._queue.appendleft(work)
            raise ExecutionError(f"{cause}; and the human reward does not train here either ({why}). Mend the machine, then resume.")
        self._reports.append(Report(result=failed))

    def _control(self, worker: LocalWorker) -> str:
        """Why the human reward cannot be trained here for a moment; nothing if it can."""
        settings = replace(self._load.settings, slots=1, env_steps=_CONTROL_EPOCHS * self._load.settings.epoch_steps)
        control = LocalWorker(replace(self._load, settings=settings), worker.threads, worker.device, worker.patience_s)
        job, folder = control_job(self._load)
        scoring = ScoringJob(job.run, job.policy, 0, 2)
        try:
            control.give(Work(scoring, job, 0), 1)
            while True:
                for report in control.listen():
                    if report.score:
                        return ""
                    if report.result and report.result.state != RunState.TRAINED:
                        return report.result.cause
        except (ProcessDiedError, ProcessSilentError) as failure:
            return str(failure)
        finally:
            control.end()
            shutil.rmtree(folder, ignore_errors=True)

    def _prepare_folders(self) -> None:
        for folder in self._load.folders:
            _make(folder)


def _make(folder: Path) -> None:
    """A folder that is one, and no link to another."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}. Give a writable folder.") from error
    if folder.is_symlink():
        raise StoreError(f"{folder} is a link, which could lead anywhere. Put a folder in its place.")
