"""Training processes before they compile the first program: what they may still do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rewardsmith.cache import cache_folder
from rewardsmith.contracts import Device, Task
from rewardsmith.execution.confinement.confine import confine


def confine_training(folders: Sequence[Path], task: Task, device: Device) -> list[str]:
    """From now on this process writes to its folders, a temporary one and a cache of its own only.

    The cache, of compiled kernels, is not shared with processes that may do more: who can write to
    it decides what they run.

    Args:
        folders: Where policies go; made where they are missing.
        task: What is trained. It is made once before, as small as can be: to import a simulator and
            to start a GPU's driver takes rights that are not needed later.
        device: Where it is trained.

    Returns:
        What is in force (see :func:`rewardsmith.execution.confinement.confine.confine`).
    """
    cache = cache_folder() / "training"
    os.environ.update(XDG_CACHE_HOME=str(cache), CUDA_CACHE_PATH=str(cache / "cuda"))
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
