"""The CPU simulator: MuJoCo's C engine on a pool of threads."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from mujoco import mjtJacobian, mjtStage  # pyright: ignore[reportAttributeAccessIssue]  (compiled, without stubs)
from mujoco.batch import Batch
from torch import Tensor

from rewardsmith_envs.simulators.base import FIELDS
from rewardsmith_envs.simulators.scene import LoadedScene

_DENSE = mjtJacobian.mjJAC_DENSE.value
"""MuJoCo 4.0.0 solves scenes of 60 and more degrees of freedom with sparse matrices, and there its
Newton solver at times stalls: two hands that squeezed a kettle shot it off at 40 m/s, with 5
iterations as with 50. With dense ones it converged in 4, as fast."""
_CURRENT = mjtStage.mjSTAGE_VEL
"""Compute positions, velocities and their sensors at the new state. In a persistent
batch the next step continues from there, so this costs nothing."""


class CpuSimulator(LoadedScene):
    """Resident states in float64, seen by torch without a copy."""

    def __init__(self, scene: Path | str, num_envs: int, decimation: int, threads: int) -> None:
        """Load a scene.

        Args:
            scene: An MJCF file or text (see :func:`rewardsmith_envs.simulators.scene.load_model`)
                with a keyframe named ``home``.
            num_envs: Number of copies.
            decimation: Physics steps per control step.
            threads: Physics threads; results do not depend on it.

        Raises:
            SceneError: The scene cannot be loaded.
        """
        super().__init__(scene, decimation)
        self.model.opt.jacobian = _DENSE
        self.num_envs = num_envs
        self.device = torch.device("cpu")
        self._batch = Batch(self.model, num_envs, threads, persistent=True)
        self._home = self.model.key("home").id
        self._all = {name: _as_tensor(self._batch.bind(name)) for name in FIELDS}
        self._state = _as_tensor(self._batch.state)
        self._fields, self._running = self._all, np.arange(num_envs, dtype=np.int32)
        self._batch.reset(keyframe=self._home)

    def __getitem__(self, field: str) -> Tensor:
        """The live ``(num_envs, ...)`` float64 tensor of one field."""
        return self._fields[field]

    @property
    def control_range(self) -> tuple[Tensor, Tensor]:
        """Least and greatest value of every control, two of ``(controls,)`` float64."""
        low, high = torch.from_numpy(self.model.actuator_ctrlrange.copy()).unbind(dim=1)
        return low, high

    def step(self) -> None:
        """Advance ``decimation`` physics steps."""
        self._batch.step(self._running, nstep=self.decimation, stage=_CURRENT)

    def rearrange(self, kept: Tensor, total: int) -> None:
        """Move whole states, solver warm starts included, and see them anew from there."""
        moved = _rows(kept != torch.arange(len(kept)))
        self._state[: len(kept)] = self._state[kept]
        if len(moved):
            self._batch.forward(moved.int().numpy(), stage=_CURRENT)
        self.num_envs = total
        self._fields = {name: field[:total] for name, field in self._all.items()}
        self._running = np.arange(total, dtype=np.int32)

    def reset(self, mask: Tensor) -> None:
        """Put the environments of ``mask`` at the home keyframe.

        Derived fields wait for :meth:`forward`.
        """
        rows = _rows(mask)
        if len(rows):
            self._batch.reset(rows.int().numpy(), keyframe=self._home, stage=mjtStage.mjSTAGE_NONE)

    def write(self, mask: Tensor, change: Callable[[Tensor], None]) -> None:
        """Let ``change`` write the rows of ``mask``, if there are any."""
        rows = _rows(mask)
        if len(rows):
            change(rows)

    def forward(self, mask: Tensor) -> bool:
        """Recompute the derived fields of the environments of ``mask``; whether there are any."""
        rows = _rows(mask)
        if len(rows):
            self._batch.forward(rows.int().numpy(), stage=_CURRENT)
        return bool(len(rows))

    def camera(self, width: int, height: int, name: str) -> Callable[[int], Tensor]:
        """Set up a camera (see :class:`rewardsmith_envs.simulators.renderer.SceneCamera`)."""
        from rewardsmith_envs.simulators.renderer import SceneCamera

        camera = SceneCamera(self.source, width, height, name)
        return lambda index: camera.picture(self._batch.get_data(index))


def _rows(mask: Tensor) -> Tensor:
    return mask.nonzero()[:, 0]


def _as_tensor(array: object) -> Tensor:
    """View a bound array as a tensor; derived fields stay read-only by contract."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*not writable.*")
        return torch.from_numpy(array)
