"""What a task and a robot may ask of a simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import Tensor

STATE = ("qpos", "qvel", "ctrl", "mocap_pos", "mocap_quat")
"""The fields that may be written: state and inputs."""

FIELDS = (*STATE, "site_xmat", "xanchor", "xaxis", "sensordata")
"""All fields that a simulator shows."""

SPARE = 1.5
"""Room for contacts and constraint rows in buffers of a fixed
size, relative to the most that was needed."""


class Simulator(Protocol):
    """Many copies of one MuJoCo model.

    ``sim["qpos"]``, ``sim["site_xmat"]``, ... (:data:`FIELDS`) are ``(num_envs, ...)`` tensors
    named like the fields of ``MjData``, float64 on the CPU and float32 on a GPU. Those of
    :data:`STATE` may be written, everything else is read-only. After :meth:`step` all of them
    describe the new state, except that sensors of forces and accelerations tell of the latest
    physics step. A mask says which environments are meant, ``(num_envs,)`` bool.
    """

    num_envs: int
    """Copies that are simulated now; at first as many as there is room for."""
    device: torch.device
    """Where all tensors are."""
    scene: str
    """What error messages call the scene."""
    control_dt: float
    """Seconds per control step."""

    @property
    def control_range(self) -> tuple[Tensor, Tensor]:
        """Least and greatest value of every control, two of ``(controls,)``."""
        ...

    def __getitem__(self, field: str) -> Tensor:
        """The live tensor of one field."""
        ...

    def index(self, kind: str, name: str) -> int:
        """The number of a named element, such as ``index("site", "tcp")``."""
        ...

    def sensor(self, name: str) -> slice:
        """The columns of ``sensordata`` of a sensor, or of a group ``name.1``, ``name.2``, ..."""
        ...

    def step(self) -> None:
        """Advance one control step (several physics steps)."""
        ...

    def rearrange(self, kept: Tensor, total: int) -> None:
        """Go on with some environments as the first ones, and make room for others behind them.

        Afterwards there are ``total`` environments. The first continue exactly as they would have,
        but for sensors of forces and accelerations, which tell nothing until the next step; the
        state of the others is whatever it is until they are reset.

        Args:
            kept: Numbers of those that go on, in their new order, ``(n,)`` int64.
            total: How many there will be, as many as the simulator was made for at most.
        """
        ...

    def reset(self, mask: Tensor) -> None:
        """Put environments at the home keyframe, without derived fields."""
        ...

    def write(self, mask: Tensor, change: Callable[[Tensor], None]) -> None:
        """Change the states of environments, without derived fields.

        Args:
            mask: Which.
            change: Gets sorted indices, ``(n,)``, and writes these rows of the simulator's state
                fields, which are float64 meanwhile. They may be more than the mask's: what it
                writes for the others is forgotten. It may not be called at all for none.
        """
        ...

    def forward(self, mask: Tensor) -> bool:
        """Recompute the derived fields of environments after their state was written.

        Returns:
            Whether anything may have changed.
        """
        ...

    def camera(self, width: int, height: int, name: str) -> Callable[[int], Tensor]:
        """Set up a camera; it draws environments as :class:`rewardsmith.contracts.VecEnv` says."""
        ...
