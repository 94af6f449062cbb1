"""What the tasks share in which a robot runs forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.base import SimulatedTask

if TYPE_CHECKING:
    from torch import Tensor


class RunTask(SimulatedTask):
    """Run along +x.

    The metric is forward speed over one episode, in which a fallen robot stands still for the rest.

    Eureka and RF-Agent average the gain of one step over all environments; here running a bit and
    falling does not pay.
    """

    group = "locomotion"
    fallen_m: float
    """Height of the torso that ends the episode."""

    def robot_facts(self) -> tuple[str, ...]:
        """Of any runner."""
        return (
            "Friction with the ground is high: its coefficient is 1.0.",
            "Parts of the robot touch the ground, but not one another.",
        )

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Everything but where on the ground it is."""
        own = ("base_quat", "base_lin_vel", "base_ang_vel", "joint_pos", "joint_vel", "actions")
        return (signals["base_pos"][:, 2:], *(signals[name] for name in own))

    def true_score(self, signals: dict[str, Tensor], success: Tensor, elapsed: Tensor) -> Tensor:
        """Distance so far over the time of a whole episode [m/s]."""
        return signals["base_pos"][:, 0] / (self.horizon * self.control_dt)

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The torso is too low."""
        return signals["base_pos"][:, 2] < self.fallen_m


def torso_signals(far: float) -> tuple[Signal, ...]:
    """Where the torso is and how it moves, w of its quaternion first.

    Args:
        far: How far a very good runner comes in one episode [m].
    """
    upright = "orientation of the torso, w first; 1 0 0 0: upright, facing x"
    start = "centre of the torso; x is 0 at the start"
    turning = "angular velocity of the torso"
    return (
        Signal("base_pos", (3,), "m", "world", start, Role.EFFECTOR, -far, far),
        Signal("base_quat", (4,), "quat", "world", upright, Role.EFFECTOR, -1.0, 1.0),
        Signal("base_lin_vel", (3,), "m/s", "world", "velocity of the torso", Role.EFFECTOR, -12.0, 12.0),
        Signal("base_ang_vel", (3,), "rad/s", "world", turning, Role.EFFECTOR, -40.0, 40.0),
    )
