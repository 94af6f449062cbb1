"""Worker processes of this machine: one for all cores, several that share them, or one per GPU."""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rewardsmith.contracts import (
    Lost,
    Report,
    ScoringJob,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
    Workload,
)
from rewardsmith.errors import ExecutionError, StoreError
from rewardsmith.execution.blame import Failure, fault_of, killed, raised
from rewardsmith.execution.process import ProcessDiedError, ProcessSilentError, speaking
from rewardsmith.executors.local_worker import LocalWorker, Work, control_job
from rewardsmith.records import Fault, Rung, RunState
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.racing import with_rivals

_KILLS = 20
"""Times that a worker is killed from outside over one run alone until
it is asked whether the run is the reason."""
_ERRORS = 2
"""Times that work is queued again after an error of the machine."""
_CONTROL_EPOCHS = 2


class LocalExecutor:
    """Trains and scores in processes of this machine (see :class:`rewardsmith.contracts.Executor`).

    A worker can write below its folders and nowhere else, as far as the kernel can hold it to that.
    What is finished when one dies or falls silent is kept, and the rest is queued again: with half
    as many at a time if it was killed from outside, as by the kernel when memory is short; else
    each by itself, so that the culprit is found. A program is blamed only if it breaks a worker
    that has nothing else, and the human reward trains well on the same machine. Scoring runs no
    program, so nothing that breaks there is a program's fault.
    """

    def __init__(self, load: Workload, patience_s: float = 0.0) -> None:
        """Start nothing yet.

        Args:
            load: What all work has in common.
            patience_s: A worker's silence of so long is taken for a hang; 0: the device's own.

        Raises:
            UsageError: This process may not use one of the GPUs.
        """
        self._load = load
        gpus: Sequence[int | None] = load.devices or [None] * load.workers
        threads = max(1, usable_cores() // len(gpus))
        self.workers = [LocalWorker(load, threads, gpu, patience_s) for gpu in gpus]
        self._queue: deque[Work] = deque()
        self._reports: deque[Report] = deque()
        self._rungs: dict[str, tuple[int, Sequence[Rung]]] = {}
        """Place and rungs of runs at their end, with which later ones are compared."""
        self._width = self._places = 0
        self._broken = ""
        """Why nothing more can be done on this machine."""

    def widen(self, width: int) -> None:
        """Say that so many trainings may be under way at a time."""
        self._width = max(self._width, width)

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        """Queue a training, and the scoring of its policy.

        Raises:
            StoreError: Its files would go where no worker can write.
        """
        self._append(Work(scoring, job, self._places), job.policy, job.episodes, scoring.kept)

    def score(self, job: ScoringJob) -> None:
        """Queue the scoring of a policy that is saved.

        Raises:
            StoreError: Its episodes would go where no worker can write.
        """
        self._append(Work(job, None, self._places), job.kept)

    def next(self, timeout_s: float) -> Report | None:
        """Wait for what happens next.

        Raises:
            ExecutionError: The machine fails again and again. What happened before was told before.
            StoreError: A folder cannot be made, or is a link.
        """
        deadline = time.monotonic() + timeout_s
        while not self._reports:
            if self._broken:
                raise ExecutionError(self._broken)
            self._dispatch()
            busy = [worker for worker in self.workers if worker.flying]
            wait = min([deadline, *(worker.until for worker in busy)]) - time.monotonic()
            said = speaking([worker.process for worker in busy], wait) if busy else []
            for worker in busy:
                if worker.process in said or worker.until < time.monotonic():
                    self._listen(worker)
            if time.monotonic() >= deadline or not (busy or self._broken):
                break
        return self._reports.popleft() if self._reports else None

    def close(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.end()

    def _append(self, work: Work, *files: str) -> None:
        folders = [folder.resolve() for folder in self._load.folders]
        for file in filter(None, files):
            if not any(Path(file).resolve().is_relative_to(folder) for folder in folders):
                raise StoreError(
                    f"{file} is to be written by a worker that can write below "
                    f"{', '.join(map(str, folders))} only. Put it there, or name its folder in the "
                    "workload."
                )
        self._places += 1
        self._queue.append(work)

    def _dispatch(self) -> None:
        """Hand out work in the order of the queue, to the worker that has least."""
        share = -(-max(self._width, 1) // len(self.workers))
        while self._queue and not self._broken:
            work = self._queue[0]
            width = 1 if work.alone else share
            free = [worker for worker in self.workers if worker.has_room(width)]
            if not free:
                return
            worker = min(free, key=lambda worker: len(worker.flying))
            for folder in self._load.folders:
                _make(folder)
            self._queue.popleft()
            try:
                worker.give(self._compared(work), width)
            except (ProcessDiedError, ProcessSilentError) as failure:
                self._recover(worker, failure)

    def _compared(self, work: Work) -> Work:
        """The work with what is known by now of those that it races against."""
        if work.training and work.training.race:
            before = {run: rungs for run, (place, rungs) in self._rungs.items() if place < work.place}
            work.training = with_rivals(work.training, before)
        return work

    def _listen(self, worker: LocalWorker) -> None:
        try:
            for report in worker.listen():
                self._take(worker, report)
        except (ProcessDiedError, ProcessSilentError) as failure:
            self._recover(worker, failure)

    def _take(self, worker: LocalWorker, report: Report) -> None:
        if report.progress:
            report = replace(report, progress=self._together(report.progress))
        if report.score:
            del worker.flying[report.score[0]]
        if result := report.result:
            work = worker.flying[result.run]
            if result.state != RunState.TRAINED:
                del worker.flying[result.run]
            if result.state == RunState.LOST:
                self._lose(worker, work, result.cause)
                return
            if result.rungs and work.training and not work.training.repeats:
                self._rungs[result.run] = work.place, result.rungs
            work.training = None  # if its worker dies now, it is only scored again
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

    def _lose(self, worker: LocalWorker, work: Work, cause: str) -> None:
        """A run whose trainer lost it is tried alone.

        If that does not help, it is asked whose fault that is.
        """
        work.errors += 1
        if work.alone and work.errors > _ERRORS:
            worker.end()  # the other training gets all of the machine
            self._judge(worker, work, Fault.CRASHED, cause)
            return
        work.alone = True
        self._again([work], [work], cause)

    def _recover(self, worker: LocalWorker, failure: Failure) -> None:
        """Go on after a worker's end."""
        suspects, width = worker.suspects(), worker.slots or len(worker.flying)
        left = worker.end()
        cause = f"{'training' if any(work.training for work in left) else 'scoring'} {failure}"
        lone = left[0] if len(left) == 1 else None
        guilty = lone is not None and lone.training is not None and not raised(failure)
        if killed(failure):
            if lone:
                lone.kills += 1
                guilty = guilty and lone.kills >= _KILLS
            else:
                self._narrow(worker, suspects, width, cause)
        elif raised(failure) or (lone and not guilty):
            for work in suspects:
                work.errors += 1
        elif not lone:
            for work in suspects:
                work.alone = True
        if lone and guilty:
            self._judge(worker, lone, fault_of(failure), cause)
            return
        self._again(left, suspects, cause)
        if any(work.errors > _ERRORS or work.kills >= _KILLS for work in suspects):
            self._broken = f"{cause}. That is this machine's fault, not a program's. Mend it, then resume."

    def _narrow(self, worker: LocalWorker, suspects: Sequence[Work], width: int, cause: str) -> None:
        """Killed from outside, a worker goes on with half the slots.

        Where it has one only, each goes on alone.
        """
        slots = min(width, len(suspects)) // 2
        if slots == 0:
            for work in suspects:
                work.alone = True
            return
        worker.slots = slots
        note = f"{cause}; going on with {slots} slots, memory may be short"
        self._reports.append(Report(progress=TrainingProgress(0, 0, (), note=note)))

    def _again(self, left: Sequence[Work], lost: Sequence[Work], cause: str) -> None:
        """Queue work again, where it was; some of it was under way, and is lost."""
        self._reports += [Report(lost=Lost(work.run, cause)) for work in lost]
        self._queue = deque(sorted([*left, *self._queue], key=lambda work: work.place))

    def _judge(self, worker: LocalWorker, work: Work, fault: Fault, cause: str) -> None:
        """A run broke its worker all by itself.

        Its program is to blame if the human reward trains well here.
        """
        if why := self._control(worker):
            self._again([work], [work], cause)
            self._broken = (
                f"{cause}; and the human reward does not train here either ({why}). Mend the "
                "machine, then resume."
            )
            return
        self._reports.append(Report(result=TrainingResult(work.run, RunState.FAILED, fault, cause)))

    def _control(self, worker: LocalWorker) -> str:
        """Why the human reward cannot be trained here for a moment; nothing if it can."""
        settings = replace(self._load.settings, env_steps=_CONTROL_EPOCHS * self._load.settings.epoch_steps)
        control = LocalWorker(
            replace(self._load, settings=settings), worker.threads, worker.device, worker.patience_s
        )
        job, folder = control_job(self._load)
        work = Work(ScoringJob(job.run, job.policy, 0, 2), job, 0)
        try:
            control.give(work, 1)
            while True:
                for report in control.listen():
                    if report.score:
                        return ""
                    if report.result and report.result.state != RunState.TRAINED:
                        return report.result.cause
                    work.training = None if report.result else work.training
        except (ProcessDiedError, ProcessSilentError) as failure:
            return str(failure)
        finally:
            control.end()
            shutil.rmtree(folder, ignore_errors=True)


def _make(folder: Path) -> None:
    """A folder that is one, and no link to another."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}. Give a writable folder.") from error
    if folder.is_symlink():
        raise StoreError(f"{folder} is a link, which could lead anywhere. Put a folder in its place.")
