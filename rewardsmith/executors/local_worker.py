"""One worker process, seen from its parent: what it was given, and what it says."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rewardsmith.contracts import Report, ScoringJob, TrainingJob, TrainingProgress, Workload
from rewardsmith.errors import UsageError
from rewardsmith.execution.blame import PATIENCE_S
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError, hear
from rewardsmith.records import RunState
from rewardsmith.training.orders import ORDER, REPORT, SETUP, Order, Setup, WorkerReport

_NOTHING = TrainingProgress(0, 0, ())
_RESULTS = (RunState.TRAINED, RunState.EVICTED, RunState.FAILED, RunState.LOST)


@dataclass
class Work:
    """One thing to do, and how often it went wrong."""

    scoring: ScoringJob
    training: TrainingJob | None
    """``None`` once it is trained."""
    place: int
    """In the queue of the whole search."""
    alone: bool = False
    """Whether it must not share a worker, for it may be what breaks one."""
    kills: int = 0
    """Times that its worker was killed while it was alone there."""
    errors: int = 0
    """Times that its worker ended by an error of the machine, or its trainer lost it."""

    @property
    def run(self) -> str:
        """Whose it is."""
        return self.scoring.run


@dataclass
class LocalWorker:
    """A process that trains and scores; it starts with its first work, and again after its end."""

    load: Workload
    threads: int
    device: int | None = None
    """Number of its GPU, where there are several."""
    patience_s: float = 0.0
    """A silence so long is a hang; 0: what the device asks for."""
    flying: dict[str, Work] = field(default_factory=dict)
    """What it has, by run, in the order of the queue."""
    progress: TrainingProgress = _NOTHING
    limits: tuple[str, ...] = ()
    """What confines it, in words."""

    def __post_init__(self) -> None:
        self.patience_s = self.patience_s or PATIENCE_S[self.load.settings.device]
        self.slots = 0
        """It gets no more at a time, for memory is short; 0: as many as anyone gives it."""
        environment = {} if self.device is None else _only_gpu(self.device)
        self.process = JsonProcess(
            "rewardsmith.training.worker", *map(str, self.load.folders), environment=environment
        )
        self._begun = False
        self.until = 0.0
        """When its silence has lasted too long."""

    def has_room(self, width: int) -> bool:
        """Whether it may get one more, where it may have so many."""
        return len(self.flying) < self._room(width) and not any(work.alone for work in self.flying.values())

    def give(self, work: Work, width: int) -> None:
        """Send one thing to do.

        Raises:
            ProcessDiedError: The process is at its end.
            ProcessSilentError: It does not read.
        """
        if not self.flying:
            # while it has something, only what it says counts
            self.until = time.monotonic() + self.patience_s
        self.flying[work.run] = work
        if not self._begun:
            self._begun = True
            setup = Setup.of(self.load, self.threads)
            self.process.send(SETUP.dump_json(setup).decode())
        self.process.send(ORDER.dump_json(Order(self._room(width), work.scoring, work.training)).decode())

    def listen(self) -> Iterator[Report]:
        """What it says next.

        Raises:
            ProcessDiedError: It is at its end, or says what nobody asked for.
            ProcessSilentError: It said nothing for too long.
        """
        try:
            heard = hear(self.process, REPORT, max(0.0, self.until - time.monotonic()))
        except ProcessSilentError:
            raise ProcessSilentError(f"no answer within {self.patience_s:g} s") from None
        self.until = time.monotonic() + self.patience_s
        self._check(heard)
        self.limits = heard.limits or self.limits
        if heard.progress:
            self.progress = heard.progress
            yield Report(progress=heard.progress)
        if heard.result:
            yield Report(result=heard.result)
        if heard.score:
            yield Report(score=(heard.run, heard.score))

    def suspects(self) -> list[Work]:
        """What was trained or scored when it was last heard of; all of its work before that."""
        running = {run for run, _ in self.progress.success}
        return [work for run, work in self.flying.items() if run in running] or list(self.flying.values())

    def end(self) -> list[Work]:
        """End the process; what it had is left over, in the order of the queue."""
        left = list(self.flying.values())
        self.flying, self.progress, self._begun = {}, _NOTHING, False
        self.process.kill()
        return left

    def _room(self, width: int) -> int:
        return min(width, self.slots or width)

    def _check(self, heard: WorkerReport) -> None:
        """A worker that was broken may say anything; what it was not asked for is not believed."""
        if heard.result:
            work = self.flying.get(heard.result.run)
            fits = work is not None and work.training is not None and heard.result.state in _RESULTS
            fits = fits and (heard.result.fault is not None) == (heard.result.state == RunState.FAILED)
        elif heard.score:
            work = self.flying.get(heard.run)
            fits = work is not None and work.training is None and heard.score.seed == work.scoring.seed
        else:
            return
        if not fits:
            self.process.kill()
            name = heard.result.run if heard.result else heard.run
            raise ProcessDiedError(f"the process told what nobody asked for, of the run {name[:60]!r}")


def _only_gpu(number: int) -> dict[str, str]:
    """Variables that leave a process one GPU of those that this process may use.

    Raises:
        UsageError: There is no such one among them.
    """
    if "CUDA_VISIBLE_DEVICES" not in os.environ:
        return {
            "CUDA_VISIBLE_DEVICES": str(number),
            "CUDA_DEVICE_ORDER": os.environ.get("CUDA_DEVICE_ORDER", "PCI_BUS_ID"),
        }
    names = [name.strip() for name in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if name.strip()]
    if number >= len(names):
        raise UsageError(
            f"devices names the GPU {number}, but CUDA_VISIBLE_DEVICES allows {len(names)}, which count "
            "from 0."
        )
    return {"CUDA_VISIBLE_DEVICES": names[number]}


def control_job(load: Workload) -> tuple[TrainingJob, Path]:
    """The training that tells whose fault it is, and the folder that it leaves."""
    folder = load.folders[0].resolve() / "control"
    return TrainingJob("control", load.control, 0, str(folder / "policy.pt")), folder
