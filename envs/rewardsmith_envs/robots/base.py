"""What the engine asks of a robot: how actions become controls, and where its joints are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Robot(Protocol):
    """One kind of robot in every environment of a simulator."""

    @property
    def action_size(self) -> int:
        """Numbers in one action."""
        ...

    @property
    def positions(self) -> slice:
        """Its joints in ``qpos``: the signal ``joint_pos``."""
        ...

    @property
    def velocities(self) -> slice:
        """Its joints in ``qvel``: the signal ``joint_vel``."""
        ...

    def act(self, actions: Tensor) -> None:
        """Write ``ctrl`` for the coming control step from actions in [-1, 1], ``(num_envs, action_size)``."""
        ...
