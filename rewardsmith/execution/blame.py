"""Whose fault it is that a training's process ended or fell silent.

It is the program's, or the machine's.
"""

from __future__ import annotations

import signal

from rewardsmith.contracts import TrainingResult
from rewardsmith.execution.process import ProcessDiedError, ProcessSilentError
from rewardsmith.records import Fault, RunState

PATIENCE_S = {"cpu": 300.0, "cuda": 1_800.0}
"""A worker that says nothing for so long is taken for hung. A GPU simulator compiles its kernels
for minutes when a machine first runs a task."""

Failure = ProcessDiedError | ProcessSilentError


def killed(failure: Failure) -> bool:
    """Whether somebody else ended it, as the kernel does when memory is short.

    No program can do that to itself but by taking all the memory.
    """
    return isinstance(failure, ProcessDiedError) and failure.signal == signal.SIGKILL


def raised(failure: Failure) -> bool:
    """Whether the process ended by its own error: no disk, no memory, no driver, a missing package.

    Programs cannot raise out of a training, so it is none of theirs.
    """
    return isinstance(failure, ProcessDiedError) and failure.code > 0


def fault_of(failure: Failure) -> Fault:
    """What the program did, if it was the program."""
    return Fault.TIMED_OUT if isinstance(failure, ProcessSilentError) else Fault.CRASHED


def blame(run: str, failure: Failure) -> TrainingResult:
    """The result of a run that was alone in its process."""
    if killed(failure) or raised(failure):
        return TrainingResult(run, RunState.LOST, cause=f"training {failure}")
    return TrainingResult(run, RunState.FAILED, fault_of(failure), f"training {failure}")
