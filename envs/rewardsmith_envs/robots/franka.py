"""The Franka arm, moved by Cartesian steps of its tool centre point (tcp)."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardsmith_envs.robots.base import Joints
from rewardsmith_envs.robots.franka_facts import MAX_OPENING_M, MAX_STEP_M
from rewardsmith_envs.simulators.base import Simulator

ARM = slice(0, 7)
"""Arm joints in ``qpos``, ``qvel`` and ``ctrl``: the robot is the first body of every scene."""
GRIPPER = 7
"""The gripper's control: opening of one finger."""


class CartesianFranka:
    """Turns actions into joint targets by damped least squares.

    An action moves the tcp by up to ``max_step_m`` along each world axis while the tool keeps the
    orientation of the home pose; a fourth number opens (1) or closes (-1) the gripper. The damped
    least-squares solution is Wampler's (1986): with the geometric Jacobian ``J``,
    ``dq = J^T (J J^T + damping I)^-1 dx``.
    """

    def __init__(
        self,
        sim: Simulator,
        *,
        gripper: bool = False,
        max_step_m: float = MAX_STEP_M,
        damping: float = 2.5e-3,
        turn_gain: float = 0.5,
    ) -> None:
        """Read the home orientation from ``sim``, which must have just been reset.

        Args:
            sim: The simulator, with a site and a ``framepos`` sensor that belong to the tcp.
            gripper: Whether actions move the fingers; else they stay as the home keyframe commands.
            max_step_m: Commanded displacement at action 1 [m].
            damping: Added to the diagonal of ``J J^T``.
            turn_gain: Share of the orientation error that one step corrects.
        """
        self.joints = {"": Joints(ARM, ARM)}
        self.action_size = 4 if gripper else 3
        self._sim = sim
        self._site = sim.index("site", "tcp")
        self._tcp = sim.sensor("tcp_pos")
        self._max_step_m = max_step_m
        self._turn_gain = turn_gain
        self._damping = damping * torch.eye(6, device=sim.device)
        self._home_rotation = self._rotation()[:1].clone()

    def act(self, actions: Tensor) -> None:
        """Set the joint targets.

        Args:
            actions: Steps of the tcp along x, y and z in units of ``max_step_m``, and where there
                is a gripper its opening from -1 to 1, ``(num_envs, action_size)``.
        """
        wanted = torch.cat((actions[:, :3] * self._max_step_m, self._turn()), dim=1)
        jacobian_t = self._jacobian_transposed()
        gram = torch.baddbmm(self._damping, jacobian_t.mT, jacobian_t)
        # `solve` would wait for a GPU to report errors
        change = jacobian_t @ torch.linalg.solve_ex(gram, wanted[:, :, None]).result
        self._sim["ctrl"][:, ARM] = self._sim["qpos"][:, ARM] + change[:, :, 0]
        if self.action_size == 4:
            self._sim["ctrl"][:, GRIPPER] = MAX_OPENING_M * (0.5 * (actions[:, 3] + 1.0)).double()

    def _rotation(self) -> Tensor:
        """Orientation of the tool in the world frame, ``(num_envs, 3, 3)``."""
        return self._sim["site_xmat"][:, self._site].float().view(-1, 3, 3)

    def _turn(self) -> Tensor:
        """Rotation vector to the home orientation, scaled by the gain, ``(num_envs, 3)`` [rad].

        For small angles it is half the sum of the cross products of each axis of the tool with that
        of the home orientation.
        """
        return torch.linalg.cross(self._rotation(), self._home_rotation, dim=1).sum(dim=2) * (
            0.5 * self._turn_gain
        )

    def _jacobian_transposed(self) -> Tensor:
        """Transposed geometric Jacobian of the tcp, linear part first, ``(num_envs, 7, 6)``."""
        axes = self._sim["xaxis"][:, ARM].float()
        tcp = self._sim["sensordata"][:, None, self._tcp]
        levers = (tcp - self._sim["xanchor"][:, ARM]).float()
        return torch.cat((torch.linalg.cross(axes, levers), axes), dim=2)
