"""The CPU simulator: MuJoCo's C engine on a pool of threads."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from mujoco import MjModel, mjtStage  # pyright: ignore[reportAttributeAccessIssue]  (compiled, without stubs)
from mujoco.batch import Batch
from torch import Tensor

_FIELDS = ("qpos", "qvel", "ctrl", "mocap_pos", "site_xmat", "xanchor", "xaxis", "sensordata")
_CURRENT = mjtStage.mjSTAGE_VEL
"""Compute positions, velocities and their sensors at the new state. In a persistent
batch the next step continues from there, so this costs nothing."""


class CpuSimulator:
    """Resident states in float64, seen by torch without a copy."""

    def __init__(self, scene: Path, num_envs: int, decimation: int, threads: int) -> None:
        """Load a scene.

        Args:
            scene: An MJCF file with a keyframe named ``home``.
            num_envs: Number of copies.
            decimation: Physics steps per control step.
            threads: Physics threads; results do not depend on it.
        """
        self.model = MjModel.from_xml_path(str(scene))
        self.num_envs = num_envs
        self.decimation = decimation
        self._batch = Batch(self.model, num_envs, threads, persistent=True)
        self._home = self.model.key("home").id
        self._fields = {name: _as_tensor(self._batch.bind(name)) for name in _FIELDS}
        self._batch.reset(keyframe=self._home)

    def __getitem__(self, field: str) -> Tensor:
        """The live ``(num_envs, ...)`` float64 tensor of one field."""
        return self._fields[field]

    def index(self, kind: str, name: str) -> int:
        """The number of a named element."""
        return int(getattr(self.model, kind)(name).id)

    def sensor(self, name: str) -> slice:
        """The columns of ``sensordata`` that a named sensor fills."""
        start = int(self.model.sensor(name).adr[0])
        return slice(start, start + int(self.model.sensor(name).dim[0]))

    def step(self) -> None:
        """Advance ``decimation`` physics steps."""
        self._batch.step(nstep=self.decimation, stage=_CURRENT)

    def reset(self, rows: Tensor) -> None:
        """Put ``rows`` at the home keyframe; derived fields wait for :meth:`forward`."""
        self._batch.reset(rows.int().numpy(), keyframe=self._home, stage=mjtStage.mjSTAGE_NONE)

    def forward(self, rows: Tensor) -> None:
        """Recompute the derived fields of ``rows``."""
        self._batch.forward(rows.int().numpy(), stage=_CURRENT)


def _as_tensor(array: object) -> Tensor:
    """View a bound array as a tensor; derived fields stay read-only by contract."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*not writable.*")
        return torch.from_numpy(array)
