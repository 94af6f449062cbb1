"""The one loop that turns any simulated task into a vectorised environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rewardsmith.contracts import Step
from rewardsmith_envs.checks import check_readings, check_table
from rewardsmith_envs.random_streams import mix, uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from rewardsmith_envs.simulators.base import Simulator
    from rewardsmith_envs.tasks.base import SimulatedTask

_STAGGER = 0x5354414747455200
"""Separates the stream of first-episode times from the streams of start states."""

_EXPLODED = 1e3
"""A joint this fast [m/s, rad/s] is an error of the simulation, whether or not it is still finite."""


class SimulatedEnv:
    """Many environments of one task on one simulator (see :class:`rewardsmith.contracts.VecEnv`)."""

    def __init__(self, task: SimulatedTask, sim: Simulator) -> None:
        """Wrap a simulator that stands at the task's home keyframe.

        Raises:
            SceneError: Task and scene do not fit each other.
        """
        self._task = task
        self._sim = sim
        self._robot = task.robot(sim)
        self._sensors = {signal.name: sim.sensor(signal.name) for signal in task.signals if signal.name not in _ROBOT_SIGNALS}
        check_table(task, sim, self._robot, self._sensors)
        self.num_envs = sim.num_envs
        self.action_size = self._robot.action_size
        self._seeds = torch.zeros(self.num_envs, dtype=torch.int64)
        self._episodes = torch.zeros_like(self._seeds)
        self._elapsed = torch.zeros_like(self._seeds)
        self._actions = torch.zeros(self.num_envs, self.action_size)
        self._previous_actions = torch.zeros_like(self._actions)
        self.observation_size = self.reset(self._seeds).shape[1]
        check_readings(task, sim, self._sense())

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Start every environment at episode 0 of its own random stream."""
        self._seeds = seeds.clone()
        self._episodes.zero_()
        self._restart(torch.arange(self.num_envs))
        if stagger:
            times = uniform(mix(seeds ^ _STAGGER), self._episodes, 1)[:, 0]
            self._elapsed = (times * self._task.horizon).long()
        return self._observe(self._sense())

    def step(self, actions: Tensor) -> Step:
        """Advance one control step; environments whose episode ended start a new one."""
        self._previous_actions, self._actions = self._actions, actions.clamp(-1.0, 1.0)
        self._robot.act(self._actions)
        self._sim.step()
        self._elapsed += 1
        unstable = ~(self._sim["qpos"].isfinite().all(dim=1) & (self._sim["qvel"].abs() < _EXPLODED).all(dim=1))
        signals = self._sense()
        if unstable.any():
            for value in signals.values():
                value[unstable] = 0.0
        success = self._task.success(signals) & ~unstable
        score = self._task.true_score(signals, success, self._elapsed)
        terminated = unstable | self._task.failed(signals)
        truncated = (self._elapsed >= self._task.horizon) & ~terminated
        ended = (truncated | terminated).nonzero()[:, 0]
        observation = signals
        if len(ended):
            self._episodes[ended] += 1
            self._restart(ended)
            observation = self._sense()
        return Step(self._observe(observation), signals, score, success, terminated, truncated, unstable)

    def camera(self, width: int, height: int, name: str = "") -> Callable[[int], Tensor]:
        """Set up a camera (see :class:`rewardsmith.contracts.Visible`)."""
        return self._sim.camera(width, height, name)

    def _restart(self, rows: Tensor) -> None:
        self._sim.reset(rows)
        self._task.scatter(self._sim, rows, uniform(self._seeds[rows], self._episodes[rows], self._task.draws))
        self._sim.forward(rows)
        self._elapsed[rows] = 0
        self._actions[rows] = 0.0
        self._previous_actions[rows] = 0.0

    def _sense(self) -> dict[str, Tensor]:
        """Copies of all signals of the task, ``(num_envs, *shape)`` float32."""
        readings = self._sim["sensordata"].float()
        return {
            signal.name: _ROBOT_SIGNALS[signal.name](self)
            if signal.name in _ROBOT_SIGNALS
            else readings[:, self._sensors[signal.name]].reshape(self.num_envs, *signal.shape)
            for signal in self._task.signals
        }

    def _observe(self, signals: dict[str, Tensor]) -> Tensor:
        return torch.cat(self._task.observe(signals), dim=1)

    def joint_pos(self) -> Tensor:
        """The robot's joint angles, ``(num_envs, joints)`` [rad]."""
        return self._sim["qpos"][:, self._robot.positions].float()

    def joint_vel(self) -> Tensor:
        """The robot's joint velocities, ``(num_envs, joints)`` [rad/s]."""
        return self._sim["qvel"][:, self._robot.velocities].float()

    def actions(self) -> Tensor:
        """The action of the last control step, ``(num_envs, action_size)``."""
        return self._actions.clone()

    def previous_actions(self) -> Tensor:
        """The action before that, ``(num_envs, action_size)``."""
        return self._previous_actions.clone()


_ROBOT_SIGNALS = {
    "joint_pos": SimulatedEnv.joint_pos,
    "joint_vel": SimulatedEnv.joint_vel,
    "actions": SimulatedEnv.actions,
    "previous_actions": SimulatedEnv.previous_actions,
}
"""Signals that no sensor of the scene has."""
