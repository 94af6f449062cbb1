"""Training processes before they compile the first program: what they may still do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rewardsmith.cache import cache_folder
from rewardsmith.contracts import Device, Task, VecEnv
from rewardsmith.execution.confinement.confine import confine

_HELD: list[VecEnv] = []
"""For as long as this process runs: what has processes of its own keeps them for all that is made
later."""


def confine_training(folders: Sequence[Path], task: Task, device: Device, threads: int) -> list[str]:
    """From now on this process writes to its folders, a temporary one and a cache of its own only.

    The cache, of compiled kernels, is not shared with processes that may do more: who can write to
    it decides what they run.

    Args:
        folders: Where policies go; made where they are missing.
        task: What is trained. It is made once before, as small as can be: to import a simulator, to
            start a GPU's driver and processes that simulate takes rights that are not needed later.
        device: Where it is trained.
        threads: As many as simulate at a time.

    Returns:
        What is in force (see :func:`rewardsmith.execution.confinement.confine.confine`).
    """
    cache = cache_folder() / "training"
    os.environ.update(XDG_CACHE_HOME=str(cache), CUDA_CACHE_PATH=str(cache / "cuda"))
    if task.capabilities.processes:
        _HELD.append(task.make(threads, threads, device))
    else:
        task.make(1, 1, device).close()
    own = [*folders, Path(os.environ["TMPDIR"])]  # its parent made that for it alone
    for folder in own:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        own.append(cache)
    except OSError:
        pass  # a cache that cannot be written is no error
    return confine(own, gpu=device == "cuda")
