"""Real states of a task, from a short rollout of random actions, kept in the user's cache folder.

The rollout runs in a process of its own (``recorder``), once per task, signals, scene and version.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import pickle
import subprocess
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rewardsmith.cache import cache_folder
from rewardsmith.contracts import Signal, Task, readable
from rewardsmith.execution.process import child_command, child_environment
from rewardsmith.tensor_file import UNREADABLE

if TYPE_CHECKING:
    from torch import Tensor

TIMEOUT_S = 60.0


class NoRecordingError(Exception):
    """The task cannot be run; the message says why."""


def cache_file(task: Task) -> Path:
    """Where a task's states are kept.

    Another signal table, scene, code of the task or version has another file.
    """
    world = task.fingerprint()
    key = repr(
        (
            task.name,
            [(s.name, s.shape, s.unit, s.frame) for s in readable(task.signals)],
            world,
            version("rewardsmith"),
        )
    )
    return cache_folder() / "states" / f"{task.name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.pt"


def pack(task: Task) -> str:
    """The task for the recorder, empty where it cannot be handed to another process."""
    try:
        return base64.b64encode(pickle.dumps(task)).decode()
    except (pickle.PicklingError, AttributeError, TypeError):
        return ""


def load_or_record(file: Path, packed: str, signals: tuple[Signal, ...]) -> dict[str, Tensor]:
    """The states of ``file``.

    Where it is missing or unusable, newly recorded and saved there if possible.

    Args:
        file: See :func:`cache_file`.
        packed: See :func:`pack`.
        signals: What the states must hold.

    Raises:
        NoRecordingError: The task cannot be run.
    """
    try:
        return _read(file.read_bytes(), signals)
    except (OSError, NoRecordingError):
        data = _record(packed)
    states = _read(data, signals)
    _save(file, data)
    return states


def _record(packed: str) -> bytes:
    if not packed:
        raise NoRecordingError("the task cannot be passed to another process")
    command, given = child_command("rewardsmith.reward.guard.recorder"), base64.b64decode(packed)
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=TIMEOUT_S, check=False, env=child_environment()
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NoRecordingError(f"a short rollout took more than {TIMEOUT_S:g} s") from None
    if done.returncode:
        last_words = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [
            f"exit code {done.returncode}"
        ]
        raise NoRecordingError(last_words[0][:300])
    return done.stdout


def _read(data: bytes, signals: tuple[Signal, ...]) -> dict[str, Tensor]:
    """Load tensors and nothing else, and insist that they are this task's signals."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd file is refused below, whatever torch has to say of it
            states = torch.load(io.BytesIO(data), weights_only=True)
    except UNREADABLE as error:
        raise NoRecordingError(f"the recorded states cannot be read: {type(error).__name__}") from None
    if not isinstance(states, dict) or states.keys() != {signal.name for signal in signals}:
        raise NoRecordingError("the recorded states hold other signals than the task's table")
    rows = {_rows(states[signal.name], signal) for signal in signals}
    if len(rows) != 1:
        raise NoRecordingError("the recorded signals have different numbers of states")
    return states


def _rows(value: object, signal: Signal) -> int:
    """How many states of one signal there are."""
    import torch

    if isinstance(value, torch.Tensor):
        fits = value.dtype == torch.float32 and value.dim() > 0 and value.shape[1:] == signal.shape
        if fits and value.numel() and bool(value.isfinite().all()):
            return len(value)
    raise NoRecordingError(
        f"the recorded states of {signal.name} do not fit the signal table or are not finite"
    )


def _save(file: Path, data: bytes) -> None:
    """Write a whole file or none.

    A folder that cannot be written costs a recording next time, no more.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
            part.write(data)
        os.replace(part.name, file)
    except OSError:
        return
