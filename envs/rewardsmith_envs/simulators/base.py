"""What a task and a robot may ask of a simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class Simulator(Protocol):
    """Many copies of one MuJoCo model.

    ``sim["qpos"]``, ``sim["site_xpos"]``, ... are ``(num_envs, ...)`` tensors named like
    the fields of ``MjData``. State and input fields (``qpos qvel ctrl mocap_pos mocap_quat``) may be written,
    row by row; everything else is read-only. After :meth:`step` all of them describe the new state.
    """

    num_envs: int
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
        """The columns of ``sensordata`` that a sensor fills, or a group of sensors ``name.1``, ``name.2``, ..."""
        ...

    def step(self) -> None:
        """Advance one control step (several physics steps)."""
        ...

    def reset(self, rows: Tensor) -> None:
        """Put the environments ``rows`` (sorted indices) at the home keyframe, without derived fields."""
        ...

    def forward(self, rows: Tensor) -> None:
        """Recompute the derived fields of ``rows`` after their state was written."""
        ...

    def camera(self, width: int, height: int, name: str) -> Callable[[int], Tensor]:
        """Set up a camera; it draws environments as :class:`rewardsmith.contracts.Visible` says."""
        ...
